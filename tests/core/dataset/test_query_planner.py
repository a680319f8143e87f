"""Which index finds the entries of a filter, and that what it finds is what reading them all would."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from core import ImageDatasets, ImageDatasetService, Projects, connect
from core.dataset import EntryFilter, parse_search
from core.dataset.query_planner import few
from core.db import Database

Make = Callable[..., ImageDatasets]


def _found(dataset: ImageDatasetService, project: Projects, line: str) -> list[str]:
    found = dataset.find_entries(project.id, parse_search(line)).items
    assert dataset.count_entries(project.id, parse_search(line)) == len(found)
    return [entry.question for entry in found]


@contextmanager
def _statements(db: Database) -> Iterator[list[tuple[str, object]]]:
    made: list[tuple[str, object]] = []

    def remember(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        made.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        yield made
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)


def _plan(db: Database, statement: tuple[str, object]) -> str:
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1]).all()
    return " ".join(row[-1] for row in rows)


@pytest.mark.parametrize(
    ("line", "index"),
    [
        ("", "ix_entries_order"),
        ("is:open", "ix_entries_review"),
        ("is:confirmed", "ix_entries_review"),
        ('reason:"wrong answer"', "ix_entries_reason"),
        ("kind:count", "ix_entries_kind"),
        ("kind:count is:open -tag:draft", "ix_entries_kind"),
        ("type:label", "ix_entries_answer_type"),
        ("model:none", "ix_entries_model"),
        ("lang:tr", "ix_entries_language"),
        ("score:none", "ix_entries_score"),
        ("flagged:yes", "ix_entries_flagged"),
        ("edited:yes", "ix_entries_edited"),
        ("doubtful:yes", "ix_entries_doubtful"),
        ("answer:three", "ix_entries_answer"),
        ("task:nothing", "ix_entries_task"),
        ("created:>2020-01-01", "ix_entries_order"),
        ("check:language", "ix_entries_doubtful"),
        ("check:empty", "ix_entries_empty"),
        ("check:repeated", "ix_entries_repeated"),
        ("check:disputed", "ix_entries_disputed"),
        ("check:reveals", "ix_entries_revealing"),
        ("check:refusal", "ix_entries_refusing"),
    ],
)
def test_a_page_is_read_in_the_order_of_an_index(
    line: str,
    index: str,
    db: Database,
    dataset: ImageDatasetService,
    make: Make,
    project: Projects,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.dataset.query_planner.MOST", -1)
    last = make()
    with _statements(db) as statements:
        dataset.find_entries(project.id, parse_search(line), limit=10, after=last.id)
    plan = _plan(db, statements[-1])
    assert index in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    ("line", "index"),
    [
        ("cups", "entry_text VIRTUAL TABLE"),
        ("tag:kitchen", "entry_text VIRTUAL TABLE"),
        ("cups -tag:draft edited:no", "entry_text VIRTUAL TABLE"),
        ("zz", "entry_text_parts VIRTUAL TABLE"),
        ("CU is:open", "entry_text_parts VIRTUAL TABLE"),
        ("flagged:yes is:open kind:nothing", "ix_entries_flagged"),
        ("by:Anna", "ix_events_actor"),
        ("skipped:Anna", "ix_events_actor"),
        ("length:>2000", "ix_entries_length"),
        ("check:long", "ix_entries_length"),
        ("check:label", "ix_entries_doubtful"),
        ("check:schema is:open", "ix_entries_doubtful"),
        ("check:repeated is:open", "ix_entries_repeated"),
        ("check:readers", "ix_events_second"),
        ("side:>5000", "ix_images_side"),
        ("image:missing", "ix_entries_held"),
    ],
)
def test_what_few_entries_meet_is_found_without_reading_the_others(
    line: str, index: str, db: Database, dataset: ImageDatasetService, make: Make, project: Projects
) -> None:
    make()
    with _statements(db) as statements:
        dataset.find_entries(project.id, parse_search(line), limit=10)
    plan = _plan(db, statements[-1])
    assert index in plan
    assert "SCAN image_datasets" not in plan
    assert "ix_entries_order" not in plan


def test_a_term_that_many_entries_meet_narrows_nothing(
    db: Database, make: Make, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.dataset.query_planner.MOST", 2)
    for number in range(3):
        make(f"How many cups are on shelf {number}?")
    with db.reading() as session:
        assert few(session, project.id, parse_search("cups")) is None
        assert few(session, project.id, parse_search("cups tag:none")) is None
        assert few(session, project.id, parse_search('"shelf 1"')) is not None


def test_the_index_follows_every_change_of_a_text(
    make: Make, dataset: ImageDatasetService, project: Projects, db: Database
) -> None:
    entry = make("How many cups?", "three", tags="kitchen")
    assert _found(dataset, project, "cups three tag:kitchen shelf.jpg") == ["How many cups?"]
    dataset.update_dataset_entry(entry.id, question="How many bowls?", tags="hall")
    assert _found(dataset, project, "cups") == []
    assert _found(dataset, project, "tag:kitchen") == []
    assert _found(dataset, project, "bowls tag:hall") == ["How many bowls?"]
    dataset.undo(project.id)
    assert _found(dataset, project, "cups tag:kitchen") == ["How many cups?"]
    dataset.bulk(project.id, EntryFilter(), "tag", "sorted")
    assert _found(dataset, project, "tag:sorted") == ["How many cups?"]
    with db.engine.execution_options(vitrine_write=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM image_datasets")
        assert connection.exec_driver_sql("SELECT count(*) FROM entry_text('\"cup\"')").scalar_one() == 0


def test_words_of_any_script_are_found_also_short_ones(
    make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    make("木の椅子はいくつありますか", "三つ")
    make("Kaç İstanbul çayı var?", "ÜÇ")
    make("How many cups, 100%?", 'a "big" one')
    assert _found(dataset, project, "椅子") == ["木の椅子はいくつありますか"]
    assert _found(dataset, project, "いくつあり") == ["木の椅子はいくつありますか"]
    assert _found(dataset, project, "İstanbul") == ["Kaç İstanbul çayı var?"]
    assert _found(dataset, project, '"100%"') == ["How many cups, 100%?"]
    assert _found(dataset, project, r'"\"big\""') == ["How many cups, 100%?"]
    assert _found(dataset, project, "CUPS") == ["How many cups, 100%?"]
    assert _found(dataset, project, "cup%") == []


def test_two_letters_are_found_wherever_they_stand(make: Make, dataset: ImageDatasetService, project: Projects) -> None:
    make("How many cu", "ox", tags="kitchen,zz")
    make("Ölçü?", "at 50%")
    assert _found(dataset, project, "CU") == ["How many cu"]
    assert _found(dataset, project, "ox") == ["How many cu"]
    assert _found(dataset, project, "ox cu") == ["How many cu"]
    assert _found(dataset, project, "zz") == []
    assert _found(dataset, project, "tag:zz") == ["How many cu"]
    assert _found(dataset, project, "çü") == ["Ölçü?"]
    assert _found(dataset, project, "0%") == ["Ölçü?"]


@pytest.mark.parametrize(("most", "is_read_through"), [(-1, True), (2500, False)])
def test_what_no_index_knows_is_counted_through_the_whole_table_unless_the_project_is_small(
    most: int, is_read_through: bool, make: Make, dataset: ImageDatasetService, project: Projects, db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("core.dataset.query_planner.MOST", most)
    make("How many cups?")
    with _statements(db) as statements:
        assert dataset.count_entries(project.id, parse_search("-bowls")) == 1
    assert ("SCAN image_datasets" in _plan(db, statements[-1])) == is_read_through


def test_letters_that_stand_apart_are_no_word(make: Make, dataset: ImageDatasetService, project: Projects) -> None:
    make("abc bcd", "cde")
    assert _found(dataset, project, "abcde") == []


def test_a_database_without_the_index_finds_the_same(
    make: Make, dataset: ImageDatasetService, project: Projects, db: Database
) -> None:
    make("How many cups?")
    make("How many bowls?")
    with db.engine.execution_options(vitrine_write=True).begin() as connection:
        for trigger in ("added", "changed", "removed"):
            connection.exec_driver_sql(f"DROP TRIGGER entry_text_{trigger}")
        connection.exec_driver_sql("DROP TABLE entry_text")
    make("How many plates?")
    assert _found(dataset, project, "cups") == ["How many cups?"]
    assert _found(dataset, project, "plates") == ["How many plates?"]


def test_the_index_survives_packing_the_database_and_a_copy_of_it(
    make: Make, dataset: ImageDatasetService, project: Projects, db: Database
) -> None:
    made = [make(f"Question {number}?") for number in range(20)]
    with db.engine.execution_options(vitrine_write=True).begin() as connection:
        for entry in made[:15]:
            connection.exec_driver_sql("DELETE FROM events WHERE entity_id = ?", (entry.id,))
            connection.exec_driver_sql("DELETE FROM image_datasets WHERE id = ?", (entry.id,))
    connection = db.engine.raw_connection()
    connection.cursor().execute("VACUUM")
    copy = db.data_dir / "copy" / "vitrine.db"
    copy.parent.mkdir()
    connection.cursor().execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    expected = [f"Question {number}?" for number in range(15, 20)]
    assert _found(dataset, project, "question") == expected
    assert _found(dataset, project, '"Question 17"') == ["Question 17?"]
    with connect(copy) as other:
        assert _found(ImageDatasetService(other), project, "question") == expected


_TEXTS = st.text(alphabet="abcABC İıß椅子'\"%_", min_size=1, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(_TEXTS.filter(lambda text: bool(text.strip())), max_size=5), word=_TEXTS)
def test_the_index_finds_what_reading_every_entry_finds(
    texts: list[str], word: str, make: Make, dataset: ImageDatasetService, project: Projects
) -> None:
    for text in texts:
        make(text, "-")
    by_index = dataset.find_entries(project.id, EntryFilter().with_term("", word), limit=1000).items
    everything = dataset.find_entries(project.id, EntryFilter(), limit=1000).items

    def folded(text: str) -> str:
        return "".join(letter.lower() if letter.isascii() else letter for letter in text)

    def holds(entry: ImageDatasets) -> bool:
        return any(folded(word) in folded(text) for text in (entry.question, entry.answer, entry.image_name))

    assert [entry.id for entry in by_index] == [entry.id for entry in everything if holds(entry)]
