"""Where the images and answers of a dataset come from, and what they cost."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from core import ImageDatasets, Projects
from core.checks.reporting import origin
from core.checks.reporting.content import Section
from core.checks.reporting.source import read_source
from core.db import Exports, LlmCalls, Tasks, utc_now
from core.export.reporting.dataset_report import BundleContents
from core.services import Services
from tests.pictures import png


def _facts(section: Section) -> dict[str, str]:
    return {fact.label: fact.value for fact in section.facts}


@pytest.fixture
def entries(services: Services, project: Projects) -> list[ImageDatasets]:
    """Two entries, the first of them confirmed, and a rejected one."""
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    made = [
        services.dataset.create_dataset_entry(project.id, added.image.id, f"What {n}?", "A", confirmed=n == 0)
        for n in range(3)
    ]
    services.review.decide(made[2].id, made[2].version, "reject")
    return made


def _add_calls(services: Services, project: Projects, *calls: dict[str, Any]) -> list[int]:
    """Add calls of a task of the project, or of another one, and return their ids."""
    other = services.projects.create_project("Other")
    tasks = {
        of.id: Tasks(project_id=of.id, task_type="image-question-generation", status="completed")
        for of in (project, other)
    }
    with services.db.transaction() as session:
        session.add_all(tasks.values())
        session.flush()
        rows = [
            LlmCalls(
                task_id=tasks[other.id if values.pop("elsewhere", False) else project.id].id, request_hash="", **values
            )
            for values in calls
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows if row.id is not None]


def test_costs_are_listed_by_model_and_purpose(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    _add_calls(
        services, project, {"model": "a", "purpose": "questions", "cost": 1.0, "prompt_tokens": 1200},
        {"model": "a", "purpose": "questions", "cost": 0.5, "completion_tokens": 7}, {"model": "a", "purpose": ""},
        {"model": "b", "purpose": "answers", "cost": 0.0}, {"model": "c", "cost": 9.0, "elsewhere": True},
    )  # fmt: skip

    section = origin.costs(read_source(services.db, project.id))

    assert _facts(section) == {
        "Model calls": "4", "Cost": "$1.50", "For each confirmed entry": "$1.50", "Calls without a known price": "1",
    }  # fmt: skip
    assert section.tables[0].rows == (
        ("a", "not stated", "1", "unknown", "0", "0"), ("a", "questions", "2", "$1.50", "1,200", "7"),
        ("b", "answers", "1", "$0.00", "0", "0"),
    )  # fmt: skip


def test_an_export_has_the_costs_of_the_calls_that_gave_its_answers(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    first, _ = _add_calls(services, project, {"model": "a", "cost": 0.25}, {"model": "a", "cost": 1.0})
    with services.db.transaction() as session:
        row = session.get(ImageDatasets, entries[1].id)
        assert row is not None
        row.call_id = first

    def of(*some: ImageDatasets) -> Section:
        ids = json.dumps([entry.id for entry in some])
        return origin.costs(read_source(services.db, project.id, BundleContents("Export", "", ids, False)))

    assert _facts(of(*entries)) == {"Model calls": "1", "Cost": "$0.2500", "For each confirmed entry": "$0.2500"}
    assert _facts(of(entries[1])) == {"Model calls": "1", "Cost": "$0.2500"}
    assert of(entries[0]).sentence == "No answer of this export has a stored model call."


def test_a_project_without_calls_says_so(services: Services, project: Projects) -> None:
    assert (
        origin.costs(read_source(services.db, project.id)).sentence == "No model was called by a task of this project."
    )


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (0.99994, "$0.9999"), (1, "$1.00"), (1234.567, "$1,234.57"), (0.00004, "$0.0000")],
)
def test_small_amounts_have_four_digits(amount: float, text: str) -> None:
    assert origin._dollars(amount) == text


def test_people_models_and_imports_are_named_as_who_answered(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    with services.db.transaction() as session:
        first, second = (session.get(ImageDatasets, entry.id) for entry in entries[:2])
        assert first is not None
        assert second is not None
        first.model, first.generated_answer = "openai/small", "B"
        second.origin, second.generated_answer = "imported", second.answer

    section = origin.answers(read_source(services.db, project.id))

    assert section.tables[0].rows == (
        ("imported, not stated by whom", "1", "50%"), ("openai/small", "1", "50%"),
    )  # fmt: skip
    assert _facts(section) == {"Answers of models that people edited": "1 of 2 (50%)"}


def test_images_that_models_made_and_copies_are_counted(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    section = origin.images(read_source(services.db, project.id))

    assert _facts(section) == {
        "Made by a model here": "0 of 1 (0%)", "Changed copies of other images": "0 of 1 (0%)",
        "Content Credentials (C2PA)": "not read",
    }  # fmt: skip
    assert section.facts[-1].how.startswith("To read them, analyze")
    assert section.tables[0].head == ("How images came", "Images", "Share")


def test_content_credentials_are_counted_of_the_images_that_were_read() -> None:
    labels = Counter({"no credentials": 5, "signed": 3, "invalid signature": 2, "ai-made": 1, "edited": 4})

    facts = {fact.label: fact.value for fact in origin._credentials(labels, 20, is_of_export=False)}

    assert facts == {
        "Content Credentials read": "10 of 20 (50%)", "Signed": "3 of 10 (30%)",
        "Said to be made by a model": "1 of 10 (10%)", "Said to be edited": "4 of 10 (40%)",
        "Invalid signature": "2 of 10 (20%)", "Without any": "5 of 10 (50%)",
    }  # fmt: skip
    assert origin._credentials(Counter(), 20, is_of_export=True)[0].how == ""


def test_the_license_is_that_of_the_newest_export_with_one(services: Services, project: Projects) -> None:
    assert _facts(origin.license_(read_source(services.db, project.id))) == {
        "License": "not stated", "Earlier exports": "0",
    }  # fmt: skip
    with services.db.transaction() as session:
        session.add_all(
            Exports(project_id=project.id, format="json", recipe=recipe, create_at=utc_now() + timedelta(hours=hours))
            for hours, recipe in ((1, {"license": "CC0"}), (2, {"license": "CC-BY-4.0"}), (3, {}))
        )
    assert _facts(origin.license_(read_source(services.db, project.id))) == {
        "License": "CC-BY-4.0", "Earlier exports": "3",
    }  # fmt: skip
    bundle = BundleContents("Export", "MIT", "[]", False)
    assert _facts(origin.license_(read_source(services.db, project.id, bundle))) == {"License": "MIT"}
