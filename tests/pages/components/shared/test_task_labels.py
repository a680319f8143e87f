"""What tasks are called in rows, links and the sidebar."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core import Tasks
from core.db import utc_now
from pages.components.shared import task_labels


@pytest.mark.parametrize(
    ("status", "has_ended", "failed", "label"),
    [
        ("running", False, 0, "running · 1,500 of 2,000"),
        ("running", False, 2, "running · 1,498 of 2,000"),
        ("completed", True, 0, "completed · 1,500 of 2,000"),
        ("completed with failures", True, 2, "completed with 2 failures · 1,498 of 2,000"),
        ("cancelled", True, 1, "cancelled with 1 failure · 1,499 of 2,000"),
    ],
)
def test_a_task_is_named_with_its_state(status: str, has_ended: bool, failed: int, label: str) -> None:
    task = Tasks(
        project_id="p", task_type="a kind of work", status=status, total_count=2000, processed_count=1500,
        failed_count=failed, ended_at=utc_now() if has_ended else None,
    )  # fmt: skip

    assert task_labels.label(task) == f"a kind of work · {label}"


def test_a_task_with_failures_has_another_icon_than_one_without() -> None:
    tasks = [Tasks(project_id="p", task_type="work", status=one) for one in ("completed", "completed with failures")]

    assert [task_labels.icon(task) for task in tasks] == ["check_circle", "error"]


@pytest.mark.parametrize(
    ("config", "subject"),
    [
        ({"source": "path", "path": "abc/shelf.zip"}, "shelf.zip"),
        ({"source": "path", "path": "abc", "name": "12 files"}, "12 files"),
        ({"source": "huggingface", "hub": "owner/shelf"}, "owner/shelf"),
        ({"source": "urls", "urls": ["https://a", "https://b"]}, "2 web addresses"),
        ({"models": [{"model": "openai/gpt-4o"}], "num_questions": 3}, "openai/gpt-4o"),
        ({"models": [{"model": "openai/gpt-4o"}, {"model": "m"}, {"model": "n"}]}, "openai/gpt-4o and 2 more"),
        ({"models": [{"model": "m"}], "prompts": ["A red\nfox", "A cup"]}, "A red fox"),
        ({"check": "worth", "query": "is:open"}, "Worth your time"),
        ({"recipe": {"format": "llava"}}, "llava"),
        ({"path": "x" * 70}, "x" * 59 + "…"),
        ({}, ""),
    ],
)
def test_the_subject_tells_a_task_from_others_of_its_kind(config: dict[str, Any], subject: str) -> None:
    assert task_labels.subject(Tasks(project_id="p", task_type="t", config=config)) == subject


def test_the_result_of_an_import_counts_what_came_and_what_did_not() -> None:
    counts = {"added": 2, "near-duplicate": 1, "duplicate": 4, "rejected": 5}
    task = Tasks(
        project_id="p", task_type="image-import", ended_at=utc_now(),
        result={"counts": counts, "left_out": {"row": 2, "image": 1}, "entries": 9, "known": 3, "questions": 12},
    )  # fmt: skip
    assert task_labels.result(task) == "3 images, 9 entries, 7 already there, 8 left out"


def test_failures_are_not_counted_as_done_and_the_unit_is_named() -> None:
    asked = {"project_id": "p", "task_type": "image-question-generation", "total_count": 6, "processed_count": 6}
    assert task_labels.result(Tasks(**asked, failed_count=6)) == "0 of 6 images"
    assert task_labels.result(Tasks(**asked)) == "6 images"
    assert task_labels.result(Tasks(**asked, config={"sets": "name"})) == "6 sets"
    assert (
        task_labels.result(Tasks(**asked | {"task_type": "image-answer-generation"}, failed_count=6)) == "0 of 6 parts"
    )


def test_a_row_says_by_whom_and_has_no_numbers_while_the_task_runs() -> None:
    task = Tasks(
        project_id="p", task_type="image-question-generation", config={"with_answers": True}, status="running",
        create_at=datetime(2026, 5, 1, 9, 30, tzinfo=UTC), started_by="Ada", total_count=6, processed_count=2,
    )  # fmt: skip
    assert task_labels.row(task) == "Generate questions and answers · running · 2026-05-01 09:30 UTC · by Ada"


def test_only_questions_with_their_answers_are_called_both() -> None:
    asked = Tasks(project_id="p", task_type="image-question-generation", config={"with_answers": False})
    other = Tasks(project_id="p", task_type="a kind of work", config={"with_answers": True})
    assert [task_labels.name(task) for task in (asked, other)] == ["Generate questions", "a kind of work"]


@pytest.mark.parametrize(
    ("result", "has_ended", "said"),
    [
        ({}, False, ""),
        ({"counts": {"added": 2, "rejected": 1}}, False, "3 files read"),
        ({"counts": {"added": 1}, "questions": 4, "entries": 2, "known": 1}, False, "1 file read, 3 of 4 questions"),
        ({"questions": 1, "entries": 1}, False, "1 of 1 question"),
        ({}, True, "nothing new"),
        ({"counts": {"near-duplicate": 1}}, True, "1 image"),
        ({"counts": {"duplicate": 2}}, True, "2 already there"),
    ],
)
def test_an_import_counts_files_and_questions_while_it_runs(result: dict[str, Any], has_ended: bool, said: str) -> None:
    ended_at = utc_now() if has_ended else None
    assert task_labels.result(Tasks(project_id="p", task_type="image-import", result=result, ended_at=ended_at)) == said


def test_the_analyzers_of_an_analysis_are_named_and_those_of_new_images_are_not() -> None:
    def subject(**config: Any) -> str:
        return task_labels.subject(Tasks(project_id="p", task_type="image-analysis", config=config))

    assert subject(analyzers=["objects", "gone", "text"]) == "objects, text"
    assert subject(analyzers=["objects"], new=True) == "new images"
    named = Tasks(project_id="p", task_type="another", config={"analyzers": ["objects"]})
    assert task_labels.subject(named) == ""
    assert [len(subject(name="x" * length)) for length in (60, 61)] == [60, 60]
    assert subject(name="x" * 60) == "x" * 60
