"""Streams of the rows of JSON files, read in windows: no file is ever in memory as a whole."""

import json
from typing import Any, BinaryIO

import orjson

from core.importing.json_text import BOM, MAX_ROW_BYTES, WINDOW_BYTES, BadRow, JsonText, Rows, too_large


def json_rows(file: BinaryIO) -> Rows:
    """Yield the rows of a file: the elements of an array, or a row a line.

    Raises:
        JsonSyntaxError: an array is broken or cut off; the rows before were yielded.
    """
    start = file.read(WINDOW_BYTES).removeprefix(BOM)
    return JsonText(file, start).elements() if start.lstrip()[:1] == b"[" else _lines_of(file, start)


def _lines_of(file: BinaryIO, block: bytes) -> Rows:
    """Yield the rows of JSON Lines that begin with *block*; a line that is no JSON is a BadRow."""
    rest, number, line = b"", 0, 0
    while True:
        lines = (rest + block).split(b"\n")
        rest = lines.pop() if block else b""
        for text in lines:
            line += 1
            try:
                value = orjson.loads(text)
            except orjson.JSONDecodeError:
                text = text.strip()
                if not text:
                    continue
                value = _tolerant(text)
            number += 1
            yield number, line, value
        if not block:
            return
        if len(rest) > MAX_ROW_BYTES:
            number, line = number + 1, line + 1
            yield number, line, BadRow(too_large())
            rest = _rest_after_line(file)
            if not rest:
                return
        block = file.read(WINDOW_BYTES)


def _tolerant(text: bytes) -> Any:
    """Parse what orjson refuses and the standard library accepts: NaN, lone surrogates, bytes that are no UTF-8."""
    try:
        return json.loads(text.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return BadRow("This line is not valid JSON. Correct it.")


def _rest_after_line(file: BinaryIO) -> bytes:
    """Read to the end of the line; return what follows it in the last block."""
    while block := file.read(WINDOW_BYTES):
        _, newline, rest = block.partition(b"\n")
        if newline:
            return rest or file.read(WINDOW_BYTES)
    return b""
