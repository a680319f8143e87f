"""Captions of many images in one text, as Flickr8k and Flickr30k have them."""

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from core.importing.delimited import DelimitedError, delimited_runs
from core.importing.json_text import MAX_ROW_BYTES
from core.importing.readers.columns import columns_of
from core.importing.runs import BadRow, Run

_HEAD_BYTES = 65_536
_CHARS_AT_ONCE = 250_000
# The name of an image, perhaps with the number of its caption, and the caption; a table has names of columns instead.
_LINE = re.compile(
    r"\s*(?P<name>[^\t,|]*\.(?:jpe?g|png|webp))(?:#\d+)?[ ]*[\t,|]\s*(?P<caption>.*[^\W\d_].*)", re.IGNORECASE
)


def caption_runs(file: BinaryIO) -> Iterator[Run]:
    """Yield a row of ``file_name`` and ``caption`` for each line, or the rows of a table with names of columns.

    Raises:
        DelimitedError: the text is neither, or not UTF-8.
    """
    buffered = io.BufferedReader(cast(io.RawIOBase, file), _HEAD_BYTES)
    start = buffered.peek(_HEAD_BYTES)[:_HEAD_BYTES]
    first = start.decode("utf-8-sig", "ignore").partition("\n")[0]
    if _LINE.match(first):
        return _runs_of_lines(buffered)
    if _names_columns(first):
        return delimited_runs(cast(BinaryIO, buffered))
    raise DelimitedError("Its lines are no captions of images.")


def _names_columns(line: str) -> bool:
    """Return whether a line names the columns of images and captions, or of questions and answers."""
    names = tuple(name.strip().strip('"') for name in re.split(r"[\t,;|]", line))
    columns = columns_of(names)
    return bool(columns.images and (columns.caption or (columns.question and columns.answer)))


def _runs_of_lines(file: Any) -> Iterator[Run]:
    number = line = 1
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="\n") as text:
        is_text = True
        while is_text:
            written, is_text = _some_lines(text)
            rows = [(at, _row_of(one)) for at, one in enumerate(written, line) if one.strip()]
            if rows:
                yield Run(number, [at for at, _ in rows], [row for _, row in rows])
            if is_text and not written:
                return
            number, line = number + len(rows), line + len(written)
    raise DelimitedError("It is not UTF-8 text. Save it as UTF-8.")


def _some_lines(text: io.TextIOWrapper) -> tuple[list[str], bool]:
    """Return the next lines, and whether they could be read to their end."""
    lines: list[str] = []
    left = _CHARS_AT_ONCE
    try:
        while left > 0 and (written := text.readline(MAX_ROW_BYTES)):
            lines.append(written)
            left -= len(written)
    except UnicodeError:
        return lines, False
    return lines, True


def _row_of(line: str) -> dict[str, str] | BadRow:
    found = _LINE.match(line)
    if not found:
        return BadRow("This line has no name of an image with a caption behind it.")
    return {"file_name": found["name"], "caption": found["caption"].rstrip()}
