"""The snapshot of an export: its entries, copied to disk within one short read transaction.

Writing images can take an hour, and a read transaction held open that long would block other writes.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlmodel import Session

from core.db import Database
from core.export.entries import Entry, ExportImage, FurtherImage, ImageGroup
from core.export.entry_index import EarlierEntries, EntryIndex
from core.export.recipe import Split, SplitShares
from core.export.selecting.entry_query import EntryQuery
from core.export.selecting.exclusions import NO_ANSWER, NO_QUESTION
from core.export.selecting.query import count_by_reason, drop_blank, selected_ids, stream
from core.export.selecting.removed import removed_entries
from core.export.selecting.splits import load_families, prevented_leaks, split_of

_BUFFER_BYTES = 1 << 20
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NAIVE_UTC

Selected = tuple[Sequence[Sequence[Any]], str, Sequence[Sequence[Any]]]
"""Images, their split and their entries, as plain values."""

UNCHANGED = "unchanged since the earlier export"
_ID, _VERSION = Entry._fields.index("id"), Entry._fields.index("version")
_DEFAULTS = tuple(Entry._field_defaults.get(name) for name in Entry._fields)


class Snapshot:
    """The entries of an export; the counts are filled when they are read."""

    def __init__(self, query: EntryQuery, shares: SplitShares, earlier: EarlierEntries | None = None) -> None:
        """
        Args:
            query: Which entries.
            shares: Of the splits.
            earlier: What an earlier export had: images with the same entries are left out, others keep their split.
        """
        self._query = query
        self._shares = shares
        self._earlier = earlier
        self.unchanged = EntryIndex()
        """Entries that are left out because an earlier export had them."""
        self.removed = 0
        """How many entries the earlier export had that are not selected any more."""
        self.entries = 0
        """Selected entries, including those with blank texts that the database does not recognize."""
        self.left_out: Counter[str] = Counter()
        """Entries by the reason why they were left out."""
        self.leaks: list[tuple[str, str, str]] = []
        """(image, related image, relation) of the pairs that are kept in one split."""

    def copied_to(self, path: Path, db: Database) -> Iterator[ImageGroup]:
        """Copy all entries to *path* in one read transaction, and return an iterator that reads them from there."""
        with db.reading() as session, path.open("wb", buffering=_BUFFER_BYTES) as file:
            for images, split, entries in self.select(session):
                file.write(orjson.dumps((images, split, [tuple(entry) for entry in entries]), option=_OPTIONS))
        return _read(path)

    def streamed(self, session: Session) -> Iterator[ImageGroup]:
        """Yield all entries while the transaction of *session* is open, for exports that write no images."""
        return (group_of(*selected) for selected in self.select(session))

    def select(self, session: Session) -> Iterator[Selected]:
        """Yield the entries by image, while the transaction of *session* is open."""
        # Blank texts are counted while reading: Python knows more white space than SQL.
        reasons = count_by_reason(session, self._query, ignore=(NO_QUESTION, NO_ANSWER))
        self.entries = reasons.pop("", 0)
        self.left_out.update(reasons)
        is_split = len(self._shares.names) > 1
        families = load_families(session, self._query.project_id) if is_split else None
        self.leaks = prevented_leaks(families, self._shares) if families else []
        only_split = self._shares.names[0]
        losing = self._images_losing_entries(session, self._earlier) if self._earlier else set()
        for images, found in stream(session, self._query):
            entries = drop_blank(found, self.left_out)
            if entries:
                key = families.split_key(images[0][0], images[0][2]) if families else ""
                split = split_of(key, self._shares) if families else only_split
                if self._earlier is not None:
                    split = self._earlier_split(self._earlier, entries) or split
                    if images[0][0] not in losing and self._has_all(self._earlier, entries, split):
                        continue
                yield images, split, entries

    def _images_losing_entries(self, session: Session, earlier: EarlierEntries) -> set[str]:
        """Return the first images of the entries that the earlier export had and this one has not.

        A conversation of an image is another one without them, also when the others are unchanged.
        """
        removed = earlier.without(selected_ids(session, self._query))
        self.removed = len(removed)
        return {entry.image_id for entry in removed_entries(session, removed)}

    def _earlier_split(self, earlier: EarlierEntries, entries: Sequence[Sequence[Any]]) -> Split | None:
        splits = (earlier.split_of(entry[_ID]) for entry in entries)
        return next((split for split in splits if split in self._shares.names), None)

    def _has_all(self, earlier: EarlierEntries, entries: Sequence[Sequence[Any]], split: str) -> bool:
        """Leave out the entries of an image, which is one row of some formats, if each one is unchanged."""
        if not all(earlier.has(entry[_ID], entry[_VERSION]) for entry in entries):
            return False
        self.left_out[UNCHANGED] += len(entries)
        for entry in entries:
            self.unchanged.add(entry[_ID], entry[_VERSION], split)
        return True


def _read(path: Path) -> Iterator[ImageGroup]:
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        for line in file:
            yield group_of(*orjson.loads(line))


def group_of(images: Sequence[Sequence[Any]], split: str, entries: Sequence[Sequence[Any]]) -> ImageGroup:
    """Return the group of plain values; columns that were not read have the defaults of ``Entry``."""
    # _make takes a third of the time of a call with arguments.
    missing = _DEFAULTS[len(entries[0]) :]
    made = tuple([Entry._make((*values, *missing)) for values in entries])
    first, *others = (ExportImage._make(image) for image in images)
    return ImageGroup(first, made, split, further=tuple(FurtherImage(image) for image in others))
