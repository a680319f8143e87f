"""Spools: files of records between reading and storing, in parts, a JSON value a line.

A line is a list, a record; or an object, several records by column. Lines by column are written and read in a third of
the time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from core.importing.records import Found, ImportedBox, Record, RecordColumns, Turn

READ_SPOOL = "records.jsonl"
"""That of the annotation files of an import."""
FORMER_MATCHES = "matches.jsonl"
"""The file of matches, where the items of an earlier version do not name one."""
RECORDS_PER_PART = 2_000
_PART_BYTES = 8_000_000


class SpoolWriter:
    """Writes records to a spool, in parts of about RECORDS_PER_PART records."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lines: list[bytes] = []
        self._records = self._bytes = self._offset = 0
        self.records = self.turns = 0
        """How many were written, and their turns."""
        self.parts: list[tuple[int, int, int]] = []
        """Offset in bytes, length in bytes, number of records."""

    def add(self, found: Found) -> None:
        """Write records; the last ones with :meth:`end`."""
        line = spool_line(found)
        self._lines.append(line)
        self._bytes += len(line) + 1
        self._records += 1 if isinstance(found, Record) else len(found.where)
        self.turns += len(found.turns if isinstance(found, Record) else found.questions)
        if self._records >= RECORDS_PER_PART or self._bytes > _PART_BYTES:
            self.end()

    def end(self) -> None:
        """Close the part."""
        if self._lines:
            self._out.write(b"\n".join(self._lines) + b"\n")
            self.parts.append((self._offset, self._bytes, self._records))
        self.records += self._records
        self._offset += self._bytes
        self._records = self._bytes = 0
        self._lines.clear()


def embedded_directory(spool: Path) -> Path:
    """Return the directory of the images that were written in the rows of the annotation files of *spool*."""
    return spool.with_name(f"{spool.name}.images")


def load_records(spool: Path, offset: int, length: int) -> list[Record]:
    """Return the records of a part of a spool."""
    return [record for line in _lines(spool, offset, length) for record in _records_of(line)]


def load_images(spool: Path, offset: int, length: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the images of each record of a part of a spool."""
    for line in _lines(spool, offset, length):
        if isinstance(line, list):
            yield line[0], line[1]
        else:
            for where, images in zip(line["where"], line["images"], strict=True):
                yield where, [images] if isinstance(images, str) else images


def spool_line(found: Found) -> bytes:
    """Return the line of records in a spool, without its line break."""
    value: Any = found._asdict() if isinstance(found, RecordColumns) else found
    try:
        return orjson.dumps(value, default=tuple)
    except TypeError:  # a name of a file that is not Unicode, or a number that no other program reads
        return orjson.dumps(_portable(value))


def _lines(spool: Path, offset: int, length: int) -> Iterator[Any]:
    with spool.open("rb") as file:
        file.seek(offset)
        return map(orjson.loads, file.read(length).rstrip(b"\n").split(b"\n"))


def _records_of(line: Any) -> Iterator[Record]:
    return RecordColumns(**line).records() if isinstance(line, dict) else iter((_record(line),))


def _record(values: list[Any]) -> Record:
    record = Record(*values)
    return record._replace(
        images=tuple(record.images),
        turns=tuple(_turn(turn) for turn in values[2]),
        tags=tuple(record.tags),
        boxes=_boxes(values[11]),
    )


def _turn(values: list[Any]) -> Turn:
    question, answer, answer_type, options, ratings, *boxes = values  # earlier versions wrote no boxes
    return Turn(question, answer, answer_type, options, ratings and tuple(ratings), _boxes(boxes[0]) if boxes else ())


def _boxes(values: list[Any]) -> tuple[ImportedBox, ...]:
    # Earlier versions wrote no size.
    return tuple(
        ImportedBox(label, tuple(xyxy), unit, image, tuple(size[0]) if size and size[0] else None)
        for label, xyxy, unit, image, *size in values
    )


def _portable(value: Any) -> Any:
    """Return *value* with lone surrogates replaced and integers of more than 64 bits as floats."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_portable(one) for one in value]
    if isinstance(value, dict):
        return {_portable(str(key)): _portable(one) for key, one in value.items()}
    if isinstance(value, int) and value.bit_length() > 63:
        return float(value) if value.bit_length() < 1000 else None
    return value
