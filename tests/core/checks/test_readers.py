import random
from datetime import timedelta

import pytest
from sqlmodel import select

from core import ImageDatasets, ImageDatasetService, Projects
from core.checks.intervals import wilson
from core.checks.people import PeopleChecks
from core.checks.readers import judged, known_answers
from core.dataset import CollaborationService, ReviewService, parse_search
from core.db import Database, Honeypots, ReviewPlans, utc_now
from core.errors import InvalidInputError
from tests.core.dataset.conftest import add_image


def _pot(shown: str, right: str) -> Honeypots:
    return Honeypots(
        project_id="p", entry_id="e", source_id="s", behind_id="b", reader="ada", shown_answer=shown,
        right_answer=right, is_right=shown == right,
    )  # fmt: skip


def _entry(answer: str, decision: str, **more: object) -> ImageDatasets:
    return ImageDatasets(
        project_id="p", image_id="i", image_name="i.jpg", question="?", answer=answer,
        confirmed=decision == "confirm", rejected=decision == "reject", **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pot", "entry", "is_right"),
    [
        (_pot("yes", "yes"), _entry("yes", "confirm"), True),
        (_pot("yes", "yes"), _entry("Yes.", "confirm"), True),
        (_pot("yes", "yes"), _entry("yes", "reject"), False),
        (_pot("yes", "yes"), _entry("no", "confirm"), False),
        (_pot("yes", "yes"), _entry("yes", "open"), None),
        (_pot("a bus", "a bus"), _entry("a red bus", "confirm"), None),
        (_pot("no", "yes"), _entry("no", "confirm"), False),
        (_pot("no", "yes"), _entry("no", "reject"), True),
        (_pot("no", "yes"), _entry("yes", "confirm"), True),
        (_pot("4", "3"), _entry("5", "confirm"), False),
        (_pot("a bus", ""), _entry("a van", "confirm"), True),
        (_pot("a bus", ""), _entry("a bus", "confirm"), False),
        (_pot("yes", "yes"), _entry("yes", "confirm", generated_question="Why?"), None),
    ],
)
def test_a_right_answer_has_to_be_confirmed_and_a_wrong_one_rejected_or_put_right(
    pot: Honeypots, entry: ImageDatasets, is_right: bool | None
) -> None:
    assert judged(pot, entry) is is_right


def _covered(runs: int, count: int, accuracy: float, seed: int) -> int:
    """Return in how many runs the interval of a simulated reader of a known accuracy covers it."""
    chance = random.Random(seed)
    outcome = {
        (is_right, acts_right): judged(
            _pot("yes", "yes" if is_right else "no"), _entry("yes", "confirm" if is_right == acts_right else "reject")
        )
        for is_right in (True, False)
        for acts_right in (True, False)
    }
    covered = 0
    for _ in range(runs):
        right = sum(bool(outcome[chance.random() < 0.5, chance.random() < accuracy]) for _ in range(count))
        low, high = wilson(right, count)
        covered += low <= accuracy <= high
    return covered


def test_the_interval_of_a_simulated_reader_covers_the_accuracy_in_95_of_100_runs() -> None:
    assert 930 <= _covered(1_000, 120, 0.85, seed=1) <= 970


@pytest.mark.prove
@pytest.mark.parametrize("accuracy", [0.6, 0.7, 0.8, 0.85, 0.9])
@pytest.mark.parametrize("count", [60, 120, 300])
def test_the_interval_covers_readers_of_every_kind(accuracy: float, count: int) -> None:
    assert 9_300 <= _covered(10_000, count, accuracy, seed=2) <= 9_700


def test_a_reader_has_an_accuracy_from_the_next_day_on(db: Database, project: Projects) -> None:
    dataset, review, people = ImageDatasetService(db), ReviewService(db), PeopleChecks(db)
    for number in range(40):
        image = add_image(db, project.id, f"{number}.jpg")
        dataset.create_dataset_entry(project.id, image.id, "Is there a dog?", "yes", tags="gold" if number < 20 else "")
    review.bulk(project.id, parse_search("tag:gold"), "confirm", actor="owner")
    assert (people.known_answers(project.id).percent, people.known_answers(project.id).known) == (0, 0)
    people.set_known_answers(project.id, 20, "tag:gold")
    assert people.known_answers(project.id).known == 20
    queue = CollaborationService(db).assign_entries(project.id, parse_search("is:open"), "ada", limit=100).items
    with db.reading() as session:
        pots = {pot.entry_id: pot for pot in session.exec(select(Honeypots))}
    shown = [entry for entry in queue if entry.id in pots]
    for number, entry in enumerate(shown):
        is_shown_right = pots[entry.id].is_right
        review.decide(entry.id, 1, "confirm" if is_shown_right != (number == 0) else "reject", actor="ada")
    assert people.known_answers(project.id).readers == ()
    with db.reading() as session:
        (ada,) = known_answers(session, project.id, utc_now() + timedelta(days=1)).readers
    assert (ada.reader, ada.decided, ada.right) == ("ada", len(shown), len(shown) - 1)
    assert ada.interval == wilson(ada.right, ada.decided)


@pytest.mark.parametrize(
    ("percent", "query"),
    [(21, ""), (-1, ""), (float("nan"), ""), (3, "what:is"), (3, "score:much"), (3, "judge:<3")],
)
def test_what_cannot_be_is_refused(db: Database, project: Projects, percent: float, query: str) -> None:
    with pytest.raises(InvalidInputError):
        PeopleChecks(db).set_known_answers(project.id, percent, query)


def test_a_stored_line_that_cannot_be_read_finds_nothing_and_closes_no_queue(db: Database, project: Projects) -> None:
    with db.transaction() as session:
        session.add(ReviewPlans(project_id=project.id, honeypot_percent=3, honeypot_query="score:much"))
    assert PeopleChecks(db).known_answers(project.id).known == 0
