"""Images inside rows are written to files, up to the limits of their size and number."""

import base64
from pathlib import Path
from typing import Any

import pytest

from core.importing import table_files
from core.importing.answers import RowError
from core.importing.problems import Problems
from core.importing.table_files import TableFiles

WHERE = "t.parquet row 1"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TableFiles:
    """Room for three files of four bytes, ten bytes in all."""
    monkeypatch.setattr(table_files, "MAX_FILES", 3)
    monkeypatch.setattr(table_files, "MAX_TOTAL_BYTES", 10)
    return TableFiles(tmp_path / "work", 4, Problems())


def _embeds(files: TableFiles, *sizes_bytes: int) -> list[str]:
    found = []
    for size_bytes in sizes_bytes:
        try:
            found.append(files.embed(b"x" * size_bytes, WHERE))
        except RowError as error:
            found.append(str(error).partition(".")[0])
    return found


TOO_LARGE = "An image of this row is larger than 0 MB"
TOO_MANY = "There are more images inside the rows than 3 files or 20 GB"


@pytest.mark.parametrize(
    ("sizes_bytes", "expected"),
    [
        ((4, 5), [WHERE, TOO_LARGE]),
        ((4, 4, 2), [WHERE, f"{WHERE}, image 2", f"{WHERE}, image 3"]),
        ((4, 4, 3), [WHERE, f"{WHERE}, image 2", TOO_MANY]),
        ((1, 1, 1, 1), [WHERE, f"{WHERE}, image 2", f"{WHERE}, image 3", TOO_MANY]),
    ],
)
def test_a_file_is_as_large_and_files_are_as_many_as_the_limits_say(
    files: TableFiles, tmp_path: Path, sizes_bytes: tuple[int, ...], expected: list[str]
) -> None:
    assert _embeds(files, *sizes_bytes) == expected
    taken = [size for size, result in zip(sizes_bytes, expected, strict=True) if result.startswith(WHERE)]
    assert [(tmp_path / "work" / str(number)).stat().st_size for number in range(len(taken))] == taken
    assert [image.file for image in files.images] == [str(number) for number in range(len(taken))]


@pytest.mark.parametrize(
    ("value", "row", "name"),
    [
        (b"abc", {}, "t.parquet-row-1"),
        (b"abc", {"file_name": "b.jpg"}, "b.jpg"),
        (b"abc", {"file_name": 3}, "t.parquet-row-1"),
        ({"bytes": b"abc", "path": "a.jpg"}, {"file_name": "b.jpg"}, "a.jpg"),
        ({"bytes": b"abc", "path": None}, {}, "t.parquet-row-1"),
    ],
)
def test_an_image_has_its_own_name_or_that_of_its_row_or_one_from_its_place(
    files: TableFiles, value: Any, row: dict[str, Any], name: str
) -> None:
    assert files.stored(value, WHERE, row) == [WHERE]
    assert [image.name for image in files.images] == [name]


@pytest.mark.parametrize(
    ("value", "references"),
    [("a.jpg", ["a.jpg"]), ({"path": "a.jpg"}, ["a.jpg"]), ("", []), (None, []), (3, []), (["a.jpg", b"abc"], None)],
)
def test_a_value_without_bytes_is_a_name_or_nothing(
    files: TableFiles, value: Any, references: list[str] | None
) -> None:
    assert files.stored(value, WHERE, {}) == (["a.jpg", WHERE] if references is None else references)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (base64.b64encode(b"abc").decode(), ""),
        ("data:image/png;BASE64," + base64.b64encode(b"abc").decode(), ""),
        ("data:image/png,abc", "a data URL without base64"),
        ("data:image/png;base64", "a data URL without base64"),
        ("abc", "not valid base64"),
    ],
)
def test_text_is_base64_or_a_data_url_of_it(files: TableFiles, tmp_path: Path, text: str, reason: str) -> None:
    if reason:
        with pytest.raises(RowError, match=reason):
            files.embed(text, WHERE)
        return
    assert files.embed(text, WHERE) == WHERE
    assert (tmp_path / "work" / "0").read_bytes() == b"abc"
