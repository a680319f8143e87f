"""The snapshot of an export: its entries, copied to disk within one short read transaction.

Writing images can take an hour, and a read transaction held open that long would block other writes.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlmodel import Session, select

from core.db import Database, ImageDatasets
from core.export.entries import Entry, ExportImage, FurtherImage, ImageGroup
from core.export.entry_index import EarlierEntries, EntryIndex
from core.export.recipe import Split, SplitShares
from core.export.selecting.entry_query import EntryQuery
from core.export.selecting.exclusions import NO_ANSWER, NO_QUESTION
from core.export.selecting.query import SelectionCounts, count_by_reason, drop_blank, selected_ids, stream
from core.export.selecting.removed import removed_entries
from core.export.selecting.splits import Families, load_families, prevented_leaks

_BUFFER_BYTES = 1 << 20
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NAIVE_UTC

Selected = tuple[Sequence[Sequence[Any]], str, Sequence[Sequence[Any]]]
"""Images, their split and their entries, as plain values."""

UNCHANGED = "unchanged since the earlier export"
_ID, _VERSION = Entry._fields.index("id"), Entry._fields.index("version")
_DEFAULTS = tuple(Entry._field_defaults.get(name) for name in Entry._fields)


class Snapshot:
    """The entries of an export; the counts are filled when they are read."""

    def __init__(
        self,
        query: EntryQuery,
        shares: SplitShares,
        earlier: EarlierEntries | None = None,
        near_by_vectors: Sequence[tuple[str, str]] = (),
        splits: Sequence[Split] = (),
    ) -> None:
        """
        Args:
            query: Which entries.
            shares: Of the splits.
            earlier: What an earlier export had: images with the same entries are left out, others keep their split, and
                new images get that of their family.
            near_by_vectors: ids of images that share a split because their vectors are near.
            splits: those with a share, and those that images were put into; by default the former.
        """
        self._query = query
        self._shares = shares
        self._earlier = earlier
        self._near_by_vectors = near_by_vectors
        self._splits = tuple(splits) or shares.names
        self.unchanged = EntryIndex()
        """Entries that are left out because an earlier export had them."""
        self.removed = 0
        """How many entries the earlier export had that are not selected any more."""
        self.pinned: Counter[str] = Counter()
        """Images that are in a split because a person put them or a relative there."""
        self.moved: list[str] = []
        """Ids of entries that are in another split than in the earlier export for that reason."""
        self.entries = 0
        """Selected entries, including those with blank texts that the database does not recognize."""
        self.left_out: Counter[str] = Counter()
        """Entries by the reason why they were left out."""
        self.leaks: list[tuple[str, str, str]] = []
        """(image, related image, relation) of the pairs that are kept in one split."""
        self.joined: Counter[str] = Counter()
        """How often two families of images became one, by the relation that joined them."""

    def copied_to(self, path: Path, db: Database) -> Iterator[ImageGroup]:
        """Copy all entries to *path* in one read transaction, and return an iterator that reads them from there."""
        with db.reading() as session, path.open("wb", buffering=_BUFFER_BYTES) as file:
            for images, split, entries in self.select(session):
                file.write(orjson.dumps((images, split, [tuple(entry) for entry in entries]), option=_OPTIONS))
        return _read(path)

    def streamed(self, session: Session) -> Iterator[ImageGroup]:
        """Yield all entries while the transaction of *session* is open, for exports that write no images."""
        return (group_of(*selected) for selected in self.select(session))

    def count(self, db: Database) -> SelectionCounts:
        """Return how many entries there are on how many images, and how many are left out by reason."""
        entries, image_ids = 0, set()
        with db.reading() as session:
            for images, _, found in self.select(session):
                entries += len(found)
                image_ids.add(images[0][0])
        return SelectionCounts(entries, len(image_ids), dict(self.left_out.most_common()))

    def select(self, session: Session) -> Iterator[Selected]:
        """Yield the entries by image, while the transaction of *session* is open."""
        # Blank texts are counted while reading: Python knows more white space than SQL.
        reasons = count_by_reason(session, self._query, ignore=(NO_QUESTION, NO_ANSWER))
        self.entries = reasons.pop("", 0)
        self.left_out.update(reasons)
        is_split = len(self._splits) > 1
        families = load_families(session, self._query.project_id, self._near_by_vectors) if is_split else None
        self.leaks = prevented_leaks(families, self._shares) if families else []
        self.joined = families.joined if families else Counter()
        of_family = self._earlier_splits(session, families, self._earlier) if families and self._earlier else {}
        losing = self._images_losing_entries(session, self._earlier) if self._earlier else set()
        for images, found in stream(session, self._query):
            entries = drop_blank(found, self.left_out)
            if entries:
                split = self._split(families, of_family, images[0], entries)
                if self._earlier is not None:
                    moved = self._moved(self._earlier, families, images[0][0], entries, split)
                    if not moved and images[0][0] not in losing and self._has_all(self._earlier, entries, split):
                        continue
                    self.moved += moved
                if families and families.root(images[0][0]) in families.pins:
                    self.pinned[split] += 1
                yield images, split, entries

    def _split(
        self,
        families: Families | None,
        of_family: dict[str, Split],
        image: Sequence[Any],
        entries: Sequence[Sequence[Any]],
    ) -> Split:
        """Return where a person put the image, else where an earlier export had it, else its split by hash."""
        if families is None:
            return self._splits[0]
        image_id, sha256 = image[0], image[2]
        root = families.root(image_id)
        if root not in families.pins and self._earlier is not None:
            earlier = self._earlier_split(self._earlier, entries) or of_family.get(root)
            if earlier is not None:
                return earlier
        return families.split_of(image_id, sha256, self._shares)

    def _moved(
        self,
        earlier: EarlierEntries,
        families: Families | None,
        image_id: str,
        entries: Sequence[Sequence[Any]],
        split: Split,
    ) -> list[str]:
        if families is None or families.root(image_id) not in families.pins:
            return []
        return [entry[_ID] for entry in entries if earlier.split_of(entry[_ID]) not in (None, split)]

    def _images_losing_entries(self, session: Session, earlier: EarlierEntries) -> set[str]:
        """Return the first images of the entries that the earlier export had and this one has not.

        A conversation of an image is another one without them, also when the others are unchanged.
        """
        removed = earlier.without(selected_ids(session, self._query))
        self.removed = len(removed)
        return {entry.image_id for entry in removed_entries(session, removed)}

    def _earlier_splits(self, session: Session, families: Families, earlier: EarlierEntries) -> dict[str, Split]:
        """Return the split that the oldest exported image of each family had, by the root of the family."""
        found: dict[str, Split] = {}
        for image_id in sorted(families.parents.keys() | set(families.parents.values()), key=families.ages.__getitem__):
            root = families.root(image_id)
            if root not in found:
                ids = session.exec(select(ImageDatasets.id).where(ImageDatasets.image_id == image_id))
                splits = (earlier.split_of(entry_id) for entry_id in ids)
                split = next((split for split in splits if split in self._splits), None)
                found |= {root: split} if split else {}
        return found

    def _earlier_split(self, earlier: EarlierEntries, entries: Sequence[Sequence[Any]]) -> Split | None:
        splits = (earlier.split_of(entry[_ID]) for entry in entries)
        return next((split for split in splits if split in self._splits), None)

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
