"""Captions of many images in one text, as Flickr8k and Flickr30k have them."""

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from core.importing.delimited import DelimitedError, delimited_rows
from core.importing.json_text import MAX_ROW_BYTES, BadRow, Rows
from core.importing.readers.columns import columns_of

_HEAD_BYTES = 65_536
# The name of an image, perhaps with the number of its caption, and the caption; a table has names of columns instead.
_LINE = re.compile(
    r"\s*(?P<name>[^\t,|]*\.(?:jpe?g|png|webp))(?:#\d+)?[ ]*[\t,|]\s*(?P<caption>.*[^\W\d_].*)", re.IGNORECASE
)


def caption_rows(file: BinaryIO) -> Rows:
    """Yield a row of ``file_name`` and ``caption`` for each line, or the rows of a table with names of columns.

    Raises:
        DelimitedError: the text is neither, or not UTF-8.
    """
    buffered = io.BufferedReader(cast(io.RawIOBase, file), _HEAD_BYTES)
    start = buffered.peek(_HEAD_BYTES)[:_HEAD_BYTES]
    first = start.decode("utf-8-sig", "ignore").split("\n", 1)[0]
    if _LINE.match(first):
        return _rows_of_lines(buffered)
    if _names_columns(first):
        return delimited_rows(cast(BinaryIO, buffered))
    raise DelimitedError("Its lines are no captions of images.")


def _names_columns(line: str) -> bool:
    """Return whether a line names the columns of images and captions, or of questions and answers."""
    names = tuple(name.strip().strip('"') for name in re.split(r"[\t,;|]", line))
    columns = columns_of(names)
    return len(names) > 1 and bool(columns.images and (columns.caption or (columns.question and columns.answer)))


def _rows_of_lines(file: Any) -> Iterator[tuple[int, int, Any]]:
    number = 0
    try:
        with io.TextIOWrapper(file, encoding="utf-8-sig", newline="\n") as text:
            line = 0
            while written := text.readline(MAX_ROW_BYTES):
                line += 1
                if not written.strip():
                    continue
                number += 1
                found = _LINE.match(written)
                row = {"file_name": found["name"], "caption": found["caption"].rstrip()} if found else None
                yield number, line, row or BadRow("This line has no name of an image with a caption behind it.")
    except UnicodeError:
        raise DelimitedError("It is not UTF-8 text. Save it as UTF-8.") from None
