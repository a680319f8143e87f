"""Records of imports are made by position."""

from core.importing.records import Fields, Record, record


def test_the_fields_behind_the_turns_have_the_order_and_defaults_of_a_record() -> None:
    assert Fields._fields == Record._fields[3:]
    assert Fields._field_defaults == Record._field_defaults
    made = record("rows.json:1", ("a.jpg",), (), Fields(system="Be brief.", rejected=True))
    assert made == Record("rows.json:1", ("a.jpg",), (), system="Be brief.", rejected=True)
