"""Storing the checked rows and images of an archive, in parts that survive an interruption."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from core.db import (
    Database,
    Events,
    ImageAnalyses,
    ImageHashes,
    IncomingProjects,
    LlmCalls,
    insert_rows,
    utc_now,
)
from core.db.base import new_values
from core.errors import ImageRejectedError, InvalidInputError
from core.images.near_duplicates import quarters
from core.images.storage import ImageStorage, translate_disk_errors
from core.images.structure import image_format
from core.moving.checking import CheckedArchive, Step, stored_path
from core.moving.contents import STAGED, TABLE, MovedTable
from core.moving.ids import IdMap
from core.moving.manifest import image_file
from core.moving.rows import PART_ROWS, read_parts, read_rows
from core.vision.store import EMBEDDING, derive

_IMAGES_PER_PART = 100
_COPY_BYTES = 1 << 20
_EVENTS = Events.__table__  # type: ignore[attr-defined]
_SET_UNDONE = update(_EVENTS).where(_EVENTS.c.id == bindparam("event")).values(undone_by=bindparam("by"))


class Loader:
    """Stores the rows of an archive under the incoming project, part by part."""

    def __init__(
        self, db: Database, storage: ImageStorage, checked: CheckedArchive, incoming: IncomingProjects, step: Step
    ) -> None:
        """
        Args:
            incoming: the state of the import; its progress is continued.
            step: called with the number of rows that were stored; may raise to stop.
        """
        self._db, self._storage, self._archive, self._step = db, storage, checked.archive, step
        self._project_id = incoming.project_id
        self._done: dict[str, int] = dict(incoming.progress.get("rows", {}))
        self._calls: list[list[int]] = list(incoming.progress.get("calls", []))
        self._numbers, self._vectors = checked.numbers, checked.vectors
        for name, first in incoming.progress.get("first", {}).items():
            self._numbers[name].first = list(first)
        project = (checked.archive.manifest.project_id, incoming.project_id)
        self._ids = IdMap(checked.ids, checked.numbers, project, has_new_ids=bool(incoming.has_new_ids))
        self._image_bytes = 0

    def run(self) -> None:
        """Store what is not stored yet.

        Raises:
            InvalidInputError: an image is not what its name says, or two rows contradict each other.
            StorageError: the disk is full or broken.
        """
        for table in STAGED:
            self._load(table)
        self._link_undone()

    def _load(self, table: MovedTable) -> None:
        done = self._done.get(table.name, 0)
        self._step(done)
        max_rows = _IMAGES_PER_PART if table.name == "images" else PART_ROWS
        for part in read_parts(self._archive, table, skip=done, max_rows=max_rows):
            if table.name == "images":
                self._store_files(part)
            try:
                with self._db.transaction() as session:
                    self._insert(session, table, part)
            except IntegrityError as error:
                raise InvalidInputError(
                    f"Two rows of {table.name} in the archive contradict each other. Export the project again."
                ) from error
            self._step(len(part))

    def _insert(self, session: Session, table: MovedTable, part: Sequence[dict[str, Any]]) -> None:
        """Insert a part and record that it is stored, in one transaction."""
        rows = [self._mapped(table, values) for values in part]
        first, calls = self._numbers[table.name].first, self._calls
        if table.key in table.numbers:
            start = _next_number(session, table)
            for number, row in enumerate(rows, start):
                row[table.key] = number
            first = [*first, start]
            calls = [*calls, [start, start + len(rows) - 1]] if table.row is LlmCalls else calls
        insert_rows(session, table.row, self._stored(session, rows) if table.name == "image_vectors" else rows)
        if table.key in table.numbers:
            _advance_sequence(session, table)
        if table.name == "images":
            insert_rows(session, ImageHashes, _hashes(rows))
        if table.name == "image_analyses":
            derive(session, self._project_id, list({row["image_id"] for row in rows}))
        done = {**self._done, table.name: self._done.get(table.name, 0) + len(rows)}
        numbers = {name: ids.first for name, ids in self._numbers.items() if ids.first}
        progress = {"rows": done, "first": {**numbers, table.name: first} if first else numbers, "calls": calls}
        _save(session, self._project_id, progress)
        # A transaction that fails ends the import, so these may be set before it is committed.
        self._done, self._numbers[table.name].first, self._calls = done, first, calls

    def _mapped(self, table: MovedTable, values: dict[str, Any]) -> dict[str, Any]:
        table.settle(values)
        for name, of in table.ids.items():
            values[name] = self._ids.reference(of, values[name])
        for name, of in table.numbers.items():
            values[name] = self._ids.number(of, values[name])
        for name in table.texts.split():
            values[name] = self._ids.text(values[name])
        for name in table.groups.split():
            values[name] = self._ids.group(values[name])
        if table.name == "images":
            values["path"] = stored_path(values)
        return new_values(table.row, **values)

    def _stored(self, session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows of vectors that can be used; the images of the others are analyzed again when asked for."""
        kept = [row for row in rows if self._vectors.has(row["kind"], row["vector"])]
        if len(kept) < len(rows):
            without = {row["image_id"] for row in rows} - {row["image_id"] for row in kept}
            of_images = col(ImageAnalyses.image_id).in_(without), col(ImageAnalyses.analyzer) == EMBEDDING
            session.execute(delete(ImageAnalyses).where(*of_images))
        now = utc_now()
        # What is written later has to be newer: an index of vectors is known to be current by the newest of them.
        return [{**row, "update_at": min(row["update_at"], now)} for row in kept]

    def _link_undone(self) -> None:
        """Set which event undid which: a later one, whose id is not known when the earlier one is stored."""
        new, rows = self._numbers["events"].new, read_rows(self._archive, TABLE["events"])
        undone = ({"event": new(row["id"]), "by": new(row["undone_by"])} for row in rows if row["undone_by"])
        for part in _parts(undone, PART_ROWS):
            with self._db.transaction() as session:
                session.connection().execute(_SET_UNDONE, part)

    # --- images ----------------------------------------------------------------------------------------------

    def _store_files(self, rows: Iterable[dict[str, Any]]) -> None:
        """Store the originals of image rows; those that are stored here already are not written again."""
        missing = set(self._archive.manifest.images.missing)
        wanted = {stored_path(row): row for row in rows if row["sha256"] not in missing}
        with self._storage.staging() as staging:
            for path, row in wanted.items():
                if not self._storage.originals.has(path):
                    self._extract(path, row, staging / row["sha256"])
            self._storage.store_originals(
                (staging / row["sha256"], row["sha256"], row["format"]) for row in wanted.values()
            )

    def _extract(self, path: str, row: dict[str, Any], to: Path) -> None:
        self._image_bytes += row["size"]
        if self._image_bytes > self._archive.manifest.images.bytes:
            raise _changed(row)
        digest, head = hashlib.sha256(), b""
        source = self._archive.files.open(image_file(path), row["size"])
        with translate_disk_errors(), source, to.open("wb") as target:
            while data := source.read(_COPY_BYTES):
                head = head or data[:64]
                digest.update(data)
                target.write(data)
        if digest.hexdigest() != row["sha256"] or not _has_format(head, row["format"]):
            raise _changed(row)


def _changed(row: dict[str, Any]) -> InvalidInputError:
    return InvalidInputError(
        f"The sum of image {row['image_name'][:80]} is wrong: the archive was changed or damaged. Export the project "
        "again."
    )


def _has_format(head: bytes, format_: str) -> bool:
    try:
        return image_format(head) == format_
    except ImageRejectedError:
        return False


def _hashes(images: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the index of difference hashes, as an import of images makes them."""
    for image in images:
        for quarter in quarters(image["dhash"]) if image["dhash"] else ():
            yield {"project_id": image["project_id"], "quarter": quarter, "image_id": image["id"]}


def _next_number(session: Session, table: MovedTable) -> int:
    """Return the first integer id that is free; until the end of the transaction nobody else takes it."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))
    column = table.row.__table__.c[table.key]  # type: ignore[attr-defined]
    return (session.execute(select(func.max(column))).scalar() or 0) + 1


def _advance_sequence(session: Session, table: MovedTable) -> None:
    """Let PostgreSQL continue behind the ids that were given; SQLite does so by itself."""
    if session.get_bind().dialect.name != "sqlite":
        newest = select(func.max(table.row.__table__.c[table.key])).scalar_subquery()  # type: ignore[attr-defined]
        session.execute(select(func.setval(func.pg_get_serial_sequence(table.name, table.key), newest)))


def _save(session: Session, project_id: str, progress: dict[str, Any]) -> None:
    session.execute(
        update(IncomingProjects).where(col(IncomingProjects.project_id) == project_id).values(progress=progress)
    )


def _parts(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part
