"""Exported entries have their own ratings, and those that a judge gave where they have none."""

from datetime import timedelta
from typing import Any

from core import Projects
from core.db import CheckRuns, Database, EntryFindings, ImageDatasets, utc_now
from core.export.entries import ENTRY_COLUMNS
from core.export.selecting import ratings
from core.services import Services
from tests.core.images.pictures import encoded


def _row(entry: ImageDatasets, own: dict[str, int] | None) -> tuple[Any, ...]:
    return tuple(own if name == "ratings" else getattr(entry, name) for name in ENTRY_COLUMNS)


def _judge(db: Database, project: Projects, found: dict[str, dict[str, int]], hours: int | None, check: str) -> None:
    ended = None if hours is None else utc_now() - timedelta(hours=hours)
    run = CheckRuns(project_id=project.id, check_name=check, ended_at=ended)
    with db.transaction() as session:
        session.add(run)
        session.flush()
        session.add_all(
            EntryFindings(entry_id=id_, run_id=run.id, verdict="rated", evidence={"ratings": rated})
            for id_, rated in found.items()
        )


def _add(db: Database, project: Projects, grouped: dict[str, list[tuple[Any, ...]]]) -> None:
    with db.reading() as session:
        ratings.add(session, project.id, grouped)


def _ratings(grouped: dict[str, list[tuple[Any, ...]]]) -> list[dict[str, int] | None]:
    return [row[ENTRY_COLUMNS.index("ratings")] for rows in grouped.values() for row in rows]


def test_a_judge_says_only_what_nobody_said_before(services: Services, db: Database, project: Projects) -> None:
    (outcome,) = services.intake.add_images(project.id, [("a.jpg", encoded())])
    assert outcome.image is not None
    one, two, three = (
        services.dataset.create_dataset_entry(project.id, outcome.image.id, f"{name}?", "A") for name in ("1", "2", "3")
    )
    grouped = {"a": [_row(one, {"relevance": 5}), _row(two, None)], "b": [_row(three, None)]}
    _add(db, project, grouped)
    assert _ratings(grouped) == [{"relevance": 5}, None, None]

    for hours, check in ((2, "ratings"), (None, "ratings"), (0, "judge")):
        _judge(db, project, {three.id: {"relevance": 9}}, hours, check)
    _judge(db, project, {one.id: {"relevance": 1, "formatting": 2}, two.id: {"relevance": 3}}, 1, "ratings")
    _add(db, project, grouped)

    assert _ratings(grouped) == [{"relevance": 5, "formatting": 2}, {"relevance": 3}, None]
    assert [row[0] for rows in grouped.values() for row in rows] == [one.id, two.id, three.id]
    assert {len(row) for rows in grouped.values() for row in rows} == {len(ENTRY_COLUMNS)}
