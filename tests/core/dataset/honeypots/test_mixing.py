from datetime import timedelta
from itertools import pairwise

import pytest
from sqlmodel import col, select

from core import ImageDatasets, ImageDatasetService, Projects
from core.checks.people import PeopleChecks
from core.dataset import CollaborationService, EntryQueries, ReviewService, parse_search
from core.dataset.honeypots.mixing import Mixing
from core.db import Database, Honeypots, ReviewPlans
from tests.core.dataset.conftest import add_image

LINE = parse_search("").for_review()


@pytest.fixture
def filled(db: Database, project: Projects) -> list[ImageDatasets]:
    """12 entries that two people confirmed, then 24 open ones."""
    dataset, review = ImageDatasetService(db), ReviewService(db)
    CollaborationService(db).set_review_plan(project.id, "all", second_percent=100)
    entries = [
        dataset.create_dataset_entry(
            project.id, add_image(db, project.id, f"{number}.jpg").id, "Is there a dog?", "yes", model="openai/gpt-4o",
            kind="yes/no",
        )
        for number in range(36)
    ]  # fmt: skip
    for entry in entries[:12]:
        review.decide(entry.id, 1, "confirm", actor="first")
        review.decide(entry.id, 2, "second", changes={"verdict": "confirm"}, actor="second")
    PeopleChecks(db).set_known_answers(project.id, 20)
    with db.transaction() as session:
        plan = session.exec(select(ReviewPlans).where(ReviewPlans.project_id == project.id)).one()
        plan.honeypot_seed = _seed_with_honeypots([entry.id for entry in entries[12:]])
    return entries


def _seed_with_honeypots(open_ids: list[str]) -> str:
    """Return a seed that gives both readers at least two; places are random, so one of 1,000 seeds gives none."""

    def count(reader: str, seed: str) -> int:
        return sum(Mixing("", reader, LINE, 0.2, "", seed).comes_behind(id_) for id_ in open_ids)

    seeds = (str(number) for number in range(1_000))
    return next(seed for seed in seeds if min(count("ada", seed), count("bo", seed)) >= 2)


def pots_of(db: Database, project: Projects, reader: str = "ada") -> dict[str, Honeypots]:
    with db.reading() as session:
        query = select(Honeypots).where(Honeypots.project_id == project.id, Honeypots.reader == reader)
        return {pot.entry_id: pot for pot in session.exec(query)}


def queue(
    db: Database, project: Projects, line: str = "", limit: int = 200, reader: str = "ada"
) -> list[ImageDatasets]:
    """Return the queue of a reader, page by page as the desk reads it."""
    found: list[ImageDatasets] = []
    after = None
    while True:
        page = CollaborationService(db).assign_entries(
            project.id, parse_search(line).for_review(), reader, limit=limit, after=after
        )
        found += page.items
        if (after := page.next_cursor) is None:
            return found


def test_nothing_is_mixed_in_until_it_is_switched_on(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    PeopleChecks(db).set_known_answers(project.id, 0)
    assert [entry.id for entry in queue(db, project)] == [entry.id for entry in filled[12:]]
    assert pots_of(db, project) == {}


def test_a_queue_has_its_honeypots_at_the_same_places_whenever_and_in_whatever_pages_it_is_read(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    ids = [entry.id for entry in queue(db, project)]
    pots = pots_of(db, project)
    assert 1 <= len(pots) <= 12
    assert len(ids) == len(set(ids)) == 24 + len(pots)
    assert [id_ for id_ in ids if id_ not in pots] == [entry.id for entry in filled[12:]]
    for limit in (1, 2, 7):
        assert [entry.id for entry in queue(db, project, limit=limit)] == ids
    assert CollaborationService(db).count_queue(project.id, LINE, "ada") == len(ids)


def test_each_reader_has_honeypots_of_their_own(db: Database, project: Projects, filled: list[ImageDatasets]) -> None:
    queue(db, project)
    others = {entry.id for entry in queue(db, project, reader="bo")}
    ada, bo = pots_of(db, project), pots_of(db, project, "bo")
    assert set(bo) <= others
    assert not set(ada) & others
    assert {pot.behind_id for pot in ada.values()} != {pot.behind_id for pot in bo.values()}


def test_who_knows_an_answer_is_not_asked_it(db: Database, project: Projects, filled: list[ImageDatasets]) -> None:
    queue(db, project, reader="first")
    assert pots_of(db, project, "first") == {}


def test_a_decision_on_a_honeypot_changes_no_entry_and_leaves_the_queue_like_any_other(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    review, entries = ReviewService(db), EntryQueries(db)
    before = [(entry.version, entry.decision) for entry in entries.find_entries(project.id, parse_search("")).items]
    stats = ImageDatasetService(db).get_dataset_stats(project.id)
    shown = queue(db, project)
    pots = pots_of(db, project)
    pot = next(entry for entry in shown if entry.id in pots)
    decided = review.decide(pot.id, 1, "reject", changes={"reject_reason": "wrong answer"}, actor="ada")
    assert (decided.entry.version, decided.entry.decision) == (2, "rejected")
    assert pot.id not in {entry.id for entry in queue(db, project)}
    assert CollaborationService(db).count_queue(project.id, LINE, "ada") == len(shown) - 1
    after = [(entry.version, entry.decision) for entry in entries.find_entries(project.id, parse_search("")).items]
    assert (after, ImageDatasetService(db).get_dataset_stats(project.id)) == (before, stats)
    undone = review.undo(project.id, actor="ada")
    assert undone is not None
    assert undone.entry_ids == (pot.id,)
    assert [entry.id for entry in queue(db, project)] == [entry.id for entry in shown]


def test_a_honeypot_whose_neighbor_is_decided_comes_first_and_a_skipped_one_no_more(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    review = ReviewService(db)
    queue(db, project)
    pots = pots_of(db, project)
    pot = next(iter(pots.values()))
    review.decide(pot.behind_id, 1, "confirm", actor="ada")
    assert queue(db, project)[0].id == pot.entry_id
    assert queue(db, project, limit=1)[0].id == pot.entry_id
    review.decide(pot.entry_id, 1, "skip", actor="ada")
    assert pot.entry_id not in {entry.id for entry in queue(db, project)}


def test_honeypots_match_the_filter_and_some_filters_have_none(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    assert len(queue(db, project, "kind:yes/no")) > 24
    assert len(queue(db, project, "kind:count")) == 0
    ReviewService(db).bulk_ids(project.id, [entry.id for entry in filled[14:24]], "tag", "some")
    assert len(queue(db, project, "tag:some", reader="bo")) == 10


def test_in_a_shared_queue_honeypots_are_leased_like_entries(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    collaboration = CollaborationService(db)
    collaboration.set_review_plan(project.id, "shared", second_percent=100)
    assert PeopleChecks(db).known_answers(project.id).percent == 20
    page = collaboration.assign_entries(project.id, LINE, "ada", limit=20)
    assert any(entry.id in pots_of(db, project) for entry in page.items)
    assert collaboration.renew_leases(project.id, [entry.id for entry in page.items], "ada") == len(page.items) == 20
    assert collaboration.count_leased(project.id, LINE, "bo") == 20 - sum(
        entry.id in pots_of(db, project) for entry in page.items
    )


def test_a_deleted_honeypot_is_gone_and_comes_back_held_back_by_undo(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    dataset = ImageDatasetService(db)
    shown = [entry.id for entry in queue(db, project)]
    pot = next(iter(pots_of(db, project)))
    assert dataset.delete_dataset_entry(pot, actor="ada")
    assert not dataset.delete_dataset_entry(pot, actor="ada")
    assert pot not in {entry.id for entry in queue(db, project)}
    ReviewService(db).undo(project.id, actor="ada")
    assert [entry.id for entry in queue(db, project)] == shown
    assert dataset.get_dataset_stats(project.id)["total_entries"] == 36


def test_the_times_of_a_honeypot_lie_between_those_of_its_neighbors(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    shown, pots = queue(db, project), pots_of(db, project)
    for before, entry in pairwise(shown):
        if entry.id in pots:
            assert timedelta() <= entry.create_at - before.create_at <= timedelta(seconds=1)
            assert entry.update_at == entry.create_at
    with db.reading() as session:
        sources = session.exec(select(ImageDatasets).where(col(ImageDatasets.confirmed).is_(True))).all()
    assert not {entry.create_at for entry in sources} & {entry.create_at for entry in shown}


def test_a_share_of_the_queue_are_honeypots() -> None:
    mixing = Mixing("project", "ada", LINE, 0.03, "", "seed")
    behind = sum(mixing.comes_behind(str(number)) for number in range(97_000))
    assert 2_700 < behind < 3_300


def test_a_bulk_action_on_chosen_entries_reaches_a_honeypot_as_one_on_a_filter_does_not(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    shown = queue(db, project)
    pot = next(iter(pots_of(db, project)))
    review = ReviewService(db)

    assert review.bulk_ids(project.id, [pot], "confirm", actor="ada").changed == 1
    assert [entry.id for entry in queue(db, project)] == [entry.id for entry in shown if entry.id != pot]
    assert review.bulk(project.id, parse_search("is:open"), "tag", "some", actor="ada").changed == 24


def test_a_honeypot_is_younger_than_its_entry_also_where_a_page_ends(
    db: Database, project: Projects, filled: list[ImageDatasets]
) -> None:
    shown, pots = queue(db, project, limit=1), pots_of(db, project)

    waits = [entry.create_at - before.create_at for before, entry in pairwise(shown) if entry.id in pots]
    assert len(waits) == len(pots)
    assert min(waits) > timedelta()
