from collections.abc import Callable
from datetime import timedelta

import pytest

from core import ImageDatasets, ImageDatasetService, Images, Projects
from core.checks.people import PeopleChecks
from core.dataset import CollaborationService, EntryFilter, EntryQueries, ReviewService, parse_search
from core.dataset.assignment import LEASE_S
from core.dataset.collaboration import Plan
from core.db import Database, EntryLeases, utc_now
from core.db.base import ID_ALPHABET
from core.errors import InvalidInputError, NotFoundError
from tests.core.dataset.conftest import add_image

Make = Callable[..., ImageDatasets]


@pytest.fixture
def many(db: Database, project: Projects, make: Make) -> list[ImageDatasets]:
    """Twelve entries, each about another image."""
    images = [add_image(db, project.id, f"{number}.jpg") for number in range(12)]
    return [make(f"Question {number}?", "yes", image_id=image.id) for number, image in enumerate(images)]


def ids(entries: object) -> list[str]:
    return [entry.id for entry in entries]  # type: ignore[attr-defined]


def assigned(collaboration: CollaborationService, project: Projects, actor: str, limit: int = 4) -> list[str]:
    return ids(collaboration.assign_entries(project.id, EntryFilter().for_review(), actor, limit=limit).items)


# Saved views


def test_saving_a_view_under_a_name_in_use_replaces_its_line_and_renaming_replaces_none(
    collaboration: CollaborationService, project: Projects
) -> None:
    collaboration.save_view(project.id, "  To   mend ", "kind:count  -tag:draft", actor="Anna")
    collaboration.save_view(project.id, "Albums", "album")
    assert [(view.name, view.query, view.created_by) for view in collaboration.saved_views(project.id)] == [
        ("Albums", "album", "local"),
        ("To mend", "kind:count -tag:draft", "Anna"),
    ]
    collaboration.save_view(project.id, "Albums", "is:open")
    assert [view.query for view in collaboration.saved_views(project.id)] == ["is:open", "kind:count -tag:draft"]
    with pytest.raises(InvalidInputError, match="There is a view called To mend"):
        collaboration.rename_view(project.id, "Albums", " To  mend")
    collaboration.rename_view(project.id, "To mend", "To mend")
    collaboration.rename_view(project.id, "Albums", "  Old   albums ")
    assert [(view.name, view.query) for view in collaboration.saved_views(project.id)] == [
        ("Old albums", "is:open"),
        ("To mend", "kind:count -tag:draft"),
    ]
    with pytest.raises(NotFoundError):
        collaboration.rename_view(project.id, "Albums", "Covers")
    collaboration.rename_view(project.id, "Old albums", "Albums")
    assert collaboration.delete_view(project.id, "Albums")
    assert not collaboration.delete_view(project.id, "Albums")


def test_a_deleted_view_is_brought_back_as_it_was_unless_its_name_is_taken(
    collaboration: CollaborationService, project: Projects
) -> None:
    view = collaboration.save_view(project.id, "Albums", "is:open", actor="anna")
    collaboration.delete_view(project.id, "Albums")
    collaboration.bring_back_view(project.id, view)
    assert collaboration.saved_views(project.id) == [view]
    assert collaboration.saved_views(project.id)[0].created_by == "anna"
    with pytest.raises(InvalidInputError, match="There is a view called Albums"):
        collaboration.bring_back_view(project.id, view)


@pytest.mark.parametrize(
    ("name", "query"), [("", "cat"), ("x" * 61, "cat"), ("Colors", "colour:red"), ("Best", "score:>")]
)
def test_a_view_with_an_invalid_name_or_line_is_not_saved(
    name: str, query: str, collaboration: CollaborationService, project: Projects
) -> None:
    with pytest.raises(InvalidInputError):
        collaboration.save_view(project.id, name, query)
    assert collaboration.saved_views(project.id) == []


# Assignment


def test_without_a_plan_everyone_is_assigned_everything(
    many: list[ImageDatasets], collaboration: CollaborationService, project: Projects
) -> None:
    assert collaboration.review_plan(project.id) == Plan("all", (), 0)
    assert assigned(collaboration, project, "Anna") == assigned(collaboration, project, "Ben") == ids(many[:4])


def test_with_accounts_the_queue_is_shared_until_somebody_says_otherwise(
    many: list[ImageDatasets],
    collaboration: CollaborationService,
    project: Projects,
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(db, "settings", db.settings.model_copy(update={"sign_in": "accounts"}))
    assert collaboration.review_plan(project.id) == Plan("shared", (), 0)
    assert assigned(collaboration, project, "Anna") == ids(many[:4])
    assert assigned(collaboration, project, "Ben") == ids(many[4:8])
    PeopleChecks(db).set_known_answers(project.id, 3)  # stores a plan
    assert collaboration.review_plan(project.id).assignment == "shared"
    collaboration.set_review_plan(project.id, "all")
    assert assigned(collaboration, project, "Anna") == assigned(collaboration, project, "Ben")


def test_shared_entries_are_leased_to_one_person_at_a_time(
    many: list[ImageDatasets], collaboration: CollaborationService, project: Projects
) -> None:
    collaboration.set_review_plan(project.id, "shared")
    assert assigned(collaboration, project, "Anna") == ids(many[:4])
    assert assigned(collaboration, project, "Ben") == ids(many[4:8])
    assert assigned(collaboration, project, "Cem") == ids(many[8:])
    assert assigned(collaboration, project, "Dan") == []
    assert assigned(collaboration, project, "Anna") == ids(many[:4])


def test_one_person_is_leased_half_of_the_last_entries_but_at_least_four(
    many: list[ImageDatasets], collaboration: CollaborationService, project: Projects
) -> None:
    collaboration.set_review_plan(project.id, "shared")
    assert assigned(collaboration, project, "Anna", limit=20) == ids(many[:6])
    assert assigned(collaboration, project, "Ben", limit=20) == ids(many[6:10])
    assert assigned(collaboration, project, "Cem", limit=20) == ids(many[10:])


def test_an_entry_whose_lease_expired_is_leased_to_the_next_person(
    many: list[ImageDatasets], collaboration: CollaborationService, project: Projects, db: Database
) -> None:
    collaboration.set_review_plan(project.id, "shared")
    assigned(collaboration, project, "Anna", limit=11)
    with db.transaction() as session:
        for entry in many[:2]:
            session.merge(
                EntryLeases(
                    entry_id=entry.id, project_id=project.id, holder="Anna", until=utc_now() - timedelta(seconds=1)
                )
            )
    assert assigned(collaboration, project, "Ben") == ids([*many[:2], many[11]])
    # Anna's renewal comes late: what Ben holds by now stays with Ben.
    assert collaboration.renew_leases(project.id, ids(many), "Anna") == 9
    assert assigned(collaboration, project, "Ben") == ids([*many[:2], many[11]])


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(
    many: list[ImageDatasets], collaboration: CollaborationService, project: Projects, db: Database
) -> None:
    collaboration.set_review_plan(project.id, "shared")
    with db.transaction() as session:
        session.add_all(
            EntryLeases(entry_id=entry.id, project_id=project.id, holder="Anna", until=utc_now() + timedelta(days=1))
            for entry in many[:2]
        )
    assert assigned(collaboration, project, "Ben") == ids(many[:4])


def test_renewing_a_lease_extends_it(
    many: list[ImageDatasets], collaboration: CollaborationService, project: Projects, db: Database
) -> None:
    collaboration.set_review_plan(project.id, "shared")
    assigned(collaboration, project, "Anna", limit=1)
    ends = utc_now() + timedelta(seconds=30)
    with db.transaction() as session:
        session.merge(EntryLeases(entry_id=many[0].id, project_id=project.id, holder="Anna", until=ends))
    assert collaboration.renew_leases(project.id, [many[0].id], "Anna") == 1
    with db.reading() as session:
        lease = session.get(EntryLeases, many[0].id)
    assert lease is not None
    assert lease.until > ends + timedelta(seconds=LEASE_S - 60)


def test_a_lease_is_stored_in_the_database(
    many: list[ImageDatasets], collaboration: CollaborationService, project: Projects, db: Database
) -> None:
    collaboration.set_review_plan(project.id, "shared")
    assigned(collaboration, project, "Anna")
    assert assigned(CollaborationService(db), project, "Ben") == ids(many[4:8])
    with db.reading() as session:
        lease = session.get(EntryLeases, many[0].id)
    assert lease is not None
    assert LEASE_S - 60 < (lease.until - utc_now()).total_seconds() <= LEASE_S


def test_divided_images_are_assigned_to_one_person_each_without_leaving_any_out(
    many: list[ImageDatasets], collaboration: CollaborationService, project: Projects
) -> None:
    people = ["Anna", "Ben", "Cem"]
    collaboration.set_review_plan(project.id, "divided", people)
    shares = [assigned(collaboration, project, name, limit=100) for name in people]
    assert sorted(id_ for share in shares for id_ in share) == sorted(ids(many))
    assert assigned(collaboration, project, "Guest", limit=100) == ids(many)


def test_shares_are_disjoint_and_complete(db: Database, entries: EntryQueries, project: Projects, make: Make) -> None:
    for number in range(30):
        make("Question?", "yes", image_id=add_image(db, project.id, f"{number}.jpg").id)
    everything = sorted(ids(entries.find_entries(project.id, EntryFilter()).items))
    for shares in (1, 2, 3, 7):
        found = [
            ids(entries.find_entries(project.id, parse_search(f"share:{share}/{shares}")).items)
            for share in range(1, shares + 1)
        ]
        assert sorted(id_ for share in found for id_ in share) == everything


@pytest.mark.parametrize("value", ["0/3", "4/3", "1", "a/b", "1/0"])
def test_a_share_out_of_range_is_refused(value: str, entries: EntryQueries, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="takes a part"):
        entries.find_entries(project.id, parse_search(f"share:{value}"))


@pytest.mark.parametrize(
    ("assignment", "people", "percent"),
    [("somehow", [], 0), ("divided", [], 0), ("all", [], 101), ("all", [], -1), ("divided", ["x" * 61], 0)],
)
def test_an_invalid_review_plan_is_refused(
    assignment: str, people: list[str], percent: int, collaboration: CollaborationService, project: Projects
) -> None:
    with pytest.raises(InvalidInputError):
        collaboration.set_review_plan(project.id, assignment, people, percent)
    assert collaboration.review_plan(project.id) == Plan()


# Second reviews


@pytest.fixture
def decided(
    make: Make, collaboration: CollaborationService, review: ReviewService, project: Projects
) -> list[ImageDatasets]:
    """Four entries that Anna decided and that need a second review."""
    collaboration.set_review_plan(project.id, "all", second_percent=100)
    made = [make(f"Question {number}?", "yes") for number in range(5)]
    decisions = ["confirm", "confirm", "confirm", "reject"]
    return [
        review.decide(entry.id, 1, decision, actor="Anna").entry
        for entry, decision in zip(made, decisions, strict=False)
    ]


def waiting(entries: EntryQueries, project: Projects, actor: str) -> list[str]:
    return ids(entries.find_entries(project.id, EntryFilter().with_term("second", actor)).items)


def second(review: ReviewService, entry: ImageDatasets, actor: str = "Ben", **changes: str) -> ImageDatasets:
    return review.decide(entry.id, entry.version, "second", changes=changes, actor=actor).entry


def test_a_decided_entry_needs_a_second_review_by_another_person(
    decided: list[ImageDatasets], entries: EntryQueries, review: ReviewService, project: Projects
) -> None:
    assert waiting(entries, project, "Anna") == []
    assert waiting(entries, project, "Ben") == ids(decided)
    second(review, decided[0], verdict="confirm")
    assert waiting(entries, project, "Ben") == waiting(entries, project, "Cem") == ids(decided[1:])


def test_at_zero_percent_no_entry_needs_a_second_review(
    decided: list[ImageDatasets], entries: EntryQueries, collaboration: CollaborationService, project: Projects
) -> None:
    collaboration.set_review_plan(project.id, "all", second_percent=0)
    assert waiting(entries, project, "Ben") == []


def test_half_of_the_images_need_a_second_review_at_50_percent(
    many: list[ImageDatasets],
    entries: EntryQueries,
    collaboration: CollaborationService,
    review: ReviewService,
    project: Projects,
) -> None:
    collaboration.set_review_plan(project.id, "all", second_percent=50)
    for entry in many:
        review.decide(entry.id, 1, "confirm", actor="Anna")
    # The seventh letter of the image's id decides: the first 32 of 64 letters are half of the images.
    expected = [entry.id for entry in many if ID_ALPHABET.index(entry.image_id[6]) < 32]
    assert waiting(entries, project, "Ben") == expected


def test_a_second_review_keeps_the_first_decision_and_flags_a_difference(
    decided: list[ImageDatasets], entries: EntryQueries, review: ReviewService, project: Projects
) -> None:
    same = second(review, decided[0], verdict="confirm", answer="yes")
    other = second(review, decided[1], verdict="reject")
    edited = second(review, decided[2], verdict="confirm", answer="no")
    assert [(e.decision, e.answer, e.flagged, e.version) for e in (same, other, edited)] == [
        ("confirmed", "yes", False, 2),
        ("confirmed", "yes", True, 3),
        ("confirmed", "yes", True, 3),
    ]
    assert ids(entries.find_entries(project.id, parse_search("check:readers")).items) == ids(decided[1:3])


@pytest.mark.parametrize("decision", ["confirm", "reject"])
def test_what_two_reviewers_decided_differently_waits_until_somebody_decides_it(
    decision: str, decided: list[ImageDatasets], collaboration: CollaborationService, review: ReviewService,
    project: Projects,
) -> None:  # fmt: skip
    second(review, decided[0], verdict="confirm")
    other = second(review, decided[1], verdict="reject")
    line = parse_search("check:readers")
    assert collaboration.count_queue(project.id, line, "Cem") == 1
    resolved = review.decide(other.id, other.version, decision, actor="Cem")
    assert (resolved.entry.decision, resolved.entry.flagged) == (f"{decision}ed", False)
    assert collaboration.count_queue(project.id, line, "Cem") == 0
    review.undo(project.id, batch_id=resolved.batch_id, actor="Cem")
    assert collaboration.count_queue(project.id, line, "Cem") == 1


def test_a_flag_without_a_second_review_survives_a_decision(
    decided: list[ImageDatasets], review: ReviewService
) -> None:
    flagged = review.decide(decided[0].id, decided[0].version, "flag", actor="Ben").entry
    assert review.decide(flagged.id, flagged.version, "reject", actor="Ben").entry.flagged


def test_agreement_is_measured_by_nominal_alpha(
    decided: list[ImageDatasets], collaboration: CollaborationService, review: ReviewService, project: Projects
) -> None:
    for entry, verdict in zip(decided, ["confirm", "reject", "confirm", "reject"], strict=True):
        second(review, entry, verdict=verdict)
    found = collaboration.agreement(project.id)
    # By hand: 4 units, Do = 1/4 of pairs differ; 8 values, 5 confirm and 3 reject: De = 2 * 5 * 3 / (8 * 7).
    assert (found.reviewed, found.agreed, found.reviewers) == (4, 3, ("Anna", "Ben"))
    assert found.alpha == pytest.approx(1 - (1 / 4) / (30 / 56))


def test_alpha_has_no_order_or_distance_between_three_verdicts(
    decided: list[ImageDatasets], collaboration: CollaborationService, review: ReviewService, project: Projects
) -> None:
    """With two verdicts every level of measurement gives the same alpha; a third one tells them apart."""
    second(review, decided[0], verdict="confirm")
    second(review, decided[1], verdict="confirm", answer="no")
    second(review, decided[2], verdict="reject")
    second(review, decided[3], verdict="reject")
    # By hand: 2 of 4 units differ; confirm 4 times, edit once, reject 3 times of 8:
    # De = 2 * (4 * 1 + 4 * 3 + 1 * 3) / (8 * 7). An interval scale would weigh confirm and reject four times.
    assert collaboration.agreement(project.id).alpha == pytest.approx(1 - (2 / 4) / (38 / 56))


def test_there_is_no_alpha_while_every_verdict_is_the_same(
    decided: list[ImageDatasets], collaboration: CollaborationService, review: ReviewService, project: Projects
) -> None:
    second(review, decided[0], verdict="confirm")
    assert collaboration.agreement(project.id).alpha is None


def test_the_second_review_is_refused_to_who_decided_first(decided: list[ImageDatasets], review: ReviewService) -> None:
    with pytest.raises(InvalidInputError, match="another person has decided"):
        second(review, decided[0], "Anna", verdict="confirm")


def test_a_third_review_is_refused(decided: list[ImageDatasets], review: ReviewService) -> None:
    second(review, decided[0], verdict="confirm")
    with pytest.raises(InvalidInputError, match="already has a second review"):
        second(review, decided[0], "Cem", verdict="confirm")


def test_an_open_entry_has_no_second_review(make: Make, review: ReviewService) -> None:
    with pytest.raises(InvalidInputError, match="another person has decided"):
        second(review, make(), verdict="confirm")


@pytest.mark.parametrize("changes", [{}, {"verdict": "maybe"}, {"verdict": "confirm", "score": "5"}])
def test_a_second_review_takes_a_verdict_and_an_answer_only(
    changes: dict[str, str], decided: list[ImageDatasets], review: ReviewService
) -> None:
    with pytest.raises(InvalidInputError, match="confirms or rejects"):
        second(review, decided[0], **changes)


def test_agreement_counts_no_deleted_entry_and_no_decision_that_was_undone(
    decided: list[ImageDatasets],
    dataset: ImageDatasetService,
    collaboration: CollaborationService,
    review: ReviewService,
    project: Projects,
) -> None:
    for entry in decided:
        second(review, entry, verdict="confirm")
    assert (collaboration.agreement(project.id).reviewed, collaboration.agreement(project.id).agreed) == (4, 3)
    dataset.delete_dataset_entry(decided[0].id)
    assert (collaboration.agreement(project.id).reviewed, collaboration.agreement(project.id).agreed) == (3, 2)
    assert review.undo(project.id, actor="Anna") is not None  # her last decision, the rejection
    assert (collaboration.agreement(project.id).reviewed, collaboration.agreement(project.id).agreed) == (2, 2)


def test_a_new_decision_after_an_undone_one_needs_a_second_review_of_its_own(
    decided: list[ImageDatasets],
    entries: EntryQueries,
    collaboration: CollaborationService,
    review: ReviewService,
    project: Projects,
) -> None:
    last = second(review, decided[3], verdict="reject")
    assert review.undo(project.id, actor="Anna") is not None
    again = review.decide(last.id, last.version + 1, "confirm", actor="Anna").entry
    assert waiting(entries, project, "Ben") == ids(decided)
    second(review, again, verdict="confirm")
    assert waiting(entries, project, "Ben") == ids(decided[:3])
    assert (collaboration.agreement(project.id).reviewed, collaboration.agreement(project.id).agreed) == (1, 1)


def test_undoing_a_second_review_removes_its_flag(
    decided: list[ImageDatasets],
    dataset: ImageDatasetService,
    entries: EntryQueries,
    collaboration: CollaborationService,
    review: ReviewService,
    project: Projects,
) -> None:
    second(review, decided[0], verdict="confirm")
    second(review, decided[1], verdict="reject")
    assert review.undo(project.id, actor="Ben") is not None
    assert not dataset.get_dataset_entry(decided[1].id).flagged
    assert review.undo(project.id, actor="Ben") is not None
    assert review.undo(project.id, actor="Ben") is None
    assert waiting(entries, project, "Ben") == ids(decided)
    assert collaboration.agreement(project.id).reviewed == 0


# Accuracy of models


def test_the_accuracy_of_models_is_measured_against_the_answers_of_people(
    make: Make, collaboration: CollaborationService, review: ReviewService, project: Projects, image: Images
) -> None:
    for answer in ("two", "2", "The 2.", "two", "five"):
        make("How many cups?", answer, model="")
    make("How many cups?", "ninety", model="", origin="imported")  # nobody here said so
    for model, answer in (("good", "two"), ("good", "two"), ("bad", "seven")):
        entry = make("How many cups?", answer, model=model)
        review.decide(entry.id, 1, "confirm", actor="Anna")
    found = collaboration.model_accuracy(project.id)
    # Eight people's answers: 2 six times, five, seven; the question that a model answered twice counts once.
    assert [(accuracy.model, accuracy.questions) for accuracy in found] == [("good", 1), ("bad", 1)]
    assert found[0].accuracy == found[0].reachable == 1.0
    assert found[1].accuracy == pytest.approx((7 / 3) / 8)
