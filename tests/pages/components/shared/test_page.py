"""What every page needs, as far as it draws nothing."""

from pages.components.shared import page


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
