"""What is told of tasks is forgotten when it was done, and told again when the database failed meanwhile."""

import pytest

from core.db import Database
from core.errors import DatabaseAwayError
from core.tasks.engines.signals import Signal, send, taken
from tests.core.tasks.conftest import MakeTask


def _take(db: Database) -> list[str]:
    with taken(db, Signal.SUBMITTED) as task_ids:
        return task_ids


def test_a_signal_is_forgotten_once_it_was_acted_on(db: Database, make_task: MakeTask) -> None:
    first, second = make_task("ok"), make_task("ok")
    with db.transaction() as session:
        for task in (first, second, first):
            send(session, task.id, Signal.SUBMITTED)
        send(session, second.id, Signal.ENDED)
    assert _take(db) == [first.id, second.id]
    assert _take(db) == []
    with taken(db, Signal.ENDED) as ended:
        assert ended == [second.id]


@pytest.mark.parametrize(("error", "is_told_again"), [(DatabaseAwayError("It is away."), True), (ValueError(), False)])
def test_a_signal_is_told_again_when_the_database_went_away(
    db: Database, make_task: MakeTask, error: Exception, is_told_again: bool
) -> None:
    task = make_task("ok")
    with db.transaction() as session:
        send(session, task.id, Signal.SUBMITTED)
    with pytest.raises(type(error)), taken(db, Signal.SUBMITTED):
        raise error
    assert _take(db) == [task.id] * is_told_again
