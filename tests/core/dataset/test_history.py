"""The history of one entry."""

from collections.abc import Callable

from sqlmodel import col, select

from core import ImageDatasets, ImageDatasetService, Projects
from core.dataset import EntryQueries, ReviewService
from core.db import Database, Events


def test_history_events_name_the_row_of_the_event_log_with_the_change_and_whether_it_was_undone(
    db: Database,
    make: Callable[..., ImageDatasets],
    dataset: ImageDatasetService,
    review: ReviewService,
    entries: EntryQueries,
    project: Projects,
) -> None:
    make("Another entry?")
    entry = make(score=1)
    dataset.rate_entry(entry.id, 3, actor="Ann")
    dataset.rate_entry(entry.id, 5, actor="Ben")
    review.undo(project.id, actor="Ben")

    history = entries.history(entry.id)

    with db.reading() as session:
        ids = session.exec(select(Events.id).where(Events.entity_id == entry.id).order_by(col(Events.id))).all()
    assert [event.id for event in history] == list(ids)
    assert [(event.action, event.actor, event.is_undone) for event in history] == [
        ("create", "local", False), ("rate", "Ann", False), ("rate", "Ben", True), ("undo", "Ben", False),
    ]  # fmt: skip
    assert [(event.old.get("score"), event.new.get("score")) for event in history[1:]] == [(1, 3), (3, 5), (5, 3)]
