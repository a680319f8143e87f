"""How the report words numbers, and what it says where nothing was stated or measured."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.checks.reporting.content import NOT_MEASURED, Section, Table, counted, of_all, percent
from core.checks.reporting.measured import _sections
from core.checks.reporting.sections import purpose


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0%"), (0.0001, "under 1%"), (1 / 200, "under 1%"), (0.0051, "1%"), (0.5, "50%"), (0.994, "99%"),
        (199 / 200, "over 99%"), (0.9999, "over 99%"), (1.0, "100%"),
    ],
)  # fmt: skip
def test_only_nothing_is_0_percent_and_only_everything_100(share: float, said: str) -> None:
    assert percent(share) == said


def test_a_count_of_nothing_has_no_percentage() -> None:
    assert of_all(1_250, 5_000) == "1,250 of 5,000 (25%)"
    assert of_all(0, 0) == "0"


def test_a_table_counts_the_most_frequent_first_and_sums_up_the_rest() -> None:
    table = counted("Kind", [("b", 1), ("a", 1), ("c", 6), ("d", 2)], 10, at_most=2)
    whole = counted("Kind", [("a", 1_000), ("b", 0)], 0, at_most=2)

    rows = (("c", "6", "60%"), ("d", "2", "20%"), ("2 other values", "2", "20%"))
    assert table == Table(("Kind", "Entries", "Share"), rows, share_column=2)
    assert whole.rows == (("a", "1,000", ""), ("b", "0", ""))
    assert len(counted("Kind", [(str(n), 1) for n in range(21)], 21).rows) == 21


@pytest.mark.parametrize(
    ("description", "bundle", "said"),
    [
        (" Apples. ", None, "Apples."),
        (" ", None, "Not stated. Write it as the description of the project."),
        ("", object(), "Not stated."),
    ],
)
def test_a_purpose_that_is_not_stated_says_where_to_write_it(description: str, bundle: Any, said: str) -> None:
    source: Any = SimpleNamespace(project=SimpleNamespace(description=description), bundle=bundle)

    assert purpose(source) == Section("Purpose", said)


def test_an_export_names_the_checks_that_did_not_measure_it_and_says_nothing_of_those_of_projects() -> None:
    exported: Any = SimpleNamespace(runs={}, bundle=object())
    check = SimpleNamespace(label="Effort")

    assert _sections(exported, "effort", check, False) == [Section("Effort", not_run=NOT_MEASURED)]
    assert _sections(exported, "balance", check, False) == []
    assert _sections(exported, "effort", None, False) == []


def test_a_project_says_how_to_run_a_check_and_that_models_cost_something() -> None:
    project: Any = SimpleNamespace(runs={}, bundle=None, project=SimpleNamespace(id="p1"))

    (own,) = _sections(project, "effort", SimpleNamespace(label="Effort"), False)
    (asking,) = _sections(project, "judge-all", None, True)

    assert own.not_run == ('Run it on the page Check, or by POST /api/projects/p1/checks with {"check": "effort"}.')
    assert (asking.title, "the models to ask" in asking.not_run) == ("Judge all", True)
