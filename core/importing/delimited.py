"""Streams of the rows of CSV and TSV files, with their delimiter and encoding detected."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from core.importing.json_text import MAX_ROW_BYTES, BadRow, Rows

_DELIMITERS = ",;\t|"
# Excel reads and writes the delimiter in a line before the names.
_NAMED_DELIMITER = re.compile(r'"?sep=([,;\t|])"?\r?\n', re.IGNORECASE)
_HEAD_BYTES = 65_536
_MAX_COLUMNS = 1_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

_IMAGE = re.compile(r"https?://\S+$|[^\s,;]+\.(?:jpe?g|png|webp)$", re.IGNORECASE)

# Vitrine's own tables have an apostrophe before cells that a spreadsheet would run as formulas.
_OWN_COLUMNS = {"image_id", "image_name", "answer_type"}
_FORMULA_STARTS = frozenset("=+-@\t\r\n\0＝＋－＠")


class DelimitedError(ValueError):
    """Raised when a file is no readable table; the message is a sentence for the user."""


def delimited_rows(file: BinaryIO, *, is_tab: bool = False) -> Rows:
    """Yield the rows of a table as objects with the names of its first line.

    Raises:
        DelimitedError: the file is not UTF-8, or UTF-16 with a byte order mark; or has no line of names.
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
        yield from _rows(reader, lines_before)
    except UnicodeError:
        read = reader.line_num + lines_before
        what = f"After line {read:,} it" if read else "It"
        raise DelimitedError(f"{what} is not UTF-8 text. Save it as UTF-8.") from None


def _rows(reader: Any, lines_before: int) -> Rows:
    names = next(_cells(reader), None)
    if not isinstance(names, list) or not any(name.strip() for name in names):
        raise DelimitedError("The first line has no names of columns. Add them.")
    names, first = _named(names)
    if len(names) > _MAX_COLUMNS:
        raise DelimitedError(f"It has {len(names):,} columns; {_MAX_COLUMNS:,} is the limit.")
    count = len(names)
    is_guarded = set(names) >= _OWN_COLUMNS
    number, line = len(first), reader.line_num + lines_before + 1
    for row in first:
        yield 1, 1 + lines_before, row
    for cells in _cells(reader):
        if cells == []:
            line = reader.line_num + lines_before + 1
            continue
        number += 1
        if is_guarded and isinstance(cells, list):
            cells = [cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA_STARTS else cell for cell in cells]
        if isinstance(cells, BadRow):
            yield number, line, cells
        elif len(cells) == count:
            yield number, line, dict(zip(names, cells, strict=True))
        elif len(cells) < count:
            yield number, line, dict(zip(names, [*cells, *[""] * (count - len(cells))], strict=True))
        else:
            reason = (
                f"This line has {len(cells):,} cells, but there are {count:,} columns. Quote cells with the delimiter."
            )
            yield number, line, BadRow(reason)
        line = reader.line_num + lines_before + 1


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


def _cells(reader: Any) -> Iterator[list[str] | BadRow]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(f"This line cannot be read: {error}.")


def _delimiter(head: str) -> str:
    """Return the delimiter that the first lines have most evenly; a comma when none is in the first line."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if not lines:
        return ","

    def rating(delimiter: str) -> tuple[bool, int, int]:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter)]
        return widths[0] > 1, sum(width == widths[0] for width in widths), widths[0]

    return max(_DELIMITERS, key=rating)
