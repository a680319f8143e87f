from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.dataset import EntryQueries, ReviewService, parse_search, stats
from core.dataset.stats import Balance
from core.db import Database, Events
from core.search_line import FacetValue

Make = Callable[..., ImageDatasets]
ALL = parse_search("")


def test_facets_have_a_value_for_entries_without_one(make: Make, entries: EntryQueries, project: Projects) -> None:
    make(kind="count", tags="red,big", confirmed=True)
    make(kind="count", tags="red")
    make(kind="", score=4.5)
    facets = {facet.field: facet.values for facet in entries.facets(project.id, ALL)}
    assert facets["is"] == (FacetValue("open", "open", 2), FacetValue("confirmed", "confirmed", 1))
    assert facets["kind"] == (FacetValue("count", "count", 2), FacetValue("none", "no kind", 1))
    assert facets["tag"] == (FacetValue("red", "red", 2), FacetValue("big", "big", 1), FacetValue("none", "no tag", 1))
    assert facets["score"] == (FacetValue("4.5", "4.5", 1), FacetValue("none", "not rated", 2))
    assert "model" not in facets  # one value says nothing


def test_the_reasons_of_rejections_say_that_others_were_not_rejected(
    make: Make, entries: EntryQueries, review: ReviewService, project: Projects
) -> None:
    make("Is it red?")
    wrong = make("Is it blue?")
    review.decide(wrong.id, wrong.version, "reject", changes={"reject_reason": "duplicate"})
    facets = {facet.field: facet.values for facet in entries.facets(project.id, ALL)}
    assert facets["reason"] == (
        FacetValue("duplicate", "duplicate", 1), FacetValue("none", "not rejected, or no reason", 1),
    )  # fmt: skip


def test_bins_are_in_their_order_and_not_by_frequency(make: Make, entries: EntryQueries, project: Projects) -> None:
    for length, score in ((300, 2), (300, 2), (3, 5), (60, 0), (60, 3)):
        make(f"Is it {length} {score}?", "x" * length, score=score)
    facets = {facet.field: facet.values for facet in entries.facets(project.id, ALL)}
    assert [(bar.value, bar.count) for bar in facets["length"]] == [("0..10", 1), ("51..200", 2), (">200", 2)]
    assert [bar.value for bar in facets["score"]] == ["5", "3", "2", "none"]


def test_a_facet_ignores_the_terms_of_its_own_field(make: Make, entries: EntryQueries, project: Projects) -> None:
    make(kind="count", confirmed=True)
    make(kind="color")
    facets = {facet.field: facet.values for facet in entries.facets(project.id, parse_search("kind:count"))}
    assert [bar.value for bar in facets["kind"]] == ["color", "count"]
    assert "is" not in facets


def test_every_facet_value_finds_as_many_entries_as_it_counts(
    make: Make, dataset: ImageDatasetService, entries: EntryQueries, project: Projects
) -> None:
    make(kind="count", tags="red,big", confirmed=True, score=3)
    make(kind="how many", tags="red", language="tr")
    make(kind="", model="")
    make("Imported?", model="", origin="imported")
    dataset.confirm_entry(make(kind="count").id, actor="Anna")
    dataset.rate_entry(make("Long?", "x" * 300).id, 2, actor="Ben")
    assert {facet.field for facet in entries.facets(project.id, ALL)} == {
        "is", "kind", "model", "origin", "lang", "score", "tag", "length", "by",
    }  # fmt: skip
    for facet in entries.facets(project.id, ALL):
        for bar in facet.values:
            chosen = ALL.with_term(facet.field, bar.value)
            assert entries.count_entries(project.id, chosen) == bar.count, chosen


def test_the_balance_shows_when_one_answer_leads(make: Make, entries: EntryQueries, project: Projects) -> None:
    for answer in ("yes", "Yes ", "no", "yes"):
        make("Is it?", answer, kind="yes/no")
    make("What is it?", "A cup.", kind="object")
    board = entries.balance(project.id, ALL)
    assert board == (Balance("yes/no", 4, (("yes", 3), ("no", 1))), Balance("object", 1, (("a cup.", 1),)))
    assert board[0].leading_share == 0.75


def test_answers_of_more_than_40_characters_are_left_out_of_the_balance(
    make: Make, entries: EntryQueries, project: Projects
) -> None:
    make("What is it?", "x" * 40, kind="object")
    make("What is it?", "x" * 41, kind="object")
    assert entries.balance(project.id, ALL) == (Balance("object", 1, (("x" * 40, 1),)),)


def test_the_first_day_of_the_window_is_counted_as_a_whole(
    make: Make, entries: EntryQueries, db: Database, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries_of_test = [make(f"{number}?") for number in range(4)]
    times = [datetime(2026, 5, day, hour, tzinfo=UTC) for day, hour in ((7, 23), (8, 0), (8, 23), (10, 12))]
    with db.transaction() as session:
        for number, (entry, at) in enumerate(zip(entries_of_test, times, strict=True)):
            session.add(
                Events(
                    batch_id=f"batch-{number}", project_id=project.id, entity="entry", entity_id=entry.id,
                    action="confirm", actor="Anna", at=at, old={}, new={},
                )
            )  # fmt: skip
    monkeypatch.setattr(stats, "utc_now", lambda: datetime(2026, 5, 10, 12, tzinfo=UTC))
    assert entries.decisions_per_day(project.id, 3) == (
        (date(2026, 5, 8), 2),
        (date(2026, 5, 9), 0),
        (date(2026, 5, 10), 1),
    )


def test_decisions_are_counted_by_day_and_undone_ones_are_not(
    make: Make, dataset: ImageDatasetService, review: ReviewService, entries: EntryQueries, project: Projects
) -> None:
    for number in range(3):
        dataset.confirm_entry(make(f"{number}?").id)
    review.undo(project.id)
    days = entries.decisions_per_day(project.id, 7)
    assert [count for _, count in days] == [0, 0, 0, 0, 0, 0, 2]


def test_the_reason_of_a_rejection_is_no_second_decision(
    make: Make, review: ReviewService, entries: EntryQueries, project: Projects
) -> None:
    entry = make()
    rejected = review.decide(entry.id, entry.version, "reject").entry
    review.decide(entry.id, rejected.version, "reject", changes={"reject_reason": "duplicate"})
    assert [count for _, count in entries.decisions_per_day(project.id, 2)] == [0, 1]


def test_tags_in_use_come_most_frequent_first(make: Make, entries: EntryQueries, project: Projects) -> None:
    make(tags="red,big")
    make(tags="red")
    make()
    assert entries.tag_names(project.id) == ("red", "big")
