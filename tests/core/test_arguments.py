"""Arguments that a call cannot use: one sentence that says what to pass, and nothing is changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import core
from core.arguments import require_number, tidy_name
from core.db import Database
from core.errors import InvalidInputError
from core.services import Services
from tests.pictures import png

OFFLINE = {"provider": "offline", "model": "measure"}


class Desk:
    """The services over one project with an image and an entry."""

    def __init__(self, db: Database, project: core.Projects, directory: Path) -> None:
        self.db, self.project, self.directory = db, project, directory
        self.projects, self.images, self.llm = core.ProjectService(db), core.ImageService(db), core.LLMService()
        self.dataset, self.tasks = core.ImageDatasetService(db), core.TaskService(db)
        self.questions = core.ImageQuestionGenerationTask(db, self.llm, self.images)
        self.exporter, self.checks = core.ImageDatasetExporter(db, self.images), core.DatasetChecks(db)
        self.image = core.run(self.images.upload_image(project.id, "red.png", png("red")))
        self.entry = self.dataset.create_dataset_entry(project.id, self.image.id, "What color?", "Red", "me")

    @property
    def out(self) -> Path:
        return self.directory / "out.jsonl"


@pytest.fixture
def desk(db: Database, project: core.Projects, tmp_path: Path) -> Desk:
    return Desk(db, project, tmp_path)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda d: d.dataset.confirm_entry(d.entry), "Pass the id of a row as text, such as project.id"),
        (lambda d: d.images.list_images(d.project), "such as project.id, not a value of the type Projects"),
        (lambda d: d.images.get_project_image_stats(d.project), "such as project.id"),
        (lambda d: d.images.list_images(d.project.id, -1), "Pass limit as a whole number from 0 on, not -1."),
        (lambda d: d.images.search_images(d.project.id, None), "Pass text as text, not None."),
        (lambda d: list(d.dataset.iter_dataset_entries(d.project.id, model_name="x")), "no filter model_name. Use"),
        (lambda d: d.dataset.add_tags(d.entry.id, 3), "Pass tags as a list of texts"),
        (lambda d: d.dataset.add_tags(d.entry.id, [None]), "Pass tags as a list of texts; one of them is None."),
        (lambda d: d.dataset.confirm_entry(d.entry.id, "no"), "Pass confirmed as True"),
        (lambda d: d.dataset.batch_create_from_questions("abc", "abc"), "question_ids as a list of ids"),
        (lambda d: core.run(d.questions.generate_questions_for_image("id", OFFLINE)), "as ImageService.get_image"),
        (lambda d: core.run(d.questions.generate_questions_for_image(d.image, "gpt-4o")), "as a dictionary such as {"),
        (lambda d: core.run(d.questions.process_task("id", {})), "Pass task as TaskService.create_task returns it"),
        (lambda d: core.run(d.llm.vision_chat(OFFLINE, "What?", b"bytes")), "Pass image_data as text"),
        (lambda d: core.run(d.checks.run(d.project.id, "arena", models="gpt-4o")), "models as a list of dictionaries"),
        (lambda d: d.exporter.export_jsonl(d.project.id, d.out), "Pass entries as a list of entries"),
        (lambda d: d.exporter.export_jsonl([d.entry.id], d.out), "as ImageDatasetService.list_dataset_entries returns"),
        (lambda d: d.exporter.export_jsonl([d.entry], None), "Pass output_path as a path, not None."),
        (lambda d: core.run(d.images.upload_image), "Pass run what a call returns"),
        (lambda d: core.ProjectService(str(d.directory)), "Pass what connect returned, as in db = connect(path)"),
    ],
)  # fmt: skip
def test_an_argument_of_the_wrong_kind_gets_one_sentence(
    desk: Desk, call: Callable[[Desk], Any], sentence: str
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        call(desk)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)
    assert desk.dataset.list_dataset_entries(desk.project.id) == [desk.entry]
    assert not desk.out.exists()


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("  Red \t cups\n", "Red cups"),
        ("cups\u202egpj.exe", "cupsgpj.exe"),
        ("a\u2066b\u2069 \u200b c\ufeff\0\x07", "ab c"),
        ("\u202e\u200b", ""),
        ("half \ud800 pair", "half pair"),
        ("\u06a9\u062a\u0627\u0628\u200c\u0647\u0627", "\u06a9\u062a\u0627\u0628\u200c\u0647\u0627"),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",
        ),
    ],
    ids=["spaces", "override", "isolates", "nothing", "surrogate", "persian", "emoji"],
)
def test_a_name_has_one_line_and_nothing_that_is_not_seen(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy


def test_names_that_people_give_are_tidied_everywhere(desk: Desk) -> None:
    given, stored, services = "a\u202eb\x07 c", "ab c", Services(desk.db)
    style = services.style.create_style_dataset(desk.project.id, given)
    assert {
        "project": services.projects.rename_project(desk.project.id, given).name,
        "style": style.name,
        "renamed style": services.style_datasets.update_style_dataset(style.id, name=f"{given}d").name,
        "tags": services.dataset.add_tags(desk.entry.id, given).tags,
        "brand": services.style.set_business_profile(desk.project.id, given, "", "").business_name,
        "view": services.collaboration.save_view(desk.project.id, given, "kind:count").name,
        "token": services.tokens.make_token(given).row.name,
        "profile": services.profiles.save_profile(given, {"model": "openai/gpt-4o"}).name,
        "full name": services.accounts.create_account("ana", "nine green bottles", display_name=given).display_name,
    } == dict.fromkeys(["project", "style", "tags", "brand", "view", "token", "profile", "full name"], stored) | {
        "renamed style": f"{stored}d"
    }
    with pytest.raises(InvalidInputError, match="Give the project a name"):
        services.projects.create_project("\u202e")


def test_a_limit_beyond_what_a_database_can_count_to_means_all(desk: Desk) -> None:
    many = 10**30
    assert [one.id for one in desk.dataset.list_dataset_entries(desk.project.id, limit=many)] == [desk.entry.id]
    assert [one.id for one in desk.images.list_images(desk.project.id, many)] == [desk.image.id]
    assert desk.dataset.list_dataset_entries(desk.project.id, offset=many) == []


@pytest.mark.parametrize("value", [0, 1, 0.5, -3])
def test_a_number_is_taken_as_it_is(value: float) -> None:
    assert require_number(value, "share") == value


@pytest.mark.parametrize(("value", "kind"), [(True, "bool"), ("1", "str"), (None, "None")])
def test_what_is_no_number_is_said(value: object, kind: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        require_number(value, "share")
    assert (refused.value.field, "Pass share as a number" in str(refused.value)) == ("share", True)
