"""Arguments that a call cannot use: one sentence that says what to pass, and nothing is changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import core
from core.db import Database
from core.errors import InvalidInputError
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
