"""Substring search, with and without the trigram index."""

import pytest
from sqlalchemy import literal, select

from core.db import Database, ImageDatasets, Images, Projects
from core.db.text import entries_with_text, has_text_index, holds_text, holds_words, rows_with_bigram, rows_with_text
from tests.core.dataset.conftest import add_image


@pytest.mark.parametrize(
    ("text", "part", "holds"),
    [
        ("A red cup", "RED", True),
        ("A red cup", "blue", False),
        ("100 %", "0 %", True),
        ("100 x", "0 %", False),
        ("a_b", "a_", True),
        ("axb", "a_", False),
        ("and/or", "d/o", True),
        ("and_or", "d/o", False),
    ],
)
def test_a_part_is_found_as_it_is_written_whatever_its_case(db: Database, text: str, part: str, holds: bool) -> None:
    with db.reading() as session:
        assert bool(session.execute(select(holds_text(literal(text), part))).scalar_one()) is holds


@pytest.mark.parametrize(
    ("text", "words", "holds"),
    [
        ("Number 123", "number", True),
        ("Number 123", "umber 12", False),
        ("Number 123", "number 12", False),
        ("Number 123, number 12.", "number 12", True),
        ("kırmızı kapış", "kırmızı kapı", False),
        ("kırmızı kapı", "kırmızı kapı", True),
        ("第 12号", "第 12", True),
        ("[a-z] *b* 100 %", "[a-z] *b* 100 %", True),
        ("a *bc*", "a *b*", False),
        (r"C:\new (file) 1^2", r"C:\new (file) 1^2", True),
    ],
)
def test_one_word_is_found_in_words_and_several_as_whole_words(
    db: Database, text: str, words: str, holds: bool
) -> None:
    with db.reading() as session:
        assert bool(session.execute(select(holds_words(literal(text), words))).scalar_one()) is holds


@pytest.mark.parametrize(
    ("words", "tags", "found"),
    [
        (["cup"], [], ["Red cups"]), (["ED"], [], ["Red cups"]), (["red cups"], [], ["Red cups"]),
        (["红色"], [], ["红色的杯子"]), (["的杯子"], [], ["红色的杯子"]),
        (["cup", "lue"], [], []), ([], ["draft"], ["Blue"]),
        (["what", "shelf"], [], ["Blue", "Red cups", "红色的杯子"]), (['a"b'], [], []), (["%s"], [], []),
    ],
)  # fmt: skip
def test_each_index_of_a_database_finds_the_entries_with_a_text(
    db: Database, project: Projects, words: list[str], tags: list[str], found: list[str]
) -> None:
    image = add_image(db, project.id, "shelf.jpg")
    with db.transaction() as session:
        session.add_all(
            ImageDatasets(
                project_id=project.id, image_id=image.id, image_name="shelf.jpg", question="What?", answer=answer,
                tags=tags_,
            )
            for answer, tags_ in (("Red cups", ""), ("Blue", "draft"), ("红色的杯子", ""))
        )  # fmt: skip
    with db.reading() as session:
        sources = entries_with_text(session.connection(), words, tags)
        assert sources
        for key, rows in sources:
            query = select(ImageDatasets.answer).where(key.in_(rows)).order_by(ImageDatasets.answer)
            assert list(session.execute(query).scalars()) == found


@pytest.fixture
def answers(db: Database, project: Projects) -> dict[str, int]:
    """Return the rowids of two entries by their answers."""
    image = Images(project_id=project.id, image_name="shelf.jpg", path="", size=1, sha256="i", format="PNG")
    with db.transaction() as session:
        session.add(image)
        session.flush()
        session.add_all(
            ImageDatasets(
                project_id=project.id, image_id=image.id, image_name="shelf.jpg", question="What?", answer=answer
            )
            for answer in ("Red cups", "Blue")
        )
    with db.reading() as session:
        connection = session.connection()
        assert has_text_index(connection)
        rows = connection.exec_driver_sql("SELECT answer, rowid FROM image_datasets").all()
    return {str(row[0]): int(row[1]) for row in rows}


@pytest.mark.sqlite
def test_the_index_finds_the_rows_with_all_trigrams(db: Database, answers: dict[str, int]) -> None:
    def found(*texts: str) -> set[int]:
        query = rows_with_text(texts)
        assert query is not None
        with db.reading() as session:
            return set(session.execute(query).scalars())

    assert found("cup") == {answers["Red cups"]}
    assert found("red cups") == {answers["Red cups"]}
    assert found("cup", "lue") == set()
    assert found("what", "") == set(answers.values())
    assert found('a"b') == set()


def test_texts_of_fewer_than_three_characters_have_no_trigram() -> None:
    assert rows_with_text(["ab", ""]) is None
    assert rows_with_text(["abc"]) is not None
    assert rows_with_text(["a\0b"]) is None


@pytest.mark.sqlite
def test_the_index_finds_the_rows_with_a_pair_of_characters(db: Database, answers: dict[str, int]) -> None:
    def found(pair: str) -> set[int]:
        query = rows_with_bigram(pair)
        assert query is not None
        with db.reading() as session:
            return set(session.execute(query).scalars())

    assert found("UP") == {answers["Red cups"]}
    assert found("ue") == {answers["Blue"]}
    assert found("zz") == set()


@pytest.mark.parametrize(
    ("pair", "has_index"),
    [
        ("ab", True), ("a", False), ("abc", False), ("a\0", False), ("猫", False), ("猫犬", True), ("éa", False),
        ("Aß", False),
    ],
)  # fmt: skip
def test_pairs_that_the_index_folds_otherwise_are_not_looked_up(pair: str, has_index: bool) -> None:
    assert (rows_with_bigram(pair) is not None) is has_index
