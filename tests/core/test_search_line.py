"""The syntax of search lines, whatever they search; tests/core/dataset/test_filters.py has the rest of it."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from core.dataset import EntryFilter, parse_search
from core.errors import InvalidInputError
from core.images import ImageQuery, ImageTerm, parse_image_query
from core.search_line import (
    WORD,
    EmptyReason,
    Facet,
    FacetValue,
    Fields,
    SearchFilter,
    SearchTerm,
    counted,
    mended,
    why_empty,
)


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


class FishTerm(SearchTerm):
    """A condition of fish."""

    fields: ClassVar[Fields] = {
        "color": ("the color", ()), "size": ("the size", ("small", "large")), "tag": ("a tag", ()),
    }  # fmt: skip


class FishFilter(SearchFilter[FishTerm]):
    """Fish have one color and size, and any tags."""

    term_type: ClassVar[type[SearchTerm]] = FishTerm
    all_must_match: ClassVar[tuple[str, ...]] = (WORD, "tag")


FISH = FishFilter.parse("carp color:red color:blue -color:pink tag:a tag:b size:small")


def test_alternatives_are_one_part_and_each_other_condition_is_its_own() -> None:
    assert [str(part) for part in FISH.parts()] == [
        "carp", "color:red color:blue", "-color:pink", "tag:a", "tag:b", "size:small",
    ]  # fmt: skip


def test_terms_are_taken_out_by_field_by_part_and_beside_another_one() -> None:
    assert str(FISH.without("color")) == "carp tag:a tag:b size:small"
    assert str(FISH.beside("color")) == "carp -color:pink tag:a tag:b size:small"
    assert FISH.beside("tag") == FISH
    assert str(FISH.minus(FishFilter.parse("carp tag:b size:large"))) == (
        "color:red color:blue -color:pink tag:a size:small"
    )
    assert (FISH.values("color"), FISH.values("tag"), FISH.values("")) == (("red", "blue"), ("a", "b"), ("carp",))
    assert str(FISH.toggled("size", "small").toggled("tag", "c")) == (
        "carp color:red color:blue -color:pink tag:a tag:b tag:c"
    )
    assert FISH.with_term("tag", "a") is FISH
    assert str(FishFilter().with_term("tag", "a", negated=True)) == "-tag:a"
    assert (bool(FISH), bool(FishFilter())) == (True, False)


@pytest.mark.parametrize("line", ["color:", "-size:", "Color: red"])
def test_a_field_without_a_value_is_refused_by_its_name(line: str) -> None:
    name = line.lstrip("-").split(":")[0].lower()
    with pytest.raises(InvalidInputError, match=f"Write a value after {name}: or remove it"):
        FishFilter.parse(line)


def test_a_word_before_a_colon_that_is_no_field_is_a_word() -> None:
    assert FishFilter.parse("fish:") == FishFilter((FishTerm(WORD, "fish:"),))
    assert FishFilter.parse('""') == FishFilter()
    assert FishFilter.parse("x" * 4_000).terms == (FishTerm(WORD, "x" * 4_000),)


def test_the_part_that_leaves_nothing_is_the_first_that_finds_nothing_alone_else_what_excludes_most() -> None:
    rows = {"carp": 3, "tag:b": 0, "tag:a": 5, "carp tag:a tag:b": 0, "carp tag:a": 2, "tag:c": 0}
    query = FishFilter.parse("carp tag:a tag:b")
    found = why_empty(query, lambda line: rows.get(str(line), 0), lambda part: f"like {part}")
    assert found == EmptyReason("tag:b", 0, 2, "like tag:b")

    rows = {"carp": 3, "tag:a": 5, "tag:b": 4, "tag:a tag:b": 1, "carp tag:b": 7, "carp tag:a": 2}
    assert why_empty(query, lambda line: rows.get(str(line), 0), str) == EmptyReason("tag:a", 5, 7, None)
    assert why_empty(query, lambda _line: 1, str) is None
    assert why_empty(FishFilter(), lambda _line: 0, str) is None


def test_values_have_the_numbers_of_their_facet_or_are_counted() -> None:
    facets = [
        Facet("color", "Color", (FacetValue("red", "Red", 4), FacetValue("blue", "Blue", 0))),
        Facet("tag", "Tag", (FacetValue("green", "of a tag", 9),)),
    ]
    found = counted(["blue", "red", "green"], "color", facets, len, zeros_last=False)
    assert found == (FacetValue("blue", "Blue", 0), FacetValue("red", "Red", 4), FacetValue("green", "green", 5))
    last = counted(["blue", "red", "green"], "color", facets, len, zeros_last=True)
    assert [value.value for value in last] == ["red", "green", "blue"]


def test_only_the_mistyped_term_itself_is_mended() -> None:
    assert mended("colr:colr:red", FishFilter) == "color:colr:red"
    assert mended("COLR:red SIZE:smal", FishFilter) == "color:red size:small"
    assert mended("color:red", FishFilter) is None
