"""Where items are added: behind those of their own task and stage."""

from sqlmodel import select

from core.db import Database, TaskItems
from core.tasks.adding import POSITIONS_PER_STAGE, insert_items
from core.tasks.kinds import ItemPlan
from tests.core.tasks.conftest import MakeTask


def test_items_of_a_stage_follow_each_other_whatever_other_stages_and_tasks_have(
    db: Database, make_task: MakeTask
) -> None:
    task, other = make_task("ok", "ok"), make_task("ok", "ok", "ok", "ok")
    per_stage = POSITIONS_PER_STAGE

    def positions(task_id: str) -> list[int]:
        query = select(TaskItems.position).where(TaskItems.task_id == task_id).order_by(TaskItems.position)
        with db.reading() as session:
            return list(session.exec(query))

    assert (positions(task.id), positions(other.id)) == ([0, 1], [0, 1, 2, 3])
    with db.transaction() as session:
        insert_items(session, task.id, [ItemPlan(stage=2), ItemPlan("a", {"b": 1}, stage=1), ItemPlan(stage=2)])
        insert_items(session, task.id, [ItemPlan(stage=1), ItemPlan()])
        insert_items(session, task.id, [])
    assert positions(task.id) == [0, 1, 2, per_stage, per_stage + 1, 2 * per_stage, 2 * per_stage + 1]
    assert positions(other.id) == [0, 1, 2, 3]
    with db.reading() as session:
        query = select(TaskItems).where(TaskItems.task_id == task.id, TaskItems.position == per_stage)
        item = session.exec(query).one()
    assert (item.subject_id, item.payload, item.stage) == ("a", {"b": 1}, 1)
    assert (item.state, item.attempts, item.error, item.result) == ("queued", 0, "", {})


def test_the_first_item_of_a_stage_takes_its_first_position_and_the_next_stage_is_not_looked_at(
    db: Database, make_task: MakeTask
) -> None:
    task = make_task()
    with db.transaction() as session:
        for stage in (1, 0, 1, 0):
            insert_items(session, task.id, [ItemPlan(stage=stage)])
    with db.reading() as session:
        found = session.exec(select(TaskItems.position, TaskItems.stage).where(TaskItems.task_id == task.id)).all()
    first = POSITIONS_PER_STAGE
    assert sorted(map(tuple, found)) == [(0, 0), (1, 0), (first, 1), (first + 1, 1)]
