"""Records become questions and entries once, whatever they are imported with."""

from collections.abc import Callable

import pytest

from core import Images, Projects
from core.importing.records import ImportedBox, Record, Turn
from core.importing.storing import Matched, Stored, store_records
from core.services import Services
from tests.core.images.pictures import drawn, encoded

Store = Callable[..., Stored]


@pytest.fixture
def images(services: Services, project: Projects) -> list[Images]:
    outcomes = services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n, (160, 120)))) for n in range(3)])
    return [outcome.image for outcome in outcomes if outcome.image]


@pytest.fixture
def store(services: Services, project: Projects) -> Store:
    def run(*matched: Matched) -> Stored:
        with services.db.transaction() as session:
            return store_records(session, project.id, None, matched)

    return run


def record(*turns: tuple[str, str], **fields: object) -> Record:
    return Record("rows.json:1", ("a.jpg",), tuple(Turn(*turn) for turn in turns))._replace(**fields)


def test_every_field_of_a_record_is_stored(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    turn = Turn("Which?", '["red"]', "label", ["red", "blue"], (5, None, 3, 1))
    given = record(language="tr", kind="color", model="openai/gpt-4o", confirmed=True, score=4.5, tags=("a", "b"),
                   note="Good.", system="Be brief.", boxes=(ImportedBox("cup", (1.0, 2.0, 30.0, 40.0)),))  # fmt: skip

    stored = store(Matched(given._replace(turns=(turn,)), [images[0].id]))

    assert stored == Stored(records=1, questions=1, entries=1)
    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert (entry.question, entry.answer, entry.answer_type, entry.options) == (
        "Which?", '["red"]', "label", ["red", "blue"],
    )  # fmt: skip
    assert (entry.language, entry.kind, entry.model, entry.confirmed, entry.score) == (
        "tr", "color", "openai/gpt-4o", True, 4.5,
    )  # fmt: skip
    assert (entry.tags, entry.note, entry.system, entry.origin) == ("a,b", "Good.", "Be brief.", "imported")
    assert entry.boxes == [{"label": "cup", "xyxy": [1.0, 2.0, 30.0, 40.0], "image": 0}]
    assert entry.ratings == {"relevance": 5, "visual_dependency": 3, "formatting": 1}
    (question,) = services.library.questions_of(images[0].id)
    assert (question.id, question.answered, question.options) == (entry.question_id, True, ["red", "blue"])


def test_relative_boxes_are_scaled_to_the_pixels_of_their_image(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    boxes = (
        ImportedBox("cup", (0.25, 0.5, 0.5, 1.0), "relative"),
        ImportedBox("jar", (0.0, 0.0, 1.0, 0.5), "relative", 1),
    )

    store(Matched(record(("Where?", "There."), boxes=boxes), [images[0].id, images[1].id]))

    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert [box["xyxy"] for box in entry.boxes or ()] == [[40.0, 60.0, 80.0, 120.0], [0.0, 0.0, 160.0, 60.0]]


def test_boxes_measured_on_a_larger_copy_are_scaled_to_the_image(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    box = ImportedBox("cup", (64.0, 48.0, 320.0, 240.0), measured_wh=(640, 480))
    store(Matched(record(("Where?", "There."), boxes=(box,)), [images[0].id]))
    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert [box["xyxy"] for box in entry.boxes or ()] == [[16.0, 12.0, 80.0, 60.0]]


@pytest.mark.parametrize(
    ("measured_wh", "advice"), [((120, 160), "before the turn of its EXIF data"), ((160, 160), "Bring the image")]
)
def test_boxes_measured_on_another_shape_are_left_out_with_the_reason(
    services: Services, project: Projects, images: list[Images], store: Store,
    measured_wh: tuple[int, int], advice: str,
) -> None:  # fmt: skip
    box = ImportedBox("cup", (1.0, 2.0, 30.0, 40.0), measured_wh=measured_wh)
    stored = store(Matched(record(("Where?", "There."), boxes=(box,)), [images[0].id]))
    assert (stored.entries, [advice in problem.reason for problem in stored.problems]) == (1, [True])
    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert entry.boxes is None


def test_boxes_are_stored_with_the_turn_that_they_belong_to(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    of_record, of_turn = ImportedBox("jar", (1, 2, 3, 4)), ImportedBox("cup", (5, 6, 7, 8))
    turns = (Turn("Where?", "There."), Turn("And the cup?", "[5, 6, 7, 8]", boxes=(of_turn,)))

    store(Matched(record(boxes=(of_record,))._replace(turns=turns), [images[0].id]))

    found = {entry.question: entry.boxes for entry in services.dataset.list_dataset_entries(project.id)}
    assert found == {
        "Where?": [{"label": "jar", "xyxy": [1, 2, 3, 4], "image": 0}],
        "And the cup?": [{"label": "cup", "xyxy": [5, 6, 7, 8], "image": 0}],
    }


def test_boxes_that_cannot_be_used_cost_only_themselves(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    stored = store(Matched(record(("Q?", "A"), boxes=(ImportedBox("cup", (0, 0, 900, 900)),)), [images[0].id]))

    assert stored.entries == 1
    ((where, reason),) = stored.problems
    assert where == "rows.json:1"
    assert reason.startswith("Its boxes were left out. Box 1 lies outside of 0.jpg")


def test_a_box_outside_of_its_image_costs_only_itself(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    good, bad = ImportedBox("jar", (1, 2, 3, 4)), ImportedBox("cup", (0, 0, 900, 900))
    stored = store(
        Matched(record(("Q?", "A"), boxes=(good, bad)), [images[0].id]),
        Matched(record(("R?", "A"), boxes=(bad, good, bad)), [images[0].id]),
    )

    size = f"which has {images[0].width} x {images[0].height} px."
    assert [problem.reason for problem in stored.problems] == [
        f"1 of its 2 boxes was left out. Box 2 lies outside of 0.jpg, {size}",
        f"2 of its 3 boxes were left out. Box 1 lies outside of 0.jpg, {size}",
    ]
    kept = [{"label": "jar", "xyxy": [1, 2, 3, 4], "image": 0}]
    assert [entry.boxes for entry in services.dataset.list_dataset_entries(project.id)] == [kept, kept]


def test_more_boxes_than_an_entry_has_are_left_out(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    boxes = (ImportedBox("jar", (1, 2, 3, 4)),) * 501
    stored = store(Matched(record(("Q?", "A"), boxes=boxes), [images[0].id]))
    assert [problem.reason for problem in stored.problems] == [
        "Its boxes were left out. An entry has at most 500 boxes, not 501."
    ]
    assert [entry.boxes for entry in services.dataset.list_dataset_entries(project.id)] == [None]


def test_a_known_question_with_its_answer_is_already_there(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    services.dataset.create_dataset_entry(project.id, images[0].id, "Q?", "A", "m")

    stored = store(
        Matched(record(("Q?", "A")), [images[0].id]),  # here already
        Matched(record(("Q?", "B")), [images[0].id]),  # another answer
        Matched(record(("Q?", "A")), [images[1].id]),  # another image
        Matched(record(("Q?", "A")), [images[1].id]),  # twice in the file
    )

    assert (stored.records, stored.questions, stored.entries, stored.known) == (4, 4, 2, 2)
    assert len(services.library.questions_of(images[1].id)) == 1


def test_several_images_are_others_than_the_first_alone(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    ids = [image.id for image in images]
    matched = [Matched(record(("Same?", "No.")), some) for some in (ids[:1], ids[:2], ids[1::-1], ids[:2])]

    assert store(*matched).entries == 3
    assert [entry.image_ids for entry in services.dataset.list_dataset_entries(project.id)] == [
        ids[:1], ids[:2], ids[1::-1],
    ]  # fmt: skip


def test_a_conversation_is_stored_as_a_whole_and_found_again(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    first = Matched(record(("Hello", "Hi"), ("What?", "A cup."), system="Be brief."), [images[0].id])
    second = Matched(record(("Hello", "Hi"), ("Where?", "Here.")), [images[0].id])

    assert store(first, second).entries == 4
    assert store(first, second) == Stored(records=2, questions=4, known=4)

    entries = services.dataset.list_dataset_entries(project.id)
    assert [(entry.question, entry.turn) for entry in entries] == [
        ("Hello", 0),
        ("What?", 1),
        ("Hello", 0),
        ("Where?", 1),
    ]
    assert [entry.conversation_id == entries[0].conversation_id for entry in entries] == [True, True, False, False]
    assert [entry.system for entry in entries] == ["Be brief.", "Be brief.", "", ""]


def test_a_conversation_of_known_questions_is_already_there(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    store(*(Matched(record(turn), [images[0].id]) for turn in (("A?", "a"), ("B?", "b"))))

    assert store(Matched(record(("A?", "a"), ("B?", "b")), [images[0].id])).known == 2


def test_a_deleted_turn_of_a_conversation_comes_back_with_its_place(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    conversation = Matched(record(("A?", "a"), ("B?", "b"), ("C?", "c")), [images[0].id])
    store(conversation)
    services.dataset.delete_dataset_entry(services.dataset.list_dataset_entries(project.id)[1].id)

    assert (store(conversation).entries, store(conversation).entries) == (1, 0)
    entries = services.dataset.list_dataset_entries(project.id)
    assert sorted((entry.turn, entry.question) for entry in entries) == [(0, "A?"), (1, "B?"), (2, "C?")]
    assert len({entry.conversation_id for entry in entries}) == 1


def test_records_without_their_images_are_problems(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    services.images.delete_image(images[1].id)

    stored = store(
        Matched(record(("Q?", "A")), (), "It names an image that is not here: b.jpg"),
        Matched(record(("Q?", "A")), [images[0].id, images[1].id]),
        Matched(record(("Q?", "A")), [images[0].id]),
    )

    assert (stored.questions, stored.entries) == (3, 1)
    assert [reason for _, reason in stored.problems] == [
        "It names an image that is not here: b.jpg", "Its image was deleted while the import ran.",
    ]  # fmt: skip


def test_a_rejected_answer_is_not_confirmed_too(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    store(Matched(record(("Q?", "bad"), confirmed=True, rejected=True), [images[0].id]))

    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert (entry.confirmed, entry.rejected) == (False, True)


def test_entries_keep_the_order_of_their_records(
    services: Services, project: Projects, images: list[Images], store: Store
) -> None:
    store(*(Matched(record((f"Number {number}?", "A")), [images[number % 3].id]) for number in range(50)))

    asked = [entry.question for entry in services.dataset.list_dataset_entries(project.id)]
    assert asked == [f"Number {number}?" for number in range(50)]
