"""A spool gives back the records that were written to it, one by one or by column, in parts."""

from collections.abc import Iterable
from pathlib import Path

from core.importing.records import Fields, Found, ImportedBox, Record, RecordColumns, Turn
from core.importing.spool import RECORDS_PER_PART, SpoolWriter, load_images, load_records

BY_COLUMN = RecordColumns(
    ["d.json:1", "d.json:2"],
    ["a.jpg", "b.jpg"],
    ["One?", "Two?", "Three?"],
    ["1", "2", "3"],
    [2, 1],
    [tuple(Fields(kind="count", tags=("one", "two"), score=4.5)), tuple(Fields(note="seen", confirmed=True))],
)
RECORDS = [
    Record(
        "d.json:1", ("a.jpg",), (Turn("One?", "1"), Turn("Two?", "2")), kind="count", tags=("one", "two"), score=4.5
    ),
    Record("d.json:2", ("b.jpg",), (Turn("Three?", "3"),), note="seen", confirmed=True),
]


def write(spool: Path, found: Iterable[Found]) -> SpoolWriter:
    with spool.open("wb") as out:
        writer = SpoolWriter(out)
        for one in found:
            writer.add(one)
        writer.end()
    return writer


def test_records_by_column_are_those_one_by_one(tmp_path: Path) -> None:
    whole = Record(
        "t row 3", ("c.jpg", "d.jpg"), (Turn("Q?", "A", "label", ["A", "B"], (1, None, 3, 4)),), "Be short.", "tr",
        boxes=(ImportedBox("cup", (1.0, 2.0, 3.0, 4.0)),), rejected=True,
    )  # fmt: skip

    writer = write(tmp_path / "spool", [BY_COLUMN, whole])

    assert list(BY_COLUMN.records()) == RECORDS
    [(offset, length, count)] = writer.parts
    assert load_records(tmp_path / "spool", offset, length) == [*RECORDS, whole]
    assert (count, writer.records, writer.turns) == (3, 3, 4)
    assert list(load_images(tmp_path / "spool", offset, length)) == [
        ("d.json:1", ["a.jpg"]), ("d.json:2", ["b.jpg"]), ("t row 3", ["c.jpg", "d.jpg"])
    ]  # fmt: skip


def test_several_images_of_a_record_stay_together_by_column(tmp_path: Path) -> None:
    found = RecordColumns(["d.json:1"], [["a.jpg", "b.jpg"]], ["Which?"], ["The first."])

    [(offset, length, _)] = write(tmp_path / "spool", [found]).parts

    assert load_records(tmp_path / "spool", offset, length) == [
        Record("d.json:1", ("a.jpg", "b.jpg"), (Turn("Which?", "The first."),))
    ]


def test_parts_hold_about_two_thousand_records_and_follow_each_other(tmp_path: Path) -> None:
    records = [Record(f"d.json:{line}", ("a.jpg",), (Turn("Q?", str(line)),)) for line in range(2_500)]
    columns = [RecordColumns(["x:1"] * 250, ["b.jpg"] * 250, ["Q?"] * 250, ["A"] * 250) for _ in range(9)]

    writer = write(tmp_path / "spool", [*records, *columns])

    assert [count for _, _, count in writer.parts] == [RECORDS_PER_PART, RECORDS_PER_PART, 750]
    assert writer.parts[1][0] == writer.parts[0][1]
    assert sum(length for _, length, _ in writer.parts) == (tmp_path / "spool").stat().st_size
    loaded = [
        record for offset, length, _ in writer.parts for record in load_records(tmp_path / "spool", offset, length)
    ]
    assert loaded[:2_500] == records
    assert len(loaded) == 4_750


def test_names_that_are_no_unicode_are_written_with_a_question_mark(tmp_path: Path) -> None:
    found = RecordColumns(["\udcff.json:1"], ["a\udcff.jpg"], ["Q?"], ["A"])

    [(offset, length, _)] = write(tmp_path / "spool", [found]).parts

    assert load_records(tmp_path / "spool", offset, length) == [Record("?.json:1", ("a?.jpg",), (Turn("Q?", "A"),))]
