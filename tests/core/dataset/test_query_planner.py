"""Which index serves a filter, and that it finds the same entries as a scan."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from core import ImageDatasets, ImageDatasetService, Projects, connect
from core.dataset import EntryFilter, EntryQueries, ReviewService, parse_search
from core.dataset.queries import find_entries
from core.dataset.query_planner import selective_condition
from core.db import Database

Make = Callable[..., ImageDatasets]


def _found(entries: EntryQueries, project: Projects, line: str) -> list[str]:
    found = entries.find_entries(project.id, parse_search(line)).items
    assert entries.count_entries(project.id, parse_search(line)) == len(found)
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


@pytest.mark.sqlite
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
        ("check:reveals", "ix_entries_reveals"),
        ("check:refusal", "ix_entries_refusal"),
    ],
)
def test_a_page_is_read_in_the_order_of_an_index(
    line: str,
    index: str,
    db: Database,
    entries: EntryQueries,
    make: Make,
    project: Projects,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.dataset.query_planner.MAX_SELECTED", -1)
    last = make()
    with _statements(db) as statements:
        entries.find_entries(project.id, parse_search(line), limit=10, after=last.id)
    plan = _plan(db, statements[-1])
    assert index in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.sqlite
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
def test_a_selective_term_is_found_without_a_scan(
    line: str, index: str, db: Database, entries: EntryQueries, make: Make, project: Projects
) -> None:
    make()
    with _statements(db) as statements:
        entries.find_entries(project.id, parse_search(line), limit=10)
    plan = _plan(db, statements[-1])
    assert index in plan
    assert "SCAN image_datasets" not in plan
    assert "ix_entries_order" not in plan


def test_a_term_that_many_entries_meet_is_not_selective(
    db: Database, make: Make, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.dataset.query_planner.MAX_SELECTED", 2)
    for number in range(3):
        make(f"How many cups are on shelf {number}?")
    with db.reading() as session:
        assert selective_condition(session, project.id, parse_search("cups")) is None
        assert selective_condition(session, project.id, parse_search("cups tag:none")) is None
        assert selective_condition(session, project.id, parse_search('"shelf 1"')) is not None


@pytest.mark.sqlite
def test_the_text_index_follows_every_change(
    make: Make,
    dataset: ImageDatasetService,
    review: ReviewService,
    project: Projects,
    db: Database,
    entries: EntryQueries,
) -> None:
    entry = make("How many cups?", "three", tags="kitchen")
    assert _found(entries, project, "cups three tag:kitchen shelf.jpg") == ["How many cups?"]
    dataset.update_dataset_entry(entry.id, question="How many bowls?", tags="hall")
    assert _found(entries, project, "cups") == []
    assert _found(entries, project, "tag:kitchen") == []
    assert _found(entries, project, "bowls tag:hall") == ["How many bowls?"]
    review.undo(project.id)
    assert _found(entries, project, "cups tag:kitchen") == ["How many cups?"]
    review.bulk(project.id, EntryFilter(), "tag", "sorted")
    assert _found(entries, project, "tag:sorted") == ["How many cups?"]
    with db.engine.execution_options(vitrine_write=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM image_datasets")
        assert connection.exec_driver_sql("SELECT count(*) FROM entry_text('\"cup\"')").scalar_one() == 0


@pytest.mark.postgresql
def test_a_frequent_text_is_not_looked_up_in_the_index_and_a_rare_one_is(
    make: Make, project: Projects, entries: EntryQueries, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.dataset.query_planner._SAMPLE", 10)
    for number in range(11):
        make(f"How many cups are on shelf {number}?", tags="kitchen")
    make("How many bowls?")
    for line, found, looked_up in (("cups tag:kitchen", 11, False), ("bowls", 1, True), ("tag:kitchen bowls", 0, True)):
        with _statements(db) as statements:
            assert len(entries.find_entries(project.id, parse_search(line)).items) == found
            assert entries.count_entries(project.id, parse_search(line)) == found
        assert any("entry_pairs" in str(statement) for statement in statements) is looked_up


@pytest.mark.postgresql
def test_a_page_of_a_frequent_text_is_read_in_the_order_of_an_index_and_others_may_be_sorted(
    make: Make, project: Projects, entries: EntryQueries, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.dataset.query_planner._SAMPLE", 10)
    for number in range(11):
        make(f"How many cups are on shelf {number}?", tags="kitchen")
    sorting: list[str] = []

    def remember(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if "image_datasets.origin" in statement:  # the page, not what is counted before
            sorting.append(connection.connection.execute("SHOW enable_sort").fetchone()[0])

    event.listen(db.engine, "after_cursor_execute", remember)
    with db.reading() as session:
        for line in ("tag:kitchen", "cups", "bowls", "kind:count"):
            find_entries(session, project.id, parse_search(line), limit=5)
    event.remove(db.engine, "after_cursor_execute", remember)
    assert sorting == ["off", "off", "on", "on"]


@pytest.mark.postgresql
def test_a_part_of_the_name_of_an_image_is_looked_up_and_no_entry_read_for_it(
    make: Make, project: Projects, entries: EntryQueries, db: Database
) -> None:
    make("How many cups?")
    for line, questions in (
        ("image:shelf", ["How many cups?"]),
        ("image:nothing", []),
        ("image:shelf is:open", ["How many cups?"]),
    ):
        with _statements(db) as statements:
            assert _found(entries, project, line) == questions
        assert sum("UNION ALL" in str(statement) for statement in statements) == 4  # looked up, then read; counted so


@pytest.mark.postgresql
@pytest.mark.parametrize("line", ["length:>2000", "length:10..20", "side:<640"])
def test_a_number_is_compared_as_the_integer_that_its_index_holds(
    line: str, db: Database, entries: EntryQueries, make: Make, project: Projects
) -> None:
    make()
    with _statements(db) as statements:
        entries.find_entries(project.id, parse_search(line), limit=10)
    statement, parameters = next(made for made in statements if made[0].startswith("SELECT count(*)"))
    with db.engine.connect() as connection:
        plan = " ".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
    assert "length(answer)" in plan or "width > height" in plan
    assert "double precision" not in plan  # a cast of the column, which no index holds


@pytest.mark.parametrize("line", ["length:<3000000000", "length:<2147483648", "length:<1e300", "length:>-0.5"])
def test_a_number_may_be_larger_than_any_and_no_integer(
    line: str, entries: EntryQueries, make: Make, project: Projects
) -> None:
    make("How many cups?")
    assert _found(entries, project, line) == ["How many cups?"]


def test_words_of_any_script_and_length_are_found(make: Make, project: Projects, entries: EntryQueries) -> None:
    make("木の椅子はいくつありますか", "三つ")
    make("Kaç İstanbul çayı var?", "ÜÇ")
    make("How many cups, 100%?", 'a "big" one')
    assert _found(entries, project, "椅子") == ["木の椅子はいくつありますか"]
    assert _found(entries, project, "いくつあり") == ["木の椅子はいくつありますか"]
    assert _found(entries, project, "İstanbul") == ["Kaç İstanbul çayı var?"]
    assert _found(entries, project, '"100%"') == ["How many cups, 100%?"]
    assert _found(entries, project, r'"\"big\""') == ["How many cups, 100%?"]
    assert _found(entries, project, "CUPS") == ["How many cups, 100%?"]
    assert _found(entries, project, "cup%") == []


def test_two_letters_are_found_at_any_position(make: Make, project: Projects, entries: EntryQueries) -> None:
    make("How many cu", "ox", tags="kitchen,zz")
    make("Ölçü?", "at 50%")
    assert _found(entries, project, "CU") == ["How many cu"]
    assert _found(entries, project, "ox") == ["How many cu"]
    assert _found(entries, project, "ox cu") == ["How many cu"]
    assert _found(entries, project, "zz") == []
    assert _found(entries, project, "tag:zz") == ["How many cu"]
    assert _found(entries, project, "çü") == ["Ölçü?"]
    assert _found(entries, project, "0%") == ["Ölçü?"]


@pytest.mark.sqlite
@pytest.mark.parametrize(("max_selected", "scans"), [(-1, True), (2500, False)])
def test_a_filter_without_an_index_scans_the_table_unless_the_project_is_small(
    max_selected: int, scans: bool, make: Make, entries: EntryQueries, project: Projects, db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("core.dataset.query_planner.MAX_SELECTED", max_selected)
    make("How many cups?")
    with _statements(db) as statements:
        assert entries.count_entries(project.id, parse_search("-tag:bowls")) == 1
    assert ("SCAN image_datasets" in _plan(db, statements[-1])) == scans


@pytest.mark.sqlite
def test_entries_without_a_word_are_counted_without_reading_them(
    make: Make, entries: EntryQueries, project: Projects, db: Database
) -> None:
    for question in ("How many cups?", "How many bowls?", "How many red bowls?"):
        make(question)
    with _statements(db) as statements:
        counts = [entries.count_entries(project.id, parse_search(line)) for line in ("-bowls", "-bowls is:open many")]
    assert entries.count_entries(project.id, parse_search("-bowls -red")) == 1
    assert counts == [1, 1]
    assert not [statement for statement, _ in statements if "NOT LIKE" in statement or "NOT (" in statement]


def test_letters_of_different_words_do_not_match_a_word(make: Make, project: Projects, entries: EntryQueries) -> None:
    make("abc bcd", "cde")
    assert _found(entries, project, "abcde") == []


@pytest.mark.sqlite
def test_a_database_without_the_text_index_finds_the_same(
    make: Make, project: Projects, db: Database, entries: EntryQueries
) -> None:
    make("How many cups?")
    make("How many bowls?")
    with db.engine.execution_options(vitrine_write=True).begin() as connection:
        for trigger in ("added", "changed", "removed"):
            connection.exec_driver_sql(f"DROP TRIGGER entry_text_{trigger}")
        connection.exec_driver_sql("DROP TABLE entry_text")
    make("How many plates?")
    assert _found(entries, project, "cups") == ["How many cups?"]
    assert _found(entries, project, "plates") == ["How many plates?"]


@pytest.mark.sqlite
def test_the_text_index_survives_vacuum_and_a_copy(
    make: Make, project: Projects, db: Database, entries: EntryQueries
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
    assert _found(entries, project, "question") == expected
    assert _found(entries, project, '"Question 17"') == ["Question 17?"]
    with connect(copy) as other:
        assert _found(EntryQueries(other), project, "question") == expected


_TEXTS = st.text(alphabet="abcABC İıß椅子'\"%_", min_size=1, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(_TEXTS.filter(lambda text: bool(text.strip())), max_size=5), word=_TEXTS)
def test_the_text_index_finds_the_same_as_a_scan(
    texts: list[str], word: str, make: Make, entries: EntryQueries, project: Projects
) -> None:
    for text in texts:
        make(text, "-")
    by_index = entries.find_entries(project.id, EntryFilter().with_term("", word), limit=1000).items
    everything = entries.find_entries(project.id, EntryFilter(), limit=1000).items

    def folded(text: str) -> str:
        return "".join(letter.lower() if letter.isascii() else letter for letter in text)

    def holds(entry: ImageDatasets) -> bool:
        return any(folded(word) in folded(text) for text in (entry.question, entry.answer, entry.image_name))

    assert [entry.id for entry in by_index] == [entry.id for entry in everything if holds(entry)]
