"""The syntax of search lines, whatever they search; tests/core/dataset/test_filters.py has the rest of it."""

from collections.abc import Callable
from typing import Any

import pytest

from core.dataset import EntryFilter, parse_search
from core.errors import InvalidInputError
from core.images import ImageQuery, ImageTerm, parse_image_query
from core.search_line import SearchFilter, mended


def test_a_comparison_may_follow_the_quotes() -> None:
    found = parse_image_query('object:"traffic light">=2 "red bus"')
    assert found.terms == (ImageTerm("object", "traffic light>=2"), ImageTerm("", "red bus"))
    assert parse_image_query(str(found)) == found


def test_an_unknown_field_is_refused_with_the_nearest_one_or_all() -> None:
    with pytest.raises(InvalidInputError, match=r"no field called objcet\. Did you mean object:\? To search for it"):
        parse_image_query("objcet:dog")
    with pytest.raises(InvalidInputError, match=r"no field called xyz\. Use object, text, "):
        parse_image_query("xyz:dog")


@pytest.mark.parametrize(
    ("line", "better"),
    [
        ("red knid:count -tga:draft", "red kind:count -tag:draft"), ('modle:"a b" is:open', 'model:"a b" is:open'),
        ("is:opne", "is:open"), ("-is:rejetced", "-is:rejected"), ("kind:count", None), ("xyzzy:dog kind:count", None),
        ("knid:count score:many", "kind:count score:many"), ("knid:", None), ("red bus", None),
    ],
)  # fmt: skip
def test_mistyped_fields_and_values_are_mended(line: str, better: str | None) -> None:
    assert mended(line, EntryFilter) == better


def test_all_terms_of_a_bar_are_added_or_removed_together() -> None:
    start, bar = parse_image_query("dog shape:square"), parse_image_query("tag:sea shape:square")
    both = start.toggled_all(bar)
    assert str(both) == "dog shape:square tag:sea"
    assert str(both.toggled_all(bar)) == "dog"


def test_words_are_one_part_of_a_query() -> None:
    query = parse_image_query("a dog -cat tag:sea beach")
    assert (query.words, [str(part) for part in query.parts()]) == ("a dog beach", ["a dog beach", "-cat", "tag:sea"])
    assert query.minus(query.parts()[0]) == ImageQuery((ImageTerm("", "cat", negated=True), ImageTerm("tag", "sea")))
    assert (query.is_ranked, query.unranked.is_ranked) == (True, False)


@pytest.mark.parametrize("parse", [parse_image_query, parse_search])
def test_a_line_that_would_take_long_is_refused(parse: Callable[[str], SearchFilter[Any]]) -> None:
    most = " ".join(f"-word{number}" for number in range(60))
    assert len(parse(most).terms) == 60
    assert len(parse(f"{most} {most}").terms) == 60
    with pytest.raises(InvalidInputError, match="at most 60 terms"):
        parse(f"{most} one")
    with pytest.raises(InvalidInputError, match="at most 4,000 characters"):
        parse("x" * 4_001)


def test_a_null_character_separates_words() -> None:
    assert parse_image_query("red\0bus tag:sea\0").terms == (
        ImageTerm("", "red"), ImageTerm("", "bus"), ImageTerm("tag", "sea"),
    )  # fmt: skip


def test_or_stands_between_values_of_one_field() -> None:
    assert parse_search("kind:count OR kind:color is:open") == parse_search("kind:count kind:color is:open")
    assert parse_search('"OR" or') == parse_search(str(parse_search('"OR" or')))


@pytest.mark.parametrize(
    "line", ["kind:count OR is:open", "cat OR dog", "tag:a OR tag:b", "OR", "is:open OR", "is:open OR -is:open"]
)
def test_or_that_would_not_do_what_it_says_is_refused(line: str) -> None:
    with pytest.raises(InvalidInputError, match="OR joins values of one field"):
        parse_search(line)
