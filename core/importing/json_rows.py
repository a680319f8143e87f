"""Streams of the rows of JSON files, read in windows: no file is ever in memory as a whole."""

import codecs
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from core.importing import exact_json
from core.importing.json_text import BOM, MAX_ROW_BYTES, WINDOW_BYTES, JsonText, too_large
from core.importing.runs import BadRow, Rows, Run, rows_in

_HEAD_BYTES = WINDOW_BYTES // 16
_EMPTY = object()


def json_rows(file: BinaryIO) -> Rows:
    """Yield the rows of a file: the elements of an array, or a row a line.

    Raises:
        JsonSyntaxError: an array is broken or cut off; the rows before were yielded.
    """
    return rows_in(json_runs(file))


def json_runs(file: BinaryIO, *, is_head: bool = False) -> Iterator[Run]:
    """Yield the rows of a file, as many at a time as a window holds.

    Args:
        is_head: Whether only the first ones are looked at.

    Raises:
        JsonSyntaxError: an array is broken or cut off; the rows before were yielded.
    """
    start = file.read(_HEAD_BYTES if is_head else WINDOW_BYTES).removeprefix(BOM)
    if start.lstrip()[:1] == b"[":
        return JsonText(file, start, is_head=is_head).runs()
    return _runs_of_lines(file, start)


def _runs_of_lines(file: BinaryIO, block: bytes) -> Iterator[Run]:
    """Yield the rows of JSON Lines that begin with *block*; a line that is no JSON is a BadRow."""
    rest, number, line = b"", 1, 1
    while True:
        texts = (rest + block).split(b"\n")
        rest = texts.pop() if block else b""
        lines, values = _parsed(texts, line)
        if values:
            yield Run(number, lines, values)
        number, line = number + len(values), line + len(texts)
        if not block:
            return
        if len(rest) > MAX_ROW_BYTES:
            yield Run(number, (line,), [BadRow(too_large())])
            number, line = number + 1, line + 1
            rest = _rest_after_line(file)
            if not rest:
                return
        block = file.read(WINDOW_BYTES)


def _parsed(texts: list[bytes], line: int) -> tuple[Sequence[int], list[Any]]:
    """Return the values of lines and the numbers of their lines, of which *line* is the first; empty ones are none."""
    try:
        return range(line, line + len(texts)), list(map(exact_json.loads, texts))
    except ValueError:
        found = [(at, value) for at, text in enumerate(texts, line) if (value := _tolerant(text)) is not _EMPTY]
        return [at for at, _ in found], [value for _, value in found]


def _tolerant(text: bytes) -> Any:
    """Parse also what orjson refuses and the standard library accepts: NaN, lone surrogates, bytes not of UTF-8."""
    try:
        return exact_json.loads(text)
    except ValueError:
        pass
    if not text.strip():
        return _EMPTY
    try:
        return json.loads(text.strip().decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return BadRow("It is not UTF-8 text. Save it as UTF-8.")
        return BadRow("This line is not valid JSON. Correct it.")


def _rest_after_line(file: BinaryIO) -> bytes:
    """Read to the end of the line; return what follows it in the last block."""
    while block := file.read(WINDOW_BYTES):
        _, newline, rest = block.partition(b"\n")
        if newline:
            return rest or file.read(WINDOW_BYTES)
    return b""
