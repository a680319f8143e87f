import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dataset import EntryFilter, Term, parse_search
from core.dataset.filters import FIELDS
from core.errors import InvalidInputError


def test_a_search_line_is_parsed_into_words_and_fields() -> None:
    found = parse_search('cat "red bus" kind:count score:<3 -tag:draft edited:yes -dog')
    assert found.terms == (
        Term("", "cat"),
        Term("", "red bus"),
        Term("kind", "count"),
        Term("score", "<3"),
        Term("tag", "draft", negated=True),
        Term("edited", "yes"),
        Term("", "dog", negated=True),
    )


def test_the_same_term_twice_is_one_term() -> None:
    assert parse_search("cat cat").terms == (Term("", "cat"),)


def test_a_quoted_field_is_a_word() -> None:
    assert parse_search('"kind:count"').terms == (Term("", "kind:count"),)


def test_an_unknown_field_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match=r"no field called colour\. Use is, flagged"):
        parse_search("colour:red")


@pytest.mark.parametrize("line", ['kind:""', "kind:", "cat -Kind: count", "is:"])
def test_a_field_without_a_value_is_refused(line: str) -> None:
    with pytest.raises(InvalidInputError, match=r"Write a value after (kind|is): or remove it"):
        parse_search(line)


def test_a_word_with_a_colon_that_is_no_field_is_a_word() -> None:
    assert parse_search("note: cat").terms == (Term("", "note:"), Term("", "cat"))


def test_a_field_with_fixed_values_takes_no_other() -> None:
    with pytest.raises(InvalidInputError, match="is: takes open, confirmed, rejected, not done"):
        parse_search("is:done")


def test_toggling_a_term_twice_returns_the_same_filter() -> None:
    start = parse_search("cat kind:count")
    assert start.toggled("kind", "color").toggled("kind", "color") == start
    assert str(start.toggled("kind", "count")) == "cat"


def test_a_review_queue_has_open_entries_unless_the_filter_names_a_decision() -> None:
    assert str(parse_search("cat").for_review()) == "cat is:open"
    disputed = parse_search("check:readers")
    assert (str(disputed.for_review()), str(disputed.undecided())) == ("check:readers", "check:readers is:open")
    assert str(parse_search("cat -is:open").for_review()) == "cat -is:open"


_VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
_FREE_FIELDS = sorted(name for name, (_, values) in FIELDS.items() if not values)


@given(
    st.lists(
        st.builds(Term, st.sampled_from(["", *_FREE_FIELDS]), _VALUES.filter(lambda v: v.strip('"')), st.booleans()),
        max_size=6,
        unique=True,
    )
)
def test_every_filter_round_trips_through_its_search_line(terms: list[Term]) -> None:
    written = EntryFilter(tuple(terms))
    assert parse_search(str(written)) == written


@given(st.text(max_size=60))
def test_any_line_is_parsed_or_refused(line: str) -> None:
    with contextlib.suppress(InvalidInputError):
        parse_search(line)
