"""Tables with types, in batches of bounded size: parquet and Arrow, with images inside or text only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError
from core.importing import arrow_rows
from core.importing.problems import Problems
from core.importing.readers import AUTO, not_recognized, readers_for, recognized
from core.importing.readers.base import Head, Reader
from core.importing.readers.columns import columns_of
from core.importing.records import Problem, Record, records_in
from core.importing.runs import Run
from core.importing.samples import LABEL, planned_samples, records_of_samples
from core.importing.table_files import TableFiles, TableImage

SAMPLE_ROWS = 20


@dataclass(frozen=True)
class TableSummary:
    """What a table holds."""

    rows: int
    batches: int
    has_images: bool
    """Whether it has columns with images inside; a table without is read as an annotation file."""
    format: str
    """The label of its reader; "" when nothing but the images is read."""


@dataclass(frozen=True)
class TableBatch:
    """The rows of one batch."""

    files: tuple[TableImage, ...]
    records: tuple[Record, ...]
    """Their images are references of *files*, or names as they are written."""
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()
    """What was read and is not stored; of a table the first batch says it."""


def table_summary(path: Path, format: str = AUTO) -> TableSummary:
    """Return what the table at *path* holds, without reading all of it.

    Raises:
        ImageRejectedError: the file is damaged.
        InvalidInputError: there is no such *format*.
    """
    if _is_tar(path):
        batches = planned_samples(path)
        return TableSummary(sum(batch.samples for batch in batches), len(batches), True, LABEL)
    with _translated_errors(), arrow_rows.opened(path) as table:
        plan = table.plan()
        sample = next(table.batch(0), []) if plan else []
        reader = recognized(Head(path.name, "table", tuple(sample[:SAMPLE_ROWS])), readers_for(format))
        return TableSummary(table.rows, len(plan), bool(table.image_columns), reader.label if reader else "")


def read_table_batch(
    path: Path, batch: int, workdir: Path, max_bytes: int, name: str, format: str = AUTO
) -> TableBatch:
    """Write the images of one batch into *workdir* and return its records.

    Args:
        max_bytes: of an image.
        name: of the table, for references and messages.
        format: the name of the reader of its rows; the samples of a tar archive have their own.

    Raises:
        ImageRejectedError: the file is damaged.
        InvalidInputError: there is no such format.
    """
    readers = readers_for(format)
    problems = Problems()
    files = TableFiles(workdir, max_bytes, problems)
    if _is_tar(path):
        found = tuple(records_of_samples(path, planned_samples(path)[batch], name, files))
        return TableBatch(tuple(files.images), found, tuple(problems.kept))
    with _translated_errors(), arrow_rows.opened(path) as table:
        first_row = table.plan()[batch].first_row
        rows = _with_references(table, batch, first_row, name, files)
        records = tuple(_records(name, rows, batch, table.image_columns, files, readers))
    return TableBatch(tuple(files.images), records, tuple(problems.kept), () if batch else tuple(problems.notes))


def text_table_head(path: Path, name: str) -> Head | None:
    """Return the beginning of a table without images; None for one with images.

    Raises:
        ImageRejectedError: the file is damaged.
    """
    with _translated_errors(), arrow_rows.opened(path) as table:
        if table.image_columns:
            return None
        rows = next(table.batch(0), []) if table.plan() else []
        return Head(name, "table", tuple(rows[:SAMPLE_ROWS]), reason="" if rows else "It has no rows.")


def text_runs(path: Path) -> Iterator[Run]:
    """Yield the rows of a table without images, some at a time.

    Raises:
        ImageRejectedError: the file is damaged.
    """
    with _translated_errors(), arrow_rows.opened(path) as table:
        for index, planned in enumerate(table.plan()):
            number = planned.first_row + 1
            for rows in table.batch(index):
                yield Run(number, (), rows)
                number += len(rows)


def _is_tar(path: Path) -> bool:
    return path.suffix.lower() == ".tar"


def _with_references(
    table: "arrow_rows.Table", batch: int, first_row: int, name: str, files: TableFiles
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each row is, and its values with references in the place of images."""
    number = first_row
    for rows in table.batch(batch):
        for row in rows:
            number += 1
            where = f"{name} row {number}"
            for column in table.image_columns:
                row[column] = files.stored(row[column], where, row)
            yield where, _with_own_images(row, table.image_columns)


def _with_own_images(row: dict[str, Any], image_columns: tuple[str, ...]) -> dict[str, Any]:
    """Return *row* without names beside the images that are inside it: they say where those came from."""
    own = [column for column in image_columns if row[column]]
    if not own:
        return row
    columns = columns_of(tuple(row))
    kept = {name: value for name, value in row.items() if name in image_columns or name not in columns.images}
    is_seen = {*columns.images, *columns.more_images}.intersection(own)
    return kept if is_seen else kept | {"image": [name for column in own for name in row[column]]}


def _records(
    name: str,
    rows: Iterator[tuple[str, dict[str, Any]]],
    batch: int,
    image_columns: tuple[str, ...],
    files: TableFiles,
    readers: tuple[Reader, ...],
) -> Iterator[Record]:
    waiting = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == SAMPLE_ROWS:
            break
    head = Head(name, "table", tuple(row for _, row in waiting))
    reader = recognized(head, readers)
    files.heads = {name: head}
    if reader is None:
        others = [column for column in head.columns if column not in image_columns]
        if batch == 0 and others:
            files.problems.add(name, f"Only the images were read. {not_recognized(head, readers)}")
        for _ in rows:
            pass
        return
    files.source = _chained(waiting, rows)
    for found in reader.read(name, files):
        yield from records_in(found)


def _chained(
    first: list[tuple[str, dict[str, Any]]], rest: Iterator[tuple[str, dict[str, Any]]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from first
    yield from rest


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Translate what pyarrow raises for damaged files; running out of memory is left to the sandbox."""
    import pyarrow as pa

    try:
        yield
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, UnicodeError, OverflowError, ValueError) as error:
        if isinstance(error, ImageRejectedError):
            raise
        raise ImageRejectedError(
            "This table is damaged and cannot be opened. Save it again.", reason="damaged"
        ) from error
