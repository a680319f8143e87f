"""What runs in the workers of the sandbox: files become records, in a spool or as a preview."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import orjson

from core.container import open_container
from core.importing.annotation_files import AnnotationFiles
from core.importing.problems import MAX_PROBLEMS, Problems
from core.importing.records import ImportedBox, Problem, Record, Turn
from core.importing.survey import survey_of
from core.importing.table_files import TableFiles, TableImage
from core.importing.tables import TableBatch, TableSummary, read_table_batch, table_summary

RECORDS_PER_PART = 2_000
MAX_EMBEDDED_BYTES = 100_000_000
_PART_BYTES = 8_000_000

__all__ = [
    "MAX_PROBLEMS",
    "Preview",
    "ReadSummary",
    "TableBatch",
    "TableImage",
    "TableSummary",
    "load_records",
    "preview",
    "read_annotations",
    "read_table_batch",
    "table_summary",
]


@dataclass(frozen=True)
class ReadSummary:
    """What :func:`read_annotations` found."""

    records: int
    turns: int
    parts: tuple[tuple[int, int, int], ...]
    """Of the spool: offset in bytes, length in bytes, number of records."""
    problems: tuple[Problem, ...]
    """The first MAX_PROBLEMS of them."""
    problem_count: int
    formats: dict[str, str]
    """The label of the reader by the name of the annotation file; "" when none read it."""
    embedded: tuple[TableImage, ...] = ()
    """Images that were written in rows (data URLs, base64): files in the directory :func:`embedded_directory`, by which
    records name them with their reference."""
    notes: tuple[Problem, ...] = ()
    """What was read and is not stored, by file."""


@dataclass(frozen=True)
class Preview:
    """The first records of an import."""

    records: tuple[Record, ...]
    formats: dict[str, str]
    problems: tuple[Problem, ...]
    embedded: tuple[TableImage, ...] = ()
    """Images that were written in the rows."""
    has_images_inside: bool = False
    """There is a table, or an archive of samples, with images inside."""


def read_annotations(root: Path, spool: Path, format: str = "auto") -> ReadSummary:
    """Write the records of all annotation files of *root* to *spool*, a line each.

    Raises:
        InvalidInputError: *root* cannot be opened, or there is no such format.
    """
    embedded = TableFiles(embedded_directory(spool), MAX_EMBEDDED_BYTES, Problems())
    with _annotation_files(root, spool.parent, embedded) as files, spool.open("wb") as out:
        records = turns = offset = 0
        parts: list[tuple[int, int, int]] = []
        lines: list[bytes] = []
        size = 0
        for record in files.records(format):
            line = spool_line(record)
            lines.append(line)
            size += len(line) + 1
            turns += len(record.turns)
            if len(lines) == RECORDS_PER_PART or size > _PART_BYTES:
                parts.append((offset, _write(out, lines), len(lines)))
                records, offset, size = records + len(lines), offset + parts[-1][1], 0
                lines.clear()
        if lines:
            parts.append((offset, _write(out, lines), len(lines)))
            records += len(lines)
    problems = files.problems
    return ReadSummary(
        records, turns, tuple(parts), tuple(problems.kept), problems.count, files.formats, tuple(embedded.images),
        tuple(problems.notes),
    )  # fmt: skip


def embedded_directory(spool: Path) -> Path:
    """Return the directory of the images that were written in the rows of the annotation files of *spool*."""
    return spool.with_name(f"{spool.name}.images")


def load_records(spool: Path, offset: int, length: int) -> list[Record]:
    """Return the records of a part of a spool."""
    with spool.open("rb") as file:
        file.seek(offset)
        return [_record(orjson.loads(line)) for line in file.read(length).rstrip(b"\n").split(b"\n")]


def preview(root: Path, workdir: Path, limit: int = 10, format: str = "auto") -> Preview:
    """Return the first records of *root*, reading no more than it needs to.

    Args:
        workdir: takes the images that were written in the rows, and tables of an archive.

    Raises:
        InvalidInputError: *root* cannot be opened, or there is no such format.
    """
    embedded = TableFiles(workdir, MAX_EMBEDDED_BYTES, Problems())
    with _annotation_files(root, workdir, embedded) as files:
        records = tuple(islice(files.records(format), limit))
        problems, images = tuple(files.problems.kept), tuple(embedded.images)
        return Preview(records, files.formats, problems, images, files.has_images_inside)


@contextmanager
def _annotation_files(root: Path, scratch: Path, embedded: TableFiles) -> Iterator[AnnotationFiles]:
    """Yield the annotation files of *root*; tables in archives are copied below *scratch* to be opened."""
    container = open_container(root)
    try:
        found = survey_of(container.names())
        problems = Problems()
        for name, reason in container.problems:
            problems.add(name, reason)
        with TemporaryDirectory(dir=scratch) as directory:
            yield AnnotationFiles(container, found, problems, Path(directory), embedded)
    finally:
        container.close()


def spool_line(record: Record) -> bytes:
    """Return the line of a record in a spool, without its line break."""
    try:
        return orjson.dumps(record, default=tuple)
    except TypeError:  # a name of a file that is not Unicode, or a number that no other program reads
        return orjson.dumps(_portable(record))


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


def _write(out: BinaryIO, lines: list[bytes]) -> int:
    return out.write(b"\n".join(lines) + b"\n")


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
    return tuple(ImportedBox(label, tuple(xyxy), *rest) for label, xyxy, *rest in values)
