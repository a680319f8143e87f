"""How far the batches of a task are: those that the provider still has, summed."""

from datetime import UTC, datetime

from core.db import Database, ProviderBatches
from core.tasks.batch_progress import batch_progress
from tests.core.tasks.conftest import MakeTask


def test_open_batches_are_summed_with_the_time_of_the_first(db: Database, make_task: MakeTask) -> None:
    task, other = make_task("ok"), make_task("ok")
    early, late = datetime(2026, 11, 20, 9, 5, tzinfo=UTC), datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
    with db.transaction() as session:
        session.add(
            ProviderBatches(task_id=task.id, model="m", state="sent", request_count=200, done_count=50, sent_at=late)
        )
        session.add(
            ProviderBatches(task_id=task.id, model="m", state="sent", request_count=100, done_count=7, sent_at=early)
        )
        session.add(ProviderBatches(task_id=task.id, model="m", state="intended", request_count=40))
        session.add(
            ProviderBatches(task_id=task.id, model="m", state="ended", request_count=900, done_count=900, sent_at=early)
        )
        found, none = batch_progress(session, task.id), batch_progress(session, other.id)
    assert str(found) == "waiting for the provider: 57 of 340 done, submitted 09:05 UTC"
    assert none is None


def test_a_batch_that_may_not_have_arrived_is_being_submitted(db: Database, make_task: MakeTask) -> None:
    task = make_task("ok")
    with db.transaction() as session:
        session.add(ProviderBatches(task_id=task.id, model="m", state="intended", request_count=1_200))
        assert str(batch_progress(session, task.id)) == "waiting for the provider: 0 of 1,200 done, being submitted"
