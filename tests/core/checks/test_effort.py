from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.checks.effort import EffortReport
from core.checks.people import PeopleChecks
from core.db import Database, Events, LlmCalls, Tasks
from tests.core.dataset.conftest import add_image

MORNING = datetime(2026, 5, 4, 9, tzinfo=UTC)
Decide = Callable[..., None]


def _call(db: Database, task_id: str, model: str, cost: float | None, state: str = "ok") -> int:
    with db.transaction() as session:
        call = LlmCalls(task_id=task_id, model=model, request_hash="", state=state, cost=cost)
        session.add(call)
        session.flush()
        assert call.id is not None
        return call.id


@pytest.fixture
def entries(db: Database, project: Projects) -> list[ImageDatasets]:
    """Two answers of one call of 0.04 $, one of a call of 0.02 $, one of a call without a price, one of a person."""
    dataset = ImageDatasetService(db)
    with db.transaction() as session:
        task = Tasks(project_id=project.id, task_type="image-answer-generation")
        session.add(task)
    shared, own = _call(db, task.id, "a/one", 0.04), _call(db, task.id, "a/one", 0.02)
    unpriced = _call(db, task.id, "b/two", None)
    _call(db, task.id, "a/one", 0.01, "failed")
    _call(db, task.id, "a/one", None, "failed")
    made = []
    for number, (model, kind, call) in enumerate(
        [("a/one", "color", shared), ("a/one", "count", shared), ("a/one", "color", own), ("b/two", "color", unpriced),
         ("", "text", None)]
    ):  # fmt: skip
        image = add_image(db, project.id, f"{number}.jpg")
        entry = dataset.create_dataset_entry(project.id, image.id, "What?", "This.", model=model, kind=kind)
        with db.transaction() as session:
            session.get_one(ImageDatasets, entry.id).call_id = call
        made.append(entry)
    return made


@pytest.fixture
def decide(db: Database, project: Projects) -> Decide:
    def decide(entry: ImageDatasets, at_s: float, action: str = "confirm", actor: str = "ada", batch: str = "") -> None:
        with db.transaction() as session:
            stored = session.get_one(ImageDatasets, entry.id)
            stored.confirmed, stored.rejected = action == "confirm", action == "reject"
            session.add(
                Events(
                    batch_id=batch or f"{entry.id[:10]}{actor}{at_s}", project_id=project.id, entity="entry",
                    entity_id=entry.id, action=action, actor=actor, at=MORNING + timedelta(seconds=at_s),
                )
            )  # fmt: skip

    return decide


def _report(db: Database, project: Projects) -> EffortReport:
    return PeopleChecks(db).effort(project.id)


def test_costs_are_those_of_all_calls_by_model_and_of_the_answers_by_kind(
    db: Database, project: Projects, entries: list[ImageDatasets], decide: Decide
) -> None:
    for number, entry in enumerate(entries):
        decide(entry, number * 10, "reject" if number == 2 else "confirm")
    report = _report(db, project)
    one, two, person = (next(row for row in report.models if row.value == name) for name in ("a/one", "b/two", ""))
    assert (one.entries, one.accepted, one.unpriced_calls) == (3, 2, 0)
    assert one.cost == pytest.approx(0.07)
    assert one.cost_each == pytest.approx(0.035)
    assert (two.accepted, two.cost, two.unpriced_calls, two.cost_each) == (1, 0.0, 1, None)
    assert (person.accepted, person.cost, person.cost_each) == (1, 0.0, 0.0)
    kinds = {row.value: row for row in report.kinds}
    assert kinds["color"].cost == pytest.approx(0.04)
    assert (kinds["color"].unpriced_calls, kinds["color"].cost_each) == (1, None)
    assert kinds["count"].cost_each == pytest.approx(0.02)
    assert (report.total.accepted, report.total.unpriced_calls, report.total.cost_each) == (4, 1, None)


def test_time_is_that_between_decisions_and_a_pause_counts_as_the_usual_time(
    db: Database, project: Projects, entries: list[ImageDatasets], decide: Decide
) -> None:
    decide(entries[0], 0)
    decide(entries[1], 4)
    decide(entries[2], 10, "reject")
    decide(entries[3], 3_600)
    report = _report(db, project)
    (ada,) = report.people
    # The first one and the one after the pause count as the median of 4 and 6.
    assert (ada.entries, ada.accepted, ada.timed, ada.review_s) == (4, 3, 4, 20.0)
    assert ada.review_s_each == pytest.approx(20 / 3)
    assert (ada.cost, ada.cost_each) == (None, None)
    assert {row.value: row.review_s for row in report.kinds} == {"color": 16.0, "count": 4.0, "text": 0.0}


def test_bulk_actions_take_no_time_and_the_last_decision_counts_for_who_made_it(
    db: Database, project: Projects, entries: list[ImageDatasets], decide: Decide
) -> None:
    for entry in entries[:3]:
        decide(entry, 5, batch="bulk")
    decide(entries[0], 8, "reject", actor="bo")
    people = {row.value: row for row in _report(db, project).people}
    assert (people["ada"].entries, people["ada"].accepted, people["ada"].timed) == (2, 2, 0)
    assert people["ada"].review_s_each is None
    assert (people["bo"].entries, people["bo"].accepted) == (1, 0)


def test_a_project_without_entries_has_no_cost(db: Database, project: Projects) -> None:
    report = _report(db, project)
    assert (report.total.entries, report.total.cost_each, report.total.review_s_each) == (0, None, None)
    assert (report.models, report.kinds, report.people) == ((), (), ())


def test_what_is_not_confirmed_any_more_was_decided_and_not_accepted(
    db: Database, project: Projects, entries: list[ImageDatasets], decide: Decide
) -> None:
    decide(entries[0], 5)
    with db.transaction() as session:
        row = session.get(ImageDatasets, entries[0].id)
        assert row is not None
        row.confirmed = False
    (ada,) = (row for row in _report(db, project).people if row.value == "ada")
    assert (ada.entries, ada.accepted) == (1, 0)
