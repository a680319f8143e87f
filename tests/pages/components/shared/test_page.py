"""What every page needs, as far as it draws nothing."""

import pytest

from core.errors import InvalidInputError
from pages.components.shared import page
from tests.pages.reading import draw


def test_repeated_names_get_a_number() -> None:
    names = {"1": "Shelf", "2": "Cups", "3": "Shelf", "4": "Shelf"}

    assert page.unique_labels(names) == {"1": "Shelf", "2": "Cups", "3": "Shelf (2)", "4": "Shelf (3)"}


def test_a_key_has_no_double_underscore() -> None:
    assert page.component_key("a__b___c") == "a_.b_._c"


def test_a_link_names_the_project_only_if_there_is_one() -> None:
    assert page.query_params("p", task="t") == {"project": "p", "task": "t"}
    assert page.query_params(None, task="t") == {"task": "t"}
    assert page.query_params(None) == {}


def test_markdown_is_escaped_and_blanks_are_one() -> None:
    assert page.escape("a  *b*\n[c](d)") == r"a \*b\* \[c\]\(d\)"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("http://a.org", r"http:small[]\://a\.org"),
        ("HTTPS://a.org", r"HTTPS:small[]\://a\.org"),
        ("see www.a.org", r"see www:small[]\.a\.org"),
        ("ada@b.org", r"ada:small[]@b\.org"),
        (":smile:", r"\::small[]smile\:"),
        (":material/home:", r"\::small[]material/home\:"),
        ("a -> b", r"a \-:small[]\> b"),
        ("<->", r"\<:small[]\-:small[]\>"),
        ("a >= b", r"a \>:small[]= b"),
        ("&lt;", r"\&lt;"),
    ],
)
def test_what_streamlit_reads_in_spite_of_escapes_is_cut_by_nothing_visible(text: str, escaped: str) -> None:
    assert page.escape(text) == escaped


@pytest.mark.parametrize("text", ["12:30:45", "a->b", "5 at 3", "wwwa", "a @ b", "(2026)"])
def test_what_nobody_turns_into_something_else_is_not_cut(text: str) -> None:
    assert page.escape(text).replace("\\", "") == text


def test_the_message_of_an_error_is_escaped() -> None:
    def fail() -> None:
        with page.show_errors():
            raise InvalidInputError("There is no image *a* of www.b.org.")

    assert draw(fail).error[0].value == r"There is no image \*a\* of www:small[]\.b\.org\."
