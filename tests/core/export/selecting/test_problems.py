"""An export says which entries have a problem, and leaves them out when it is told to."""

from typing import Any

import pytest

from core import Images, Projects
from core.api.routers.exports import ProblemName
from core.db import ImageDatasets
from core.export import parse_recipe
from core.export.selecting.problems import PROBLEMS
from core.services import Services
from tests.core.images.pictures import drawn, encoded

ALL = ["label", "schema", "contradiction", "check"]


@pytest.fixture
def image(services: Services, project: Projects) -> Images:
    """An image with two good entries, and one or two for each problem."""
    [outcome] = services.intake.add_images(project.id, [("shelf.jpg", encoded(drawn(1)))])
    assert outcome.image is not None
    image = outcome.image

    def entry(question: str, answer: str, **more: Any) -> ImageDatasets:
        values = {"confirmed": True, **more}
        return ImageDatasets(
            project_id=project.id, image_id=image.id, image_name="shelf.jpg", question=question, answer=answer, **values
        )

    colors: dict[str, Any] = {"answer_type": "label", "options": ["red", "blue"]}
    with services.db.transaction() as session:
        session.add_all(
            [
                entry("Good?", "Blue."),
                entry("Good label?", '["red"]', **colors),
                entry("Bad label?", '["green"]', needs_review="green is not one of the labels.", **colors),
                entry("JSON?", '{"a": 1}', answer_type="custom_format", needs_review="count is missing."),
                entry("How many cups?", "Three.", model="one"),
                entry("How many cups", "four", model="two"),
                entry("What does the sign say about it?", "I cannot read it, I'm sorry."),
                entry("How many cups?", "Nine.", model="three", confirmed=False, rejected=True),
            ]
        )
    return image


def test_each_problem_is_counted_with_how_many_could_have_it(
    services: Services, project: Projects, image: Images
) -> None:
    found = services.exports.problems(project.id, parse_recipe({"format": "llava"}))

    assert [(problem.name, problem.text, problem.count) for problem in found] == [
        ("label", "1 of 2 answers is not among its labels", 1),
        ("schema", "1 of 1 answer breaks its JSON schema", 1),
        ("contradiction", "2 of 7 entries contradict another answer to their question", 2),
        ("check", "1 of 7 entries fails another quality check: Sounds like a refusal (1)", 1),
    ]


def test_the_failed_checks_are_named_with_how_many_entries_fail_each(
    services: Services, project: Projects, image: Images
) -> None:
    with services.db.transaction() as session:
        for question, answer in (("Is the car red?", "red car"), ("Is it a dog?", "I cannot say. " * 50)):
            session.add(
                ImageDatasets(
                    project_id=project.id, image_id=image.id, image_name="shelf.jpg", question=question, answer=answer,
                    confirmed=True,
                )
            )  # fmt: skip
    recipe = parse_recipe({"format": "llava", "entries": {"leave_out": ["label", "schema", "contradiction"]}})
    (found,) = (one for one in services.exports.problems(project.id, recipe) if one.name == "check")
    assert found.text == (
        "2 of 9 entries fail another quality check: Sounds like a refusal (2), Answer over 600 characters (1)"
    )


@pytest.mark.parametrize("name", ALL)
def test_a_problem_can_be_left_out(name: str, services: Services, project: Projects, image: Images) -> None:
    recipe = parse_recipe({"format": "llava", "images": "none", "entries": {"leave_out": [name]}})
    asked = {problem.name: problem.count for problem in services.exports.problems(project.id, recipe)}

    report = services.exports.export(project.id, recipe).report

    assert report["entries"] == 7 - asked[name] == services.exports.count(project.id, recipe).entries
    assert [problem["name"] for problem in report["problems"]] == [other for other in ALL if other != name]
    [reason] = [text for text in report["left_out"] if text != "rejected"]
    assert report["left_out"] == {"rejected": 1, reason: asked[name]}


def test_what_is_exported_anyway_is_in_the_report(services: Services, project: Projects, image: Images) -> None:
    made = services.exports.export(project.id, parse_recipe({"format": "llava", "container": "directory"}))

    text = (services.db.data_dir / made.path / "EXPORT_REPORT.md").read_text(encoding="utf-8")
    assert "## Exported with problems\n\n- 1 of 2 answers is not among its labels.\n" in text


def test_a_rejected_answer_contradicts_nothing(services: Services, project: Projects, image: Images) -> None:
    recipe = {"format": "llava", "entries": {"search": '-"four"'}}
    with services.db.transaction() as session:
        session.delete(session.get_one(ImageDatasets, _ids(services, project, "four")[0]))

    names = [problem.name for problem in services.exports.problems(project.id, parse_recipe(recipe))]
    assert names == ["label", "schema", "check"]


def _ids(services: Services, project: Projects, answer: str) -> list[str]:
    return [entry.id for entry in services.dataset.list_dataset_entries(project.id) if entry.answer == answer]


@pytest.mark.parametrize("name", ["vqa-v2", "llama-factory-kto", "trl-dpo", "vitrine"])
def test_formats_that_compare_answers_do_not_ask_about_contradictions(
    name: str, services: Services, project: Projects, image: Images
) -> None:
    names = [problem.name for problem in services.exports.problems(project.id, parse_recipe({"format": name}))]
    assert names == ([] if name == "vitrine" else ["label", "schema", "check"])


@pytest.mark.parametrize("name", ["llava", "vitrine", "llama-factory-kto"])
def test_all_but_rejected_leaves_the_rejected_out(
    name: str, services: Services, project: Projects, image: Images
) -> None:
    everything = {"confirmed_only": False, "rejected": False}
    report = services.exports.export(project.id, parse_recipe({"format": name, "entries": everything})).report
    assert (report["entries"], report["left_out"]) == (7, {"rejected": 1})


def test_the_api_takes_every_problem() -> None:
    assert list(ProblemName.__args__) == [problem.name for problem in PROBLEMS]
