"""FineVision: pairs with their ratings, and preferences: what belongs to which answer."""

from typing import Any

import pytest

from core.importing.answers import RowError
from core.importing.readers.finevision import RATINGS, READER
from tests.core.importing.readers.files import KnownFiles


def _read(**row: Any) -> tuple[list[Any], list[str]]:
    files = KnownFiles()
    (record,) = READER.read_row({"images": ["a.jpg"], **row}, "row 1", files)
    return [(turn.question, turn.answer, turn.ratings) for turn in record.turns], files.reasons


PAIR = {"user": "Q", "assistant": "A"}


@pytest.mark.parametrize(
    ("values", "rating"),
    [([1], 1), ([5], 5), ([3.0], 3), ([0], None), ([6], None), ([2.5], None), ([True], None), ([], None), ("3", None)],
)
def test_a_rating_is_a_whole_number_from_1_to_5(values: Any, rating: int | None) -> None:
    turns, _ = _read(texts=[PAIR], relevance_ratings=values, formatting_ratings=[4])

    assert turns == [("Q", "A", (rating, None, None, 4))]


def test_pairs_without_a_rating_have_none() -> None:
    assert _read(texts=[PAIR], relevance_ratings=[None])[0] == [("Q", "A", None)]
    assert _read(texts=[PAIR, PAIR], relevance_ratings=[2])[0] == [("Q", "A", (2, None, None, None)), ("Q", "A", None)]


def test_each_of_the_four_ratings_has_its_place() -> None:
    ratings = dict(zip(RATINGS, ([1], [2], [3], [4]), strict=True))

    assert _read(texts=[PAIR], **ratings)[0] == [("Q", "A", (1, 2, 3, 4))]


def test_pairs_may_be_two_lists() -> None:
    assert _read(texts={"user": ["Q"], "assistant": ["A"]})[0] == [("Q", "A", None)]


def test_a_pair_that_is_none_is_left_out_and_said() -> None:
    turns, reasons = _read(texts=[{"user": "Q"}, PAIR, "x"])

    assert turns == [("Q", "A", None)]
    assert len(reasons) == 1


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ([], "There is no question with an answer in this row"),
        ([{"user": "Q"}], "There is no question with an answer in this row"),
        ({"user": ["Q"], "assistant": []}, "no pairs of user and assistant"),
        ({"user": "Q", "assistant": ["A"]}, "no pairs of user and assistant"),
        ({"user": ["Q"], "assistant": "A"}, "no pairs of user and assistant"),
        ([PAIR] * 1001, "This conversation has 1,001 turns; 1,000 is the limit"),
    ],
)
def test_a_row_without_pairs_or_with_too_many_is_refused(texts: Any, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        _read(texts=texts)


def test_a_row_may_have_1000_pairs() -> None:
    assert len(_read(texts=[PAIR] * 1000)[0]) == 1000
