"""Walking through JSON documents of any size, in windows; the elements of arrays are parsed many at a time."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from core.importing import exact_json
from core.importing.runs import BadRow, Rows, Run, rows_in

WINDOW_BYTES = 1 << 18
"""What is parsed at once stays in the caches of a processor: with a megabyte, reading COCO took 1.3 times as long."""
MAX_ROW_BYTES = 64 << 20
_MAX_DEPTH = 100
_TRIES = 6
_SPACE = b" \t\r\n"
BOM = b"\xef\xbb\xbf"


class JsonSyntaxError(ValueError):
    """Raised when a file is not JSON from here on; the message is a sentence for the user."""


class JsonText:
    """A JSON document that is walked from its start to its end, an element or a member at a time."""

    def __init__(self, file: BinaryIO, start: bytes = b"", *, is_head: bool = False) -> None:
        """
        Args:
            start: what was already read from *file*.
            is_head: Whether only the beginning is looked at, which smaller windows do sooner.
        """
        self._file = file
        self._window = WINDOW_BYTES // 16 if is_head else WINDOW_BYTES
        self._data = start or file.read(self._window).removeprefix(BOM)
        self._at = 0
        self._forgotten = 0
        self._line = 1
        self._ended = False
        self._is_one_line = b"\n" not in self._data.strip()

    @property
    def consumed_bytes(self) -> int:
        """How much of the file is behind."""
        return self._forgotten + self._at

    @property
    def line(self) -> int:
        """The line of what comes next."""
        return self._line

    def peek(self) -> bytes:
        """Return the next byte that is no white space; b"" at the end."""
        while True:
            while self._at < len(self._data):
                byte = self._data[self._at : self._at + 1]
                if byte not in _SPACE:
                    return byte
                self._line += byte == b"\n"
                self._at += 1
            if not self._fill():
                return b""

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Yield the keys of an object, each with the first byte of its value, which the caller has to consume.

        Raises:
            JsonSyntaxError: the text is no JSON object, or ends before the object does.
        """
        self._take(b"{")
        if self.peek() == b"}":
            self._at += 1
            return
        while True:
            key = self.value() if self.peek() == b'"' else None
            if not isinstance(key, str):
                raise JsonSyntaxError(self._broken())
            self._take(b":")
            yield key, self.peek()
            if self.peek() == b"}":
                self._at += 1
                return
            self._take(b",")

    def elements(self) -> Rows:
        """Yield the elements of an array; one that is no JSON is a BadRow.

        Raises:
            JsonSyntaxError: the text is no JSON array, or ends before the array does.
        """
        return rows_in(self.runs())

    def runs(self) -> Iterator[Run]:
        """Yield the elements of an array, as many at a time as a window holds.

        Raises:
            JsonSyntaxError: the text is no JSON array, or ends before the array does.
        """
        self._take(b"[")
        if self.peek() == b"]":
            self._at += 1
            return
        number = 1
        separator = _Separator()
        while True:
            line = self._line
            try:
                values, text = self._run(separator)
            except JsonSyntaxError:
                raise JsonSyntaxError(_broken_in(number)) from None
            yield Run(number, () if self._is_one_line else _lines(text, len(values), line, separator), values)
            number += len(values)
            self._line += text.count(b"\n")
            following = self.peek()
            if following == b"]":
                self._at += 1
                return
            if following != b",":
                raise JsonSyntaxError(_broken_in(number))
            self._at += 1
            self.peek()

    def value(self) -> Any:
        """Return the value that comes next.

        Raises:
            JsonSyntaxError: it is no JSON, or larger than a row may be.
        """
        self.peek()
        size = 4096
        while True:
            while len(self._data) - self._at < size and self._fill():
                pass
            text = self._data[self._at : self._at + size].decode("utf-8", "surrogateescape")
            is_whole = self._ended and self._at + size >= len(self._data)
            try:
                value, end = _DECODER.raw_decode(text)
            except (ValueError, RecursionError) as error:
                if is_whole or size > MAX_ROW_BYTES or not _is_cut(error, text):
                    raise JsonSyntaxError(self._broken()) from None
            else:
                if is_whole or not _may_continue(value, text, end):
                    read = text[:end].encode("utf-8", "surrogateescape")
                    self._at += len(read)
                    self._line += read.count(b"\n")
                    return value
            size *= 4

    def skip(self, depth: int = 0) -> None:
        """Consume the next value, of any size.

        Raises:
            JsonSyntaxError: it is no JSON, or nested too deeply.
        """
        first = self.peek()
        if depth > _MAX_DEPTH:
            raise JsonSyntaxError("It is nested too deeply to be read.")
        if first == b"[":
            for _ in self.runs():
                pass
        elif first == b"{":
            for _ in self.members():
                self.skip(depth + 1)
        else:
            self.value()

    def _run(self, separator: "_Separator") -> tuple[list[Any], bytes]:
        """Return some elements from here on with their text, and go behind the last of them."""
        while len(self._data) - self._at < self._window and self._fill():
            pass
        if separator.text:
            values, text = self._fast_run(separator)
            if values:
                return values, text
        values, text = self._exact_run(separator)
        return (values, text) if values else ([self._skip_bad_row(separator)], b"")

    def _fast_run(self, separator: "_Separator") -> tuple[list[Any], bytes]:
        """Parse as many elements as the window holds at once.

        A cut between two elements is guessed by the text that stood between the first two. Where the guess is wrong,
        inside a text, a nested value or the next list, what is before it is no JSON, and a cut before the middle of
        it is tried.
        """
        data, end = self._data, len(self._data)
        for _ in range(_TRIES):
            cut = data.rfind(separator.text, self._at, end)
            if cut < 0:
                break
            text = data[self._at : cut + separator.offset]
            try:
                values: list[Any] = exact_json.loads(b"[%b]" % text)
            except ValueError:
                end = self._at + (cut - self._at) // 2
                continue
            self._at += len(text)
            return values, text
        return [], b""

    def _exact_run(self, separator: "_Separator") -> tuple[list[Any], bytes]:
        """Parse element by element with the standard library, which also says where each one ends."""
        window = WINDOW_BYTES if separator.text else max(WINDOW_BYTES // 16, 16)
        while True:
            text = self._data[self._at : self._at + window].decode("utf-8", "surrogateescape")
            is_whole = self._ended and self._at + window >= len(self._data)
            values, ends, is_cut = _parsed(text, is_whole=is_whole, most=0 if separator.text else 2)
            if values or is_whole or not is_cut or window > MAX_ROW_BYTES:
                break
            window *= 4
            while len(self._data) - self._at < window and self._fill():
                pass
        if not values:
            return [], b""
        separator.learn(text, ends)
        read = text[: ends[-1]].encode("utf-8", "surrogateescape")
        self._at += len(read)
        return values, read

    def _skip_bad_row(self, separator: "_Separator") -> BadRow:
        """Go to the end of an element that cannot be parsed.

        Raises:
            JsonSyntaxError: nothing says where it ends.
        """
        if not separator.text:
            raise JsonSyntaxError(self._broken())
        skipped = 0
        while True:
            found = self._data.find(separator.text, self._at + 1)
            if found >= 0:
                self._line += self._data.count(b"\n", self._at, found + separator.offset)
                self._at = found + separator.offset
                return BadRow(too_large() if skipped > MAX_ROW_BYTES else "This row is not valid JSON. Correct it.")
            keep = len(separator.text)
            skipped += len(self._data) - keep - self._at
            if self._ended:
                raise JsonSyntaxError(self._broken())
            self._line += self._data.count(b"\n", self._at, len(self._data) - keep)
            self._forgotten += len(self._data) - keep
            self._data, self._at = self._data[-keep:], 0
            self._fill()

    def _take(self, wanted: bytes) -> None:
        if self.peek() != wanted:
            raise JsonSyntaxError(self._broken())
        self._at += 1

    def _fill(self) -> bool:
        """Read on, and forget what was consumed; return whether there was more."""
        if self._ended:
            return False
        more = self._file.read(max(self._window, len(self._data) - self._at))
        self._ended = not more
        self._data = self._data[self._at :] + more
        self._forgotten += self._at
        self._at = 0
        return bool(more)

    def _broken(self) -> str:
        if self._ended and not self._data[self._at :].strip():
            return "The file is cut off. Save it again."
        return f"The JSON is broken or cut off from line {self._line:,} on. Correct it."


class _Separator:
    """The bytes between two elements of an array: the end of one, a comma, and the beginning of the next."""

    def __init__(self) -> None:
        self.text = b""
        self.offset = 0
        """Bytes of the separator that belong to the element before."""
        self.next_offset = 0
        """Bytes of the separator that come before the next element."""

    def learn(self, text: str, ends: list[int]) -> None:
        if self.text or not text[ends[0] :].strip(" \t\r\n,"):
            return
        begin = ends[0] - (text[ends[0] - 1] in '}]"')
        end = ends[0] + len(text[ends[0] :]) - len(text[ends[0] :].lstrip(" \t\r\n,"))
        self.next_offset = len(text[begin:end].encode("utf-8", "surrogateescape"))
        if text[end] in '{["':
            end += 1
            rest = text[end:]
            key = len(rest) - len(rest.lstrip())
            end += key
            if text[end - key - 1] == "{" and text[end : end + 1] == '"':
                end = text.find('"', end + 1) + 1 or end
        self.offset = ends[0] - begin
        self.text = text[begin:end].encode("utf-8", "surrogateescape")


_CUT_NUMBERS = (".", "e", "E", "e+", "e-", "E+", "E-")
_DECODER = json.JSONDecoder()


def _parsed(text: str, *, is_whole: bool, most: int) -> tuple[list[Any], list[int], bool]:
    """Return the elements at the beginning of *text*, where each ends, and whether *text* ends inside the next."""
    values: list[Any] = []
    ends: list[int] = []
    at = 0
    while True:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            return values, ends, _is_cut(error, text)
        if not is_whole and _may_continue(value, text, end):
            return values, ends, True
        values.append(value)
        ends.append(end)
        rest = text[end : end + 200].lstrip()
        if len(values) == most or not rest.startswith(","):
            return values, ends, False
        at = text.index(",", end) + 1
        at += len(text[at : at + 200]) - len(text[at : at + 200].lstrip())


def _may_continue(value: Any, text: str, end: int) -> bool:
    """Return whether the value that ends at *end* may go on behind *text*: of 1.5 cut at the point, 1 is read."""
    return end == len(text) or (isinstance(value, int | float) and text[end:] in _CUT_NUMBERS)


def _is_cut(error: Exception, text: str) -> bool:
    """Return whether *error* is at the end of *text*, so that more text may mend it."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos > len(text) - 16


def _lines(text: bytes, count: int, line: int, separator: "_Separator") -> list[int]:
    """Return the lines that *count* elements begin on, the first on *line*; [] when it cannot be told."""
    lines, at = [line], 0
    wanted = separator.text
    while len(lines) < count and (found := text.find(wanted, at)) >= 0:
        line += text.count(b"\n", at, found + separator.next_offset)
        lines.append(line)
        at = found + separator.next_offset
    return lines if len(lines) == count and text.find(wanted, at) < 0 else []


def _broken_in(number: int) -> str:
    before = " The rows before were read." if number > 1 else ""
    return f"The JSON is broken or cut off in row {number:,}.{before} Correct it."


def too_large() -> str:
    return f"This row is larger than {MAX_ROW_BYTES / 1e6:,.0f} MB. Split it."
