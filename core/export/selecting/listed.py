"""Entries of a list, in any order and number: kept on disk until all are known, then read image by image."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

import orjson
from sqlmodel import col, select

from core.db import Database, ImageDatasets, Images
from core.export.entries import ARCHIVED_COLUMNS, Entry, ExportImage, FurtherImage, ImageGroup, entry_of, image_of
from core.export.recipe import SplitShares
from core.export.selecting.exclusions import IMAGE_DELETED, NO_ANSWER, NO_QUESTION
from core.export.selecting.query import by_images, histories
from core.export.selecting.splits import split_of

_ENTRIES_PER_QUERY = 1000
_CREATE = (
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
    "CREATE TABLE images (number INTEGER PRIMARY KEY, id TEXT UNIQUE);"
    "CREATE TABLE entries (position INTEGER PRIMARY KEY, image INTEGER, entry BLOB);"
)


class ListedEntries:
    """Entries grouped by their first image, in the order in which the images occur; those of one image as listed."""

    def __init__(self, db: Database, path: Path, *, with_history: bool) -> None:
        self._db, self._path, self._with_history = db, path, with_history
        self.left_out: Counter[str] = Counter()
        """Entries by the reason why they were left out."""
        self._split_keys: dict[str, str] = {}
        """Of variants: the sha256 of their original, in whose split they are."""
        self._pins: dict[str, str] = {}
        """Splits that images, or the originals of variants, were put into."""

    def groups(self, rows: Iterable[ImageDatasets], shares: SplitShares) -> Iterator[ImageGroup]:
        """Yield the entries of *rows* by image; those without question, answer or image are counted as left out."""
        with closing(sqlite3.connect(self._path)) as file:
            file.executescript(_CREATE)
            self._store(file, rows)
            entries = file.execute("SELECT image, entry FROM entries ORDER BY image, position")
            by_image = ([Entry(*orjson.loads(entry)) for _, entry in found] for _, found in groupby(entries, _NUMBER))
            while part := _until(_ENTRIES_PER_QUERY, by_image):
                yield from self._with_images(part, shares)

    def _store(self, file: sqlite3.Connection, rows: Iterable[ImageDatasets]) -> None:
        usable = (row for row in rows if self._is_usable(row))
        while part := list(islice(usable, _ENTRIES_PER_QUERY)):
            file.executemany("INSERT OR IGNORE INTO images (id) VALUES (?)", [(row.image_id,) for row in part])
            file.executemany(
                "INSERT INTO entries (image, entry) VALUES ((SELECT number FROM images WHERE id = ?), ?)",
                [(row.image_id, orjson.dumps(tuple(self._entry(row)))) for row in part],
            )
        file.execute("CREATE INDEX by_image ON entries (image, position)")

    def _is_usable(self, row: ImageDatasets) -> bool:
        if not (row.question or "").strip():
            self.left_out[NO_QUESTION] += 1
            return False
        if not (row.answer or "").strip():
            self.left_out[NO_ANSWER] += 1
            return False
        return True

    def _entry(self, row: ImageDatasets) -> Entry:
        entry = entry_of(row)
        if not self._with_history:
            return entry
        return entry._replace(more={name: getattr(row, name) for name in ARCHIVED_COLUMNS} | _NO_HISTORY)

    def _with_images(self, part: list[list[Entry]], shares: SplitShares) -> Iterator[ImageGroup]:
        groups = [group for entries in part for group in by_images(entries)]
        images = self._images({id_ for ids, _ in groups for id_ in ids})
        known = self._histories([entry.id for entries in part for entry in entries])
        for ids, entries in groups:
            if not all(id_ in images for id_ in ids):
                self.left_out[IMAGE_DELETED] += len(entries)
                continue
            first, *others = (images[id_] for id_ in ids)
            found = tuple(entry._replace(more=known.get(entry.id, entry.more)) for entry in entries)
            pin = self._pins.get(first.id)
            split = pin if pin in shares.names else split_of(self._split_keys.get(first.id, first.sha256), shares)
            yield ImageGroup(first, found, split, further=tuple(FurtherImage(image) for image in others))

    def _images(self, image_ids: set[str]) -> dict[str, ExportImage]:
        found: dict[str, ExportImage] = {}
        ids = sorted(image_ids)
        with self._db.reading() as session:
            for start in range(0, len(ids), _ENTRIES_PER_QUERY):
                some = col(Images.id).in_(ids[start : start + _ENTRIES_PER_QUERY])
                rows = list(session.exec(select(Images).where(some)))
                found |= {row.id: image_of(row) for row in rows}
                variants = {row.id: row.variant_of for row in rows if row.variant_of}
                originals = select(Images).where(col(Images.id).in_(set(variants.values())))
                known = {row.id: row for row in session.exec(originals)} if variants else {}
                self._split_keys |= {id_: known[of].sha256 for id_, of in variants.items() if of in known}
                pins = {row.id: row.pinned_split or _pin_of(known.get(row.variant_of or "")) for row in rows}
                self._pins |= {id_: pin for id_, pin in pins.items() if pin}
        return found

    def _histories(self, entry_ids: list[str]) -> dict[str, dict[str, object]]:
        if not self._with_history:
            return {}
        with self._db.reading() as session:
            return histories(session, entry_ids)


def _pin_of(original: Images | None) -> str | None:
    return original.pinned_split if original else None


_NUMBER = itemgetter(0)
_NO_HISTORY: dict[str, object] = {"history": [], "call": None}


def _until(entries: int, by_image: Iterator[list[Entry]]) -> list[list[Entry]]:
    """Return the next images with at least so many *entries* together; empty at the end."""
    part: list[list[Entry]] = []
    total = 0
    for found in by_image:
        part.append(found)
        total += len(found)
        if total >= entries:
            break
    return part
