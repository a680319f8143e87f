"""Comparing an export with the previous one: entries added, changed and removed, by id and version."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING

from core.export.entries import ImageGroup

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ID_BYTES = 21
_RECORD = [("id", f"S{_ID_BYTES}"), ("version", "<i4")]
_pack = Struct(f"<{_ID_BYTES}si").pack


class EntryIndex:
    """The ids and versions of the entries of an export, 25 bytes an entry."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def record(self, groups: Iterable[ImageGroup]) -> Iterator[ImageGroup]:
        """Yield *groups* unchanged, and add their entries to the index."""
        for group in groups:
            for entry in group.entries:
                self._bytes += _pack(entry.id.encode(), entry.version)
            yield group

    def save(self, path: Path) -> None:
        """Write the index to *path*."""
        path.write_bytes(self._bytes)

    def changes_since(self, path: Path) -> dict[str, int]:
        """Return how many entries were added, changed and removed since the index at *path* was saved."""
        return _compare(_table(path.read_bytes()), _table(bytes(self._bytes)))

    def differs_from(self, path: Path) -> bool:
        """Return whether the index at *path* has other entries or versions."""
        return path.read_bytes() != self._bytes


def _table(data: bytes) -> "NDArray[np.void]":
    import numpy as np

    return np.sort(np.frombuffer(data, dtype=_RECORD), order="id")


def _compare(old: "NDArray[np.void]", new: "NDArray[np.void]") -> dict[str, int]:
    import numpy as np

    common, in_old, in_new = np.intersect1d(old["id"], new["id"], return_indices=True)
    changed = int(np.count_nonzero(old["version"][in_old] != new["version"][in_new]))
    return {"added": len(new) - len(common), "changed": changed, "removed": len(old) - len(common)}
