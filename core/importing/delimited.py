"""Streams of the rows of CSV and TSV files, with their delimiter and encoding detected."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, cast

from core.importing.json_text import MAX_ROW_BYTES
from core.importing.runs import BadRow, Run

_DELIMITERS = ",;\t|"
# Excel reads and writes the delimiter in a line before the names.
_NAMED_DELIMITER = re.compile(r'"?sep=([,;\t|])"?\r?\n', re.IGNORECASE)
_HEAD_BYTES = 65_536
_MAX_COLUMNS = 1_000
_ROWS_AT_ONCE, _CHARS_AT_ONCE = 1_000, 1_000_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

_IMAGE = re.compile(r"https?://\S+$|[^\s,;]+\.(?:jpe?g|png|webp)$", re.IGNORECASE)

# Vitrine's own tables have an apostrophe before cells that a spreadsheet would run as formulas.
_OWN_COLUMNS = {"image_id", "image_name", "answer_type"}
_FORMULA_STARTS = frozenset("=+-@\t\r\n\0＝＋－＠")


class DelimitedError(ValueError):
    """Raised when a file is no readable table; the message is a sentence for the user."""


def delimited_runs(file: BinaryIO, *, is_tab: bool = False) -> Iterator[Run]:
    """Yield the rows of a table as objects with the names of its first line, many at a time.

    Raises:
        DelimitedError: the file is not UTF-8, or UTF-16 with a byte order mark; or has no line of names. The rows
            before were yielded.
    """
    csv.field_size_limit(MAX_ROW_BYTES)
    buffered = io.BufferedReader(cast(io.RawIOBase, file), _HEAD_BYTES)
    head = buffered.peek(_HEAD_BYTES)[:_HEAD_BYTES]
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "utf-8")
    text = io.TextIOWrapper(buffered, encoding=encoding, errors="strict", newline="")
    start = head.decode(encoding, "ignore")
    named = _NAMED_DELIMITER.match(start)
    delimiter = named[1] if named else "\t" if is_tab else _delimiter(start)
    lines_before = 1 if named else 0
    reader = csv.reader(text, delimiter=delimiter)
    try:
        if named:
            text.readline()
        yield from _runs(reader, lines_before)
    except UnicodeError:
        read = reader.line_num + lines_before
        what = f"After line {read:,} it" if read else "It"
        raise DelimitedError(f"{what} is not UTF-8 text. Save it as UTF-8.") from None


def _runs(reader: Any, lines_before: int) -> Iterator[Run]:
    cells: Any = next((cells for part in _parts(reader, 1) for cells, _ in part), None)
    if not isinstance(cells, list) or not any(cell.strip() for cell in cells):
        raise DelimitedError("The first line has no names of columns. Add them.")
    names, first = _named(cells)
    if len(names) > _MAX_COLUMNS:
        raise DelimitedError(f"It has {len(names):,} columns; {_MAX_COLUMNS:,} is the limit.")
    row_of = _guarded_row if set(names) >= _OWN_COLUMNS else _row
    if first:
        yield Run(1, (1 + lines_before,), first)
    number, line = len(first) + 1, reader.line_num + lines_before + 1
    for part in _parts(reader, _ROWS_AT_ONCE):
        lines, values = [], []
        for cells, last_line in part:
            if cells:
                lines.append(line)
                values.append(row_of(names, cells))
            line = last_line + lines_before + 1
        if values:
            yield Run(number, lines, values)
            number += len(values)


def _named(cells: list[str]) -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of columns of the first line, or those of captions when it is a row of an image and its caption.

    Conceptual Captions has no line of names.

    Raises:
        DelimitedError: it is a row, and of anything else.
    """
    cells = [cell.strip() for cell in cells]
    images = [_IMAGE.match(cell) is not None for cell in cells]
    if not any(images):
        return cells, []
    if len(cells) != 2 or all(images):
        raise DelimitedError("The first line names an image, not columns. Add a line with the names of the columns.")
    names = ["image", "caption"] if images[0] else ["caption", "image"]
    return names, [dict(zip(names, cells, strict=True))]


def _row(names: list[str], cells: list[str] | BadRow) -> dict[str, str] | BadRow:
    if isinstance(cells, BadRow):
        return cells
    if len(cells) > len(names) and any(map(str.strip, cells[len(names) :])):
        return BadRow(
            f"This line has {len(cells):,} cells, but there are {len(names):,} columns. Quote cells with the delimiter."
        )
    if len(cells) < len(names):
        cells = [*cells, *[""] * (len(names) - len(cells))]
    return dict(zip(names, cells, strict=False))  # spreadsheets end lines with delimiters: empty cells of no column


def _guarded_row(names: list[str], cells: list[str] | BadRow) -> dict[str, str] | BadRow:
    if isinstance(cells, list):
        cells = [cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA_STARTS else cell for cell in cells]
    return _row(names, cells)


def _parts(reader: Any, size: int) -> Iterator[list[tuple[list[str] | BadRow, int]]]:
    """Yield the cells of rows with the number of the line that each ends on, at most *size* at a time."""
    while True:
        part: list[tuple[list[str] | BadRow, int]] = []
        broken = None
        left = _CHARS_AT_ONCE
        try:
            for cells in islice(reader, size):
                part.append((cells, reader.line_num))
                left -= sum(map(len, cells))
                if left < 0:
                    break
        except csv.Error as error:
            part.append((BadRow(f"This line cannot be read: {error}."), reader.line_num))
        except UnicodeError as error:
            broken = error
        if part:
            yield part
        if broken:
            raise broken
        if not part:
            return


def _delimiter(head: str) -> str:
    """Return the delimiter that the first lines have most evenly; a comma when none is in the first line."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if not lines:
        return ","

    def rating(delimiter: str) -> tuple[bool, int, int]:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter)]
        return widths[0] > 1, sum(width == widths[0] for width in widths), widths[0]

    return max(_DELIMITERS, key=rating)
