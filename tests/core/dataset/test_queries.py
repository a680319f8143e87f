from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import true

from core import ImageDatasets, ImageDatasetService, Images, Projects
from core.dataset import EntryFilter, EntryQueries, parse_search, queries
from core.db import Database
from core.errors import InvalidInputError

Make = Callable[..., ImageDatasets]


@pytest.fixture
def named_entries(
    make: Make, dataset: ImageDatasetService, entries: EntryQueries, other_image: Images
) -> dict[str, str]:
    """Six different entries by name, and their ids."""
    entries = {
        "cups": make("How many cups?", "three", kind="count", tags="kitchen,red", score=4),
        "bowls": make("How many bowls?", "2", kind="count", tags="kitchen", score=2, model="gemini/flash"),
        "mood": make("Which mood?", '["calm"]', answer_type="label", kind="mood", language="tr"),
        "scene": make("Describe it.", "A shelf " * 100, image_id=other_image.id),
        "empty": make("What is left?", "", kind="rest", model=""),
        "gives": make("Is the kettle kettle blue?", "Kettle blue."),
    }
    dataset.update_dataset_entry(entries["cups"].id, answer="four", actor="Anna")
    dataset.confirm_entry(entries["cups"].id, actor="Anna")
    dataset.update_dataset_entry(entries["bowls"].id, rejected=True, reject_reason="wrong answer", actor="Ben")
    dataset.update_dataset_entry(entries["mood"].id, flagged=True, needs_review="odd language")
    return {name: entry.id for name, entry in entries.items()}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "cups bowls mood scene empty gives"),
        ("CUPS", "cups"),
        ("how many -bowls", "cups"),
        ('"many cups"', "cups"),
        ('"any cups"', ""),
        ("table.jpg", "scene"),
        ("100%", ""),
        ("is:open", "mood scene empty gives"),
        ("is:confirmed is:rejected", "cups bowls"),
        ("-is:open", "cups bowls"),
        ("kind:count", "cups bowls"),
        ("kind:count kind:mood", "cups bowls mood"),
        ("kind:none", "scene gives"),
        ("-kind:none kind:rest", "empty"),
        ("type:label", "mood"),
        ("model:gemini/flash", "bowls"),
        ("model:none", "empty"),
        ("lang:tr", "mood"),
        ("tag:kitchen", "cups bowls"),
        ("tag:kitchen tag:red", "cups"),
        ("tag:KITCHEN -tag:red", "bowls"),
        ("tag:kit", ""),
        ("tag:none", "mood scene empty gives"),
        ("score:<3", "bowls"),
        ("score:2..4", "cups bowls"),
        ("score:4", "cups"),
        ("score:>=4", "cups"),
        ("score:none", "mood scene empty gives"),
        ("edited:yes", "cups"),
        ("edited:no kind:count", "bowls"),
        ("flagged:yes", "mood"),
        ("doubtful:yes", "mood"),
        ("length:>100", "scene"),
        ("length:<=1", "bowls empty"),
        ("side:<640", ""),
        ("side:640 kind:rest", "empty"),
        ("by:Anna", "cups"),
        ("by:Ben", "bowls"),
        ('reason:"wrong answer"', "bowls"),
        ("created:>2020-01-01 kind:rest", "empty"),
        ("created:<2020-01-01", ""),
        ("task:nothing", ""),
        ("check:empty", "empty"),
        ("check:long", "scene"),
        ("check:label", "mood"),
        ("check:schema", ""),
        ("check:language", ""),
        ("check:readers", ""),
        ("free:Anna", "cups bowls mood scene empty gives"),
        ("share:1/1", "cups bowls mood scene empty gives"),
        ("second:Anna", ""),
        ("created:2020-01", ""),
        ("check:reveals", "gives"),
    ],
)
def test_each_field_of_the_search_line_finds_its_entries(
    line: str, expected: str, named_entries: dict[str, str], entries: EntryQueries, project: Projects
) -> None:
    names = {entry_id: name for name, entry_id in named_entries.items()}
    found = entries.find_entries(project.id, parse_search(line)).items
    assert " ".join(names[entry.id] for entry in found) == expected
    assert entries.count_entries(project.id, parse_search(line)) == len(expected.split())


@pytest.mark.parametrize("line", ["score:many", "length:<", "created:yesterday", "check:spelling", "side:a..b"])
def test_an_invalid_value_is_refused(line: str, entries: EntryQueries, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match=r"takes|no check called"):
        entries.find_entries(project.id, parse_search(line))


def test_a_question_that_offers_its_answer_among_others_does_not_give_it_away(
    make: Make, entries: EntryQueries, project: Projects
) -> None:
    make("Is it day or night?", "Night.")
    make("Gündüz veya gece mi?", "Gece")
    make("这是一只白色的猫还是黑色的猫？", "一只白色的猫")
    for question, answer in (
        ("Dışarısı gündüz mü gece mi?", "Gece"), ("Kapı kapalı mı, açık mı?", "Kapalı."),
        ("Bu kedi mi köpek mi", "kedi"), ("Kuş uçuyor mu duruyor mu ?", "duruyor"),
    ):  # fmt: skip
        make(question, answer)
    tells = [
        make("Which color has the orange kettle?", "Orange"),  # "or" is no word of its own
        make("Bu sevimli kedi uyuyor mu?", "kedi"),  # one particle asks whether
        make("Mimar mı çizdi bu mimari planı?", "mimar"),  # "mi" begins other words
    ]
    found = entries.find_entries(project.id, parse_search("check:reveals")).items
    assert {entry.id for entry in found} == {entry.id for entry in tells}


def test_repeated_and_disputed_answers_are_found(make: Make, entries: EntryQueries, project: Projects) -> None:
    first = make("How many cups?", "three", model="a")
    second = make("how many cups", "Three.", model="b")
    third = make("How many cups?", "four", model="c")
    make("How many bowls?", "three", model="a")

    def failing(check: str) -> list[str]:
        return [e.id for e in entries.find_entries(project.id, EntryFilter().with_term("check", check)).items]

    assert failing("repeated") == [first.id, second.id]
    assert failing("disputed") == [first.id, second.id, third.id]
    assert entries.check_counts(project.id, EntryFilter())["disputed"] == 3


@pytest.mark.parametrize("line", ["", "is:open"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_keyset_pages_neither_skip_nor_repeat_an_entry(
    newest_first: bool, line: str, make: Make, entries: EntryQueries, project: Projects
) -> None:
    made = [make(f"Question {number}?").id for number in range(10)]
    seen, cursor, sizes = [], None, []
    while True:
        page = entries.find_entries(project.id, parse_search(line), limit=4, after=cursor, newest_first=newest_first)
        seen += [entry.id for entry in page.items]
        sizes.append(len(page.items))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == (made[::-1] if newest_first else made)
    assert sizes == [4, 4, 2]


def test_a_cursor_works_after_its_entry_left_the_filter_or_was_deleted(
    make: Make, dataset: ImageDatasetService, entries: EntryQueries, project: Projects
) -> None:
    made = [make(f"Question {number}?").id for number in range(3)]
    queue = parse_search("is:open")
    dataset.confirm_entry(made[0])
    assert [e.id for e in entries.find_entries(project.id, queue, after=made[0]).items] == made[1:]
    dataset.delete_dataset_entry(made[1])
    assert [e.id for e in entries.find_entries(project.id, queue, after=made[1]).items] == made[2:]


def test_an_unknown_cursor_is_refused(entries: EntryQueries, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="Start again at the first one"):
        entries.find_entries(project.id, EntryFilter(), after="missing")


def test_entries_of_other_projects_are_not_found(make: Make, entries: EntryQueries) -> None:
    make()
    assert entries.find_entries("another", EntryFilter()).items == ()


def test_a_page_has_at_least_1_and_at_most_1000_entries(
    entries: EntryQueries, db: Database, image: Images, project: Projects
) -> None:
    columns = {"project_id": project.id, "image_id": image.id, "image_name": image.image_name, "answer": ""}
    with db.transaction() as session:
        session.add_all(ImageDatasets(**columns, question=f"{number}?") for number in range(1001))
    page = entries.find_entries(project.id, EntryFilter(), limit=5000)
    assert (len(page.items), page.next_cursor) == (1000, page.items[-1].id)
    assert len(entries.find_entries(project.id, EntryFilter(), limit=5000, after=page.next_cursor).items) == 1
    assert len(entries.find_entries(project.id, EntryFilter(), limit=0).items) == 1


@pytest.mark.parametrize(("skipper", "counted"), [(None, 5), ("Anna", 3)])
def test_where_decisions_are_looked_up_those_that_somebody_skipped_are_subtracted(
    skipper: str | None, counted: int, db: Database, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_looked_up_decision", lambda session, entry_filter: "open")
    monkeypatch.setattr(queries, "count_with", lambda session, project_id, decision: 5)
    monkeypatch.setattr(queries, "_count_where", lambda session, where: 2)

    with db.reading() as session:
        found = queries.count_entries(session, project.id, parse_search("is:open"), not_skipped_by=skipper)

    assert found == counted


@pytest.mark.parametrize(
    ("is_frequent", "selective", "is_told"),
    [(True, None, True), (False, None, False), (True, true(), False), (False, true(), False)],
)
def test_only_a_page_of_frequent_texts_without_a_selective_condition_is_read_in_the_order_of_an_index(
    is_frequent: bool, selective: object, is_told: bool, db: Database, project: Projects, make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    told: list[bool] = []

    @contextmanager
    def noted(session: object) -> Iterator[None]:
        told.append(True)
        yield

    make()
    monkeypatch.setattr(queries, "rows_in_order_of_an_index", noted)
    monkeypatch.setattr(queries, "has_frequent_texts", lambda *_: is_frequent)
    monkeypatch.setattr(queries, "selective_condition", lambda *_, **__: selective)

    with db.reading() as session:
        assert len(queries.find_entries(session, project.id, parse_search(""), limit=5).items) == 1
    assert told == [True] * is_told


def test_the_last_turns_before_an_entry_are_its_earlier_turns(
    make: Make, db: Database, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MAX_EARLIER_TURNS", 2)
    made = [make(f"{turn}?") for turn in range(4)]
    other = make("other?")
    with db.transaction() as session:
        for turn, entry in enumerate(made):
            stored = session.get_one(ImageDatasets, entry.id)
            stored.conversation_id, stored.turn = "talk", turn
        session.get_one(ImageDatasets, other.id).conversation_id = "elsewhere"

    def earlier(*asked: ImageDatasets) -> dict[str, list[str]]:
        with db.reading() as session:
            entries = [session.get_one(ImageDatasets, entry.id) for entry in asked]
            found = queries.earlier_turns(session, entries)
            return {id_: [turn.question for turn in turns] for id_, turns in found.items()}

    assert earlier(made[0], other) == {}
    assert earlier(made[1], other) == {made[1].id: ["0?"]}
    assert earlier(made[3]) == {made[3].id: ["1?", "2?"]}
