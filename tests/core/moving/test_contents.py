"""Every table and every column of the database has its place in a project archive, or a reason why it has none."""

import pytest

from core.db.base import Base
from core.moving.contents import DERIVED, LEFT_OUT, TABLE, TABLES, MovedTable


def test_every_table_moves_is_derived_or_is_left_out_with_a_reason() -> None:
    listed = [*TABLE, *DERIVED, *LEFT_OUT]
    assert sorted(listed) == sorted(Base.metadata.tables), "list the new table in core/moving/contents.py"
    assert all((DERIVED | LEFT_OUT).values())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_of_a_table_that_moves_has_its_rule(table: MovedTable) -> None:
    columns = set(Base.metadata.tables[table.name].columns.keys())
    assert table.declared == columns, f"list the new column of {table.name} in core/moving/contents.py"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_foreign_key_is_an_id_that_is_translated(table: MovedTable) -> None:
    columns = Base.metadata.tables[table.name].columns
    keys = {column.name: next(iter(column.foreign_keys)).column.table.name for column in columns if column.foreign_keys}
    assert keys == {name: of for name, of in {**table.ids, **table.numbers}.items() if name in keys}


def test_what_is_referred_to_is_stored_first() -> None:
    order = list(TABLE)
    late = {
        (table.name, of)
        for table in TABLES
        for name, of in {**table.ids, **table.numbers}.items()
        if name in table.must_exist and order.index(of) > order.index(table.name)
    }
    assert late == set()
