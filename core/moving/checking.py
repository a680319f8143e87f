"""Everything in the tables of an archive is checked before anything of it is stored: it may come from anywhere."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidInputError
from core.images.structure import EXTENSIONS
from core.moving.contents import TABLES, MovedTable
from core.moving.ids import KnownIds, NumberIds
from core.moving.manifest import OpenedArchive, image_file
from core.moving.rows import read_rows

PART_ROWS = 2000
"""Rows of a transaction."""
_ROWS_PER_STEP = 500
Step = Callable[[int], None]
"""Called with the number of rows that were handled since the last call; may raise to stop."""


@dataclass(frozen=True)
class CheckedArchive:
    """An archive whose rows are complete and refer to each other; its ids by table."""

    archive: OpenedArchive
    ids: dict[str, KnownIds]
    numbers: dict[str, NumberIds]


def check_archive(
    archive: OpenedArchive,
    max_image_bytes: int,
    step: Step,
    look_up: Callable[[MovedTable, Sequence[str]], None] = lambda table, ids: None,
) -> CheckedArchive:
    """Read all rows of an archive and return what is known of them.

    Args:
        max_image_bytes: of one image.
        look_up: called with the ids of a table, some hundred at a time.

    Raises:
        InvalidInputError: a row is damaged or contradicts another one, a sum is wrong, or an image is missing.
    """
    checked = CheckedArchive(
        archive,
        {table.name: KnownIds() for table in TABLES},
        {table.name: NumberIds(PART_ROWS) for table in TABLES},
    )
    missing = frozenset(archive.manifest.images.missing)
    for table in TABLES:
        ids: list[str] = []
        for number, values in enumerate(read_rows(archive, table), 1):
            _check_row(checked, table, values, number)
            if table.ids.get(table.key) == table.name:
                ids.append(values[table.key])
            if table.name == "images":
                _check_image(archive, values, number, max_image_bytes, missing)
            if number % _ROWS_PER_STEP == 0:
                step(_ROWS_PER_STEP)
                look_up(table, ids)
                ids.clear()
        look_up(table, ids)
        if checked.ids[table.name].has_repeated:
            raise InvalidInputError(f"The table {table.name} of the archive has an id twice. Export the project again.")
    if archive.manifest.tables["projects"].rows != 1:
        raise InvalidInputError("The archive has not exactly one project. Export the project again.")
    return checked


def _check_row(checked: CheckedArchive, table: MovedTable, values: dict[str, Any], number: int) -> None:
    """Add the ids of a row to *checked*, after what it refers to was found there."""
    if values.get("project_id", checked.archive.manifest.project_id) != checked.archive.manifest.project_id:
        raise _contradicts(table, number, "project_id")
    for name in table.must_exist:
        if name != "project_id" and values[name] is not None and not _exists(checked, table, name, values[name]):
            raise _contradicts(table, number, name)
    key: Any = values.get(table.key)
    if table.ids.get(table.key) == table.name:
        checked.ids[table.name].add(key)
    elif table.key in table.numbers and not checked.numbers[table.name].add(key):
        raise _contradicts(table, number, table.key)
    if table.name == "projects" and key != checked.archive.manifest.project_id:
        raise _contradicts(table, number, "id")


def _exists(checked: CheckedArchive, table: MovedTable, name: str, value: Any) -> bool:
    if name in table.numbers:
        return value in checked.numbers[table.numbers[name]]
    known = checked.ids[table.ids[name]]
    return all(id_ in known for id_ in value.split(",") if id_)


def _check_image(
    archive: OpenedArchive, values: dict[str, Any], number: int, max_image_bytes: int, missing: Container[str]
) -> None:
    """Check that the file of an image is there, or is said to be missing."""
    if values["size"] > max_image_bytes:
        raise InvalidInputError(
            f"The image {values['image_name'][:80]} has {values['size'] / 1e6:,.0f} MB, more than this installation "
            "takes (VITRINE_MAX_IMAGE_BYTES). Raise that limit and import again."
        )
    is_there = image_file(stored_path(values)) in archive.names
    if not is_there and values["sha256"] not in missing:
        raise InvalidInputError(
            f"The archive has no file for image {number:,}, {values['image_name'][:80]}. Export the project again."
        )


def stored_path(values: dict[str, Any]) -> str:
    """Return the path of an original in the storage."""
    return f"{values['sha256'][:2]}/{values['sha256']}{EXTENSIONS[values['format']][0]}"


def _contradicts(table: MovedTable, number: int, name: str) -> InvalidInputError:
    return InvalidInputError(
        f"Row {number:,} of {table.name} refers to something that the archive does not have ({name}). Export the "
        "project again."
    )
