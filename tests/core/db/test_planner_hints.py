"""PostgreSQL is told how to plan a query; SQLite is asked nothing."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.db.planner_hints import reads_all_for_alternatives, rows_in_order_of_an_index


class SessionOf:
    """A session of a database of this name; it keeps the values of what it is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.told: list[Any] = []

    def get_bind(self) -> Any:
        return SimpleNamespace(dialect=SimpleNamespace(name=self.name))

    def execute(self, statement: Any, values: dict[str, str]) -> None:
        self.told.append((str(statement).partition("(")[0], values["value"]))


@pytest.mark.parametrize(
    ("name", "reads_all", "before", "after"),
    [
        ("sqlite", False, [], []),
        ("postgresql", True, [("SELECT set_config", "off")], [("SELECT set_config", "on")]),
    ],
)
def test_only_postgresql_is_told_not_to_sort(
    name: str, reads_all: bool, before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    session: Any = SessionOf(name)

    assert reads_all_for_alternatives(session) is reads_all
    with rows_in_order_of_an_index(session):
        assert session.told == before
    assert session.told == before + after
