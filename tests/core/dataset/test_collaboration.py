from collections.abc import Callable
from datetime import timedelta

import pytest

from core import ImageDatasets, ImageDatasetService, Images, Projects
from core.dataset import EntryFilter, parse_search
from core.dataset.collaboration import LEASE_S, Plan
from core.db import Database, EntryLeases, utc_now
from core.errors import InvalidInputError
from tests.core.dataset.conftest import add_image

Make = Callable[..., ImageDatasets]


@pytest.fixture
def many(db: Database, project: Projects, make: Make) -> list[ImageDatasets]:
    """Twelve entries, each about an image of its own."""
    images = [add_image(db, project.id, f"{number}.jpg") for number in range(12)]
    return [make(f"Question {place}?", "yes", image_id=image.id) for place, image in enumerate(images)]


def ids(entries: object) -> list[str]:
    return [entry.id for entry in entries]  # type: ignore[attr-defined]


def open_ones(dataset: ImageDatasetService, project: Projects, actor: str, limit: int = 4) -> list[str]:
    return ids(dataset.hand_out(project.id, EntryFilter().for_review(), actor, limit=limit).items)


# Saved views


def test_a_view_is_a_line_with_a_name_and_saved_again_it_is_another_line(
    dataset: ImageDatasetService, project: Projects
) -> None:
    dataset.save_view(project.id, "  To   mend ", "kind:count  -tag:draft", actor="Anna")
    dataset.save_view(project.id, "Albums", "album")
    assert [(view.name, view.query) for view in dataset.saved_views(project.id)] == [
        ("Albums", "album"),
        ("To mend", "kind:count -tag:draft"),
    ]
    dataset.save_view(project.id, "Albums", "is:open")
    assert [view.query for view in dataset.saved_views(project.id)] == ["is:open", "kind:count -tag:draft"]
    assert dataset.delete_view(project.id, "Albums")
    assert not dataset.delete_view(project.id, "Albums")


@pytest.mark.parametrize(("name", "query"), [("", "cat"), ("x" * 61, "cat"), ("Colors", "colour:red")])
def test_a_view_that_could_not_be_opened_is_not_saved(
    name: str, query: str, dataset: ImageDatasetService, project: Projects
) -> None:
    with pytest.raises(InvalidInputError):
        dataset.save_view(project.id, name, query)
    assert dataset.saved_views(project.id) == []


# Handing out


def test_without_a_plan_everybody_gets_everything(
    many: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    assert dataset.review_plan(project.id) == Plan("all", (), 0)
    assert open_ones(dataset, project, "Anna") == open_ones(dataset, project, "Ben") == ids(many[:4])


def test_shared_entries_are_before_one_person_at_a_time(
    many: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    dataset.set_review_plan(project.id, "shared")
    assert open_ones(dataset, project, "Anna") == ids(many[:4])
    assert open_ones(dataset, project, "Ben") == ids(many[4:8])
    assert open_ones(dataset, project, "Cem") == ids(many[8:])
    assert open_ones(dataset, project, "Dan") == []
    assert open_ones(dataset, project, "Anna") == ids(many[:4])


def test_of_the_last_entries_one_person_gets_half_as_long_as_these_are_several(
    many: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    dataset.set_review_plan(project.id, "shared")
    assert open_ones(dataset, project, "Anna", limit=20) == ids(many[:6])
    assert open_ones(dataset, project, "Ben", limit=20) == ids(many[6:10])
    assert open_ones(dataset, project, "Cem", limit=20) == ids(many[10:])


def test_a_lease_that_ran_out_gives_the_entry_to_the_next(
    many: list[ImageDatasets], dataset: ImageDatasetService, project: Projects, db: Database
) -> None:
    dataset.set_review_plan(project.id, "shared")
    open_ones(dataset, project, "Anna", limit=11)
    with db.transaction() as session:
        for entry in many[:2]:
            session.merge(
                EntryLeases(
                    entry_id=entry.id, project_id=project.id, holder="Anna", until=utc_now() - timedelta(seconds=1)
                )
            )
    assert open_ones(dataset, project, "Ben") == ids([*many[:2], many[11]])
    # Anna comes back late: what Ben has by now stays with Ben.
    assert dataset.keep(project.id, ids(many), "Anna") == 9
    assert open_ones(dataset, project, "Ben") == ids([*many[:2], many[11]])


def test_a_lease_outlives_the_process_that_gave_it(
    many: list[ImageDatasets], dataset: ImageDatasetService, project: Projects, db: Database
) -> None:
    dataset.set_review_plan(project.id, "shared")
    open_ones(dataset, project, "Anna")
    assert open_ones(ImageDatasetService(db), project, "Ben") == ids(many[4:8])
    with db.reading() as session:
        lease = session.get(EntryLeases, many[0].id)
    assert lease is not None
    assert LEASE_S - 10 < (lease.until - utc_now()).total_seconds() <= LEASE_S


def test_divided_images_go_to_one_person_each_and_none_is_forgotten(
    many: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    people = ["Anna", "Ben", "Cem"]
    dataset.set_review_plan(project.id, "divided", people)
    parts = [open_ones(dataset, project, name, limit=100) for name in people]
    assert sorted(id_ for part in parts for id_ in part) == sorted(ids(many))
    assert open_ones(dataset, project, "Guest", limit=100) == ids(many)


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_shares_are_even_parts(
    parts: int, dataset: ImageDatasetService, project: Projects, db: Database, make: Make
) -> None:
    images = [add_image(db, project.id, f"{number}.jpg") for number in range(60)]
    for image in images:
        make("Question?", "yes", image_id=image.id)
    found = [
        ids(dataset.find_entries(project.id, parse_search(f"share:{part}/{parts}")).items)
        for part in range(1, parts + 1)
    ]
    assert sorted(id_ for part in found for id_ in part) == sorted(
        ids(dataset.find_entries(project.id, EntryFilter()).items)
    )


@pytest.mark.parametrize("value", ["0/3", "4/3", "1", "a/b", "1/0"])
def test_a_part_that_does_not_exist_is_refused(value: str, dataset: ImageDatasetService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="takes a part"):
        dataset.find_entries(project.id, parse_search(f"share:{value}"))


@pytest.mark.parametrize(
    ("handing", "people", "percent"),
    [("somehow", [], 0), ("divided", [], 0), ("all", [], 101), ("divided", ["x" * 61], 0)],
)
def test_a_plan_that_makes_no_sense_is_refused(
    handing: str, people: list[str], percent: int, dataset: ImageDatasetService, project: Projects
) -> None:
    with pytest.raises(InvalidInputError):
        dataset.set_review_plan(project.id, handing, people, percent)
    assert dataset.review_plan(project.id) == Plan()


# Second readings


@pytest.fixture
def decided(make: Make, dataset: ImageDatasetService, project: Projects) -> list[ImageDatasets]:
    """Four entries that Anna decided, all of which a second person is to see."""
    dataset.set_review_plan(project.id, "all", second_percent=100)
    entries = [make(f"Question {place}?", "yes") for place in range(5)]
    made = [
        dataset.decide(entry.id, 1, decision, actor="Anna").entry
        for entry, decision in zip(entries, ["confirm", "confirm", "confirm", "reject"], strict=False)
    ]
    assert entries[4].decision == "open"
    return made


def waiting(dataset: ImageDatasetService, project: Projects, actor: str) -> list[str]:
    return ids(dataset.find_entries(project.id, EntryFilter().with_term("second", actor)).items)


def read(dataset: ImageDatasetService, entry: ImageDatasets, actor: str = "Ben", **given: str) -> ImageDatasets:
    return dataset.decide(entry.id, entry.version, "second", changes=given, actor=actor).entry


def test_what_one_decided_waits_for_another(
    decided: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    assert waiting(dataset, project, "Anna") == []
    assert waiting(dataset, project, "Ben") == ids(decided)
    read(dataset, decided[0], verdict="confirm")
    assert waiting(dataset, project, "Ben") == waiting(dataset, project, "Cem") == ids(decided[1:])


def test_only_the_part_that_two_are_to_see_waits(
    decided: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    dataset.set_review_plan(project.id, "all", second_percent=0)
    assert waiting(dataset, project, "Ben") == []


def test_a_second_reading_changes_nothing_but_flags_what_is_seen_otherwise(
    decided: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    same = read(dataset, decided[0], verdict="confirm")
    other = read(dataset, decided[1], verdict="reject")
    edited = read(dataset, decided[2], verdict="confirm", answer="no")
    assert [(e.decision, e.answer, e.flagged, e.version) for e in (same, other, edited)] == [
        ("confirmed", "yes", False, 2),
        ("confirmed", "yes", True, 3),
        ("confirmed", "yes", True, 3),
    ]
    assert ids(dataset.find_entries(project.id, parse_search("check:readers")).items) == ids(decided[1:3])


def test_readers_agree_as_far_as_their_verdicts_do(
    decided: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    for entry, verdict in zip(decided, ["confirm", "reject", "confirm", "reject"], strict=True):
        read(dataset, entry, verdict=verdict)
    found = dataset.agreement(project.id)
    # By hand: 4 units, Do = 1/4 of pairs differ; 8 values, 5 confirm and 3 reject: De = 2 * 5 * 3 / (8 * 7).
    assert (found.read, found.alike, found.readers) == (4, 3, ("Anna", "Ben"))
    assert found.alpha == pytest.approx(1 - (1 / 4) / (30 / 56))


def test_agreement_on_one_verdict_only_has_no_alpha(
    decided: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    read(dataset, decided[0], verdict="confirm")
    assert dataset.agreement(project.id).alpha is None


@pytest.mark.parametrize("actor", ["Anna"])
def test_nobody_reads_their_own_decision_again(
    actor: str, decided: list[ImageDatasets], dataset: ImageDatasetService
) -> None:
    with pytest.raises(InvalidInputError, match="somebody else has decided"):
        read(dataset, decided[0], actor, verdict="confirm")


def test_a_third_reading_is_refused(decided: list[ImageDatasets], dataset: ImageDatasetService) -> None:
    read(dataset, decided[0], verdict="confirm")
    with pytest.raises(InvalidInputError, match="second time already"):
        read(dataset, decided[0], "Cem", verdict="confirm")


def test_an_open_entry_has_no_second_reading(make: Make, dataset: ImageDatasetService) -> None:
    with pytest.raises(InvalidInputError, match="somebody else has decided"):
        read(dataset, make(), verdict="confirm")


@pytest.mark.parametrize("given", [{}, {"verdict": "maybe"}, {"verdict": "confirm", "score": "5"}])
def test_a_second_reading_says_nothing_else(
    given: dict[str, str], decided: list[ImageDatasets], dataset: ImageDatasetService
) -> None:
    with pytest.raises(InvalidInputError, match="confirms or rejects"):
        read(dataset, decided[0], **given)


def test_a_second_reading_is_undone_with_its_flag(
    decided: list[ImageDatasets], dataset: ImageDatasetService, project: Projects
) -> None:
    read(dataset, decided[0], verdict="confirm")
    read(dataset, decided[1], verdict="reject")
    assert dataset.undo(project.id, actor="Ben") is not None
    assert not dataset.get_dataset_entry(decided[1].id).flagged
    assert dataset.undo(project.id, actor="Ben") is not None
    assert dataset.undo(project.id, actor="Ben") is None
    assert waiting(dataset, project, "Ben") == ids(decided)
    assert dataset.agreement(project.id).read == 0


# Models against people


def test_models_are_measured_by_what_people_answered(
    make: Make, dataset: ImageDatasetService, project: Projects, image: Images
) -> None:
    for answer in ("two", "2", "The 2.", "two", "five"):
        make("How many cups?", answer, model="")
    for model, answer in (("good", "two"), ("bad", "seven")):
        entry = make("How many cups?", answer, model=model)
        dataset.decide(entry.id, 1, "confirm", actor="Anna")
    made = dataset.model_accuracy(project.id)
    # Seven people's answers: 2 five times, five, seven.
    assert [(one.model, one.questions) for one in made] == [("good", 1), ("bad", 1)]
    assert made[0].accuracy == made[0].reachable == 1.0
    assert made[1].accuracy == pytest.approx((6 / 3) / 7)
