"""Progress of people: what they decided and what waits, their pace, and how far others agree."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from core import ImageDatasets, ImageDatasetService, Projects
from core.checks.people import PeopleChecks
from core.dataset import CollaborationService, MessageService, ReviewService
from core.db import Database, Events, Honeypots, utc_now
from tests.core.dataset.conftest import add_image


@pytest.fixture
def entries(db: Database, project: Projects) -> list[ImageDatasets]:
    images = [add_image(db, project.id, f"{number}.jpg") for number in range(6)]
    dataset = ImageDatasetService(db)
    return [dataset.create_dataset_entry(project.id, image.id, "What?", "This.", model="a/one") for image in images]


def _decide(db: Database, entry: ImageDatasets, decision: str, actor: str, **changes: object) -> ImageDatasets:
    stored = ImageDatasetService(db).get_dataset_entry(entry.id)
    return ReviewService(db).decide(entry.id, stored.version, decision, changes=changes, actor=actor).entry


def test_decided_is_what_stands_and_waiting_what_is_open(
    db: Database, project: Projects, entries: list[ImageDatasets]
) -> None:
    review = ReviewService(db)
    for entry in entries[:3]:
        _decide(db, entry, "confirm", "ana")
    _decide(db, entries[0], "reject", "ben")  # ben has the last word
    taken_back = _decide(db, entries[3], "confirm", "ana")
    review.undo(project.id, actor="ana")
    assert not ImageDatasetService(db).get_dataset_entry(taken_back.id).confirmed
    MessageService(db).send(entries[1].id, actor="ben")
    ana, ben = PeopleChecks(db).progress(project.id)
    assert (ana.person, ana.decided, ana.waiting, ana.total, ana.sent_back) == ("ana", 2, 3, 5, 1)
    assert (ben.person, ben.decided, ben.waiting, ben.sent_back) == ("ben", 1, 3, 0)
    assert ana.last_at is not None
    assert (ana.per_hour, ana.agreement, ana.known) == (None, None, None)
    nobody = PeopleChecks(db).progress_of(project.id, "cem")
    assert (nobody.decided, nobody.waiting, nobody.last_at) == (0, 3, None)


def test_a_divided_queue_counts_the_part_of_each_person(
    db: Database, project: Projects, entries: list[ImageDatasets]
) -> None:
    CollaborationService(db).set_review_plan(project.id, "divided", ["ana", "ben"])
    ana, ben = PeopleChecks(db).progress(project.id)
    assert ana.waiting + ben.waiting == len(entries)


def test_the_pace_leaves_out_pauses_and_what_is_older_than_thirty_days(
    db: Database, project: Projects, entries: list[ImageDatasets]
) -> None:
    began = utc_now() - timedelta(days=2)
    with db.transaction() as session:
        for number in range(13):  # twelve gaps of 10 s, then a pause
            at = began + timedelta(seconds=10 * number + (3600 if number == 12 else 0))
            session.add(_event(project, entries[0], at, number))
        session.add(_event(project, entries[0], utc_now() - timedelta(days=31), 99))
    own = PeopleChecks(db).progress_of(project.id, "ana")
    assert (own.timed, own.review_s) == (13, 130.0)
    assert own.per_hour == pytest.approx(360)


def _event(project: Projects, entry: ImageDatasets, at: datetime, number: int) -> Events:
    return Events(
        batch_id=f"batch-{number}", project_id=project.id, entity="entry", entity_id=entry.id, action="skip",
        actor="ana", at=at,
    )  # fmt: skip


def test_agreement_counts_second_reviews_and_known_answers_of_the_days_before(
    db: Database, project: Projects, entries: list[ImageDatasets]
) -> None:
    for entry, second in zip(entries[:3], ("confirm", "confirm", "reject"), strict=True):
        _decide(db, entry, "confirm", "ana")
        _decide(db, entry, "second", "ben", verdict=second)
    with db.transaction() as session:
        pot = entries[5]
        session.add(
            Honeypots(
                project_id=project.id, entry_id=pot.id, source_id=entries[0].id, behind_id=entries[1].id, reader="ana",
                shown_answer="This.", right_answer="This.", is_right=True,
            )
        )  # fmt: skip
    _decide(db, pot, "confirm", "ana")
    ana, ben = PeopleChecks(db).progress(project.id)
    assert (ana.compared, ana.alike, ben.compared, ben.alike) == (3, 2, 3, 2)
    assert ana.agreement == pytest.approx(2 / 3)
    assert ana.known is None  # it was decided today
    with db.transaction() as session:
        session.exec(select(ImageDatasets).where(ImageDatasets.id == pot.id)).one().update_at = datetime(
            2026, 5, 1, tzinfo=UTC
        )
    known = PeopleChecks(db).progress_of(project.id, "ana").known
    assert known is not None
    assert (known.decided, known.right) == (1, 1)
