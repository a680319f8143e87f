"""A list of web addresses becomes items of a bounded size."""

from typing import Any

import pytest

from core.errors import InvalidInputError
from core.importing.chunks import in_chunks
from core.importing.sources import urls
from core.importing.sources.urls import UrlSource

CONTEXT: Any = None


def _planned(given: Any) -> list[list[str]]:
    return [item.payload["urls"] for item in UrlSource().plan({"urls": given}, CONTEXT)]


def test_addresses_are_taken_once_without_blanks() -> None:
    assert _planned([" https://a.example ", "", "https://b.example", "https://a.example"]) == [
        ["https://a.example", "https://b.example"]
    ]


@pytest.mark.parametrize("given", [None, "https://a.example", [1], ["https://a.example", None]])
def test_what_is_no_list_of_texts_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInputError, match="urls must be a list of web addresses"):
        _planned(given)


@pytest.mark.parametrize("given", [[], [" "]])
def test_no_address_is_refused(given: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="Enter at least one web address"):
        _planned(given)


def test_there_may_be_as_many_addresses_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "MAX_URLS", 3)

    assert sum(map(len, _planned(["a", "b", "c"]))) == 3
    with pytest.raises(InvalidInputError, match="At most 3 addresses at a time"):
        _planned(["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("number", "size", "lengths"),
    [(0, 16, []), (1, 16, [1]), (2, 16, [2]), (40, 16, [2, 4, 8, 16, 10]), (5, 4, [1, 2, 2]), (30, 16, [2, 4, 8, 16])],
)
def test_the_first_chunks_are_short_and_double_up_to_the_size(number: int, size: int, lengths: list[int]) -> None:
    chunks = list(in_chunks(list(range(number)), size))

    assert [len(chunk) for chunk in chunks] == lengths
    assert [one for chunk in chunks for one in chunk] == list(range(number))
