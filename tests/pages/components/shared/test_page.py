"""What every page needs, as far as it draws nothing."""

import pytest

from core import Tasks
from core.db import utc_now
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


@pytest.mark.parametrize(
    ("status", "has_ended", "failed", "label"),
    [
        ("running", False, 0, "running, 1,500 of 2,000"),
        ("running", False, 2, "running, 1,500 of 2,000"),
        ("completed", True, 0, "completed"),
        ("completed with failures", True, 2, "completed with 2 failures"),
        ("cancelled", True, 1, "cancelled with 1 failure"),
    ],
)
def test_a_task_is_named_with_its_state(status: str, has_ended: bool, failed: int, label: str) -> None:
    task = Tasks(
        project_id="p", task_type="a kind of work", status=status, total_count=2000, processed_count=1500,
        failed_count=failed, ended_at=utc_now() if has_ended else None,
    )  # fmt: skip

    assert page.task_label(task) == f"a kind of work, {label}"
