"""The file of a map: a cache below ``cache/maps``, made again when it is missing, damaged or too old."""

import logging
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.images.placing import place as place_file
from core.vision.map.groups import groups_of
from core.vision.map.layout import Basis, Progress, lay_out, principal_components
from core.vision.map.neighbors import Neighbors, Points

log = logging.getLogger(__name__)

SCALE = 65_535
"""Places are whole numbers from 0 to this: no screen has more pixels."""
_VERSION = 1
_SEED = 0
_ID_LENGTH = 21


@dataclass(frozen=True)
class Layout:
    """Where the images of a project are on its map."""

    ids: list[str]
    places: NDArray[np.uint16]
    """Shape (n, 2): x to the right, y upward."""
    groups: NDArray[np.uint8]
    reduced: NDArray[np.float16]
    """The vectors by the components of *basis*, for placing further images."""
    basis: Basis
    newest: datetime
    """When the newest of the vectors was written."""
    made_at: datetime

    @cached_property
    def search(self) -> Neighbors:
        """Finds the neighbors of further images."""
        return Neighbors(self.reduced.astype(np.float32))


def made(ids: list[str], vectors: NDArray[np.float16], newest: datetime, progress: Progress) -> Layout:
    """Return the layout of images by their vectors, which are finite; takes seconds to a minute."""
    progress(0.0, "reading vectors")
    basis = principal_components(vectors, _SEED)
    reduced = basis.reduce(vectors)
    places = lay_out(reduced, _SEED, progress)
    return Layout(
        ids, whole(places), groups_of(places), reduced.astype(np.float16), basis, newest, datetime.now(UTC)
    )  # fmt: skip


def whole(places: Points) -> NDArray[np.uint16]:
    """Return places from 0 to 1 as they are stored."""
    return np.round(np.clip(places, 0, 1) * SCALE).astype(np.uint16)


def path_of(data_dir: Path, project_id: str, kind: str) -> Path:
    """Return where the map of a project by vectors of *kind* is kept."""
    return data_dir / "cache" / "maps" / project_id / f"{kind.replace('/', '-').replace(' ', '-')}.npz"


def write(layout: Layout, path: Path) -> None:
    """Write a layout; its file is replaced in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".new")
    with written.open("wb") as file:
        np.savez(
            file, version=_VERSION, ids=np.array([id_.encode() for id_ in layout.ids], f"S{_ID_LENGTH}"),
            places=layout.places, groups=layout.groups, reduced=layout.reduced, mean=layout.basis.mean,
            components=layout.basis.components,
            times=np.array([layout.newest.timestamp(), layout.made_at.timestamp()]),
        )  # fmt: skip
    place_file(written, path)


def read(path: Path) -> Layout | None:
    """Return the layout of a file; None when there is none, or it is damaged or of another version.

    The layouts that were read last are kept in memory: of 100,000 images 20 MB.
    """
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        log.warning("The map %s cannot be read; it is made anew.", path.name)
        return None


@lru_cache(maxsize=4)
def _read(path: Path, changed_at_ns: int) -> Layout:
    with np.load(path, allow_pickle=False) as stored:
        if stored["version"] != _VERSION:
            raise ValueError("another version")
        newest, made_at = (datetime.fromtimestamp(float(time), UTC) for time in stored["times"])
        ids = [id_.decode() for id_ in stored["ids"].tolist()]
        basis = Basis(stored["mean"], stored["components"])
        layout = Layout(ids, stored["places"], stored["groups"], stored["reduced"], basis, newest, made_at)
    if not len(layout.places) == len(layout.groups) == len(layout.reduced) == len(ids):
        raise ValueError("parts of different lengths")
    return layout
