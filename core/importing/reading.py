"""What runs in the workers of the sandbox: files become records, in a spool or as a preview."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from core.container import open_container
from core.importing.annotation_files import AnnotationFiles
from core.importing.problems import MAX_PROBLEMS, Problems
from core.importing.records import Problem, Record
from core.importing.spool import SpoolWriter, embedded_directory, load_records
from core.importing.survey import survey_of
from core.importing.table_files import TableFiles, TableImage
from core.importing.tables import TableBatch, TableSummary, read_table_batch, table_summary

MAX_EMBEDDED_BYTES = 100_000_000

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
    """Write the records of all annotation files of *root* to *spool*.

    Raises:
        InvalidInputError: *root* cannot be opened, or there is no such format.
    """
    embedded = TableFiles(embedded_directory(spool), MAX_EMBEDDED_BYTES, Problems())
    with _annotation_files(root, spool.parent, embedded) as files, spool.open("wb") as out:
        writer = SpoolWriter(out)
        for found in files.found(format):
            writer.add(found)
        writer.end()
    problems = files.problems
    return ReadSummary(
        writer.records, writer.turns, tuple(writer.parts), tuple(problems.kept), problems.count, files.formats,
        tuple(embedded.images), tuple(problems.notes),
    )  # fmt: skip


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
