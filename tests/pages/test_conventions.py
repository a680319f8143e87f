"""What holds for every heading, table, choice and form of the pages, wherever it is drawn."""

import ast
from functools import cache

from tests.source_files import ROOT


@cache
def _calls() -> list[tuple[str, str, dict[str, object]]]:
    """Return the place of each call in the pages, the name that is called, and its constant keywords."""
    found = []
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                keywords = {
                    one.arg: one.value.value for one in node.keywords if one.arg and isinstance(one.value, ast.Constant)
                }
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node.func.attr, dict(keywords)))
    return found


def calls(*names: str) -> list[tuple[str, dict[str, object]]]:
    return [(place, keywords) for place, name, keywords in _calls() if name in names]


def places_where(name: str, value: object, *functions: str) -> list[str]:
    return [place for place, keywords in calls(*functions) if name in keywords and keywords[name] is value]


def places_without(name: str, *functions: str) -> list[str]:
    return [place for place, keywords in calls(*functions) if name not in keywords]


def test_no_heading_shows_a_link_to_itself() -> None:
    assert not places_where("anchor", True, "title", "header", "subheader")
    assert not places_without("anchor", "subheader", "title")


def test_no_table_shows_row_numbers() -> None:
    assert places_where("hide_index", True, "dataframe", "data_editor")
    assert not places_where("hide_index", False, "dataframe", "data_editor")
    assert not places_without("hide_index", "dataframe", "data_editor")


def test_json_is_shown_with_its_own_letters() -> None:
    assert places_where("ensure_ascii", False, "dumps")
    assert not places_where("ensure_ascii", True, "dumps")


def test_a_choice_between_a_few_cannot_be_emptied() -> None:
    assert places_where("required", True, "segmented_control", "pills")
    assert not places_where("required", False, "segmented_control", "pills")


def test_a_form_that_says_so_is_empty_after_it_was_sent() -> None:
    assert places_where("clear_on_submit", True, "form")
    assert not places_where("clear_on_submit", False, "form")


def test_a_choice_that_says_so_takes_any_text() -> None:
    assert places_where("accept_new_options", True, "selectbox", "multiselect")
    assert not places_where("accept_new_options", False, "selectbox", "multiselect")


def test_a_choice_beside_a_search_line_has_no_label_and_one_of_a_view_is_in_the_address() -> None:
    assert places_where("in_url", True, "show")
    assert not places_where("in_url", False, "show")
    assert places_where("shows_label", False, "show")
    assert not places_where("shows_label", True, "show")


def test_who_asks_for_tasks_that_run_gets_no_others() -> None:
    assert places_where("active_only", True, "list_tasks")
    assert not places_where("active_only", False, "list_tasks")


def test_json_that_a_person_reads_is_indented_by_two() -> None:
    found = {keywords["indent"] for _, keywords in calls("dumps") if "indent" in keywords}
    assert found == {2}
