"""The index of an export: which entries it has, in which version and split, for comparing it with a later one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING

from core.export.entries import ImageGroup
from core.export.recipe import SPLITS, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ID_BYTES = 21
_RECORD = [("id", f"S{_ID_BYTES}"), ("mark", "<i4")]
_pack = Struct(f"<{_ID_BYTES}si").pack
# The version is in the lower bits of the mark, the split above it: 0 in an index that does not know it.
_SPLIT_SHIFT = 28
_VERSIONS = (1 << _SPLIT_SHIFT) - 1
_MARK_OF_SPLIT = {split: number << _SPLIT_SHIFT for number, split in enumerate(SPLITS, 1)}


@dataclass(frozen=True)
class IndexChanges:
    """How many entries an index has anew or in another version, and the ids of those that it has no more."""

    added: int
    changed: int
    removed: tuple[str, ...]


class EntryIndex:
    """Ids, versions and splits of the entries of an export, 25 bytes an entry."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def record(self, groups: Iterable[ImageGroup]) -> Iterator[ImageGroup]:
        """Yield *groups* unchanged, and add their entries to the index."""
        for group in groups:
            mark = _MARK_OF_SPLIT[group.split]  # type: ignore[index]
            self._bytes += b"".join([_pack(entry.id.encode(), entry.version | mark) for entry in group.entries])
            yield group

    def add(self, entry_id: str, version: int, split: str) -> None:
        """Add one entry."""
        self._bytes += _pack(entry_id.encode(), version | _MARK_OF_SPLIT[split])  # type: ignore[index]

    def extend(self, other: "EntryIndex") -> None:
        """Add the entries of another index."""
        self._bytes += other._bytes

    def save(self, path: Path) -> None:
        """Write the index to *path*."""
        path.write_bytes(self._bytes)

    def changes_since(self, path: Path) -> IndexChanges:
        """Return what was added, changed and removed since the index at *path* was saved."""
        return _compare(_table(path.read_bytes()), _table(bytes(self._bytes)))

    def differs_from(self, path: Path) -> bool:
        """Return whether the index at *path* has other entries or versions."""
        import numpy as np

        return not np.array_equal(_table(path.read_bytes()), _table(bytes(self._bytes)))


class EarlierEntries:
    """The entries of a saved index, by id."""

    def __init__(self, path: Path) -> None:
        import numpy as np

        read = np.frombuffer(path.read_bytes(), dtype=_RECORD)
        self._marks = dict(zip(read["id"].tolist(), read["mark"].tolist(), strict=True))

    def has(self, entry_id: str, version: int) -> bool:
        """Return whether the export had the entry in this version."""
        mark = self._marks.get(entry_id.encode())
        return mark is not None and mark & _VERSIONS == version

    def without(self, entry_ids: Iterable[str]) -> list[str]:
        """Return the ids of the entries that are not among *entry_ids*."""
        missing = set(self._marks)
        for entry_id in entry_ids:
            missing.discard(entry_id.encode())
        return [entry_id.decode() for entry_id in missing]

    def split_of(self, entry_id: str) -> Split | None:
        """Return the split that the entry had; None when it was not exported, or the index does not know it."""
        number = self._marks.get(entry_id.encode(), 0) >> _SPLIT_SHIFT
        return SPLITS[number - 1] if number else None


def _table(data: bytes) -> "NDArray[np.void]":
    """Return ids and versions, sorted by id."""
    import numpy as np

    table = np.sort(np.frombuffer(data, dtype=_RECORD), order="id")
    table["mark"] &= _VERSIONS
    return table


def _compare(old: "NDArray[np.void]", new: "NDArray[np.void]") -> IndexChanges:
    import numpy as np

    common, in_old, in_new = np.intersect1d(old["id"], new["id"], return_indices=True)
    changed = int(np.count_nonzero(old["mark"][in_old] != new["mark"][in_new]))
    removed = np.delete(old["id"], in_old).tolist()
    return IndexChanges(len(new) - len(common), changed, tuple(id_.decode() for id_ in removed))
