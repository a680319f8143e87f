"""The index of difference hashes that finds the near-duplicates of a new image.

Multi-index hashing (Norouzi, Punjani and Fleet, 2012): a 64-bit hash is stored under each of its four 16-bit
quarters. By the pigeonhole principle, hashes that differ in at most three bits have at least one quarter in common.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlmodel import Session, col

from core.db import ImageHashes, Images, in_library
from core.measure import hash_distance

# Two photographs of the same scene differ by more; a smaller, brighter or recompressed copy by less.
MAX_DISTANCE_BITS = 3


@dataclass(frozen=True)
class IndexedImage:
    """An image of the project that a new one is compared with."""

    order: tuple[datetime, str]
    dhash: str
    name: str
    first_id: str
    """The first image of its group; its own id when it is in none."""


class NearDuplicateIndex:
    """The images of a project that share a quarter with the hashes of some new images."""

    def __init__(self, session: Session, project_id: str, hashes: Iterable[str]) -> None:
        self._session = session
        self._project_id = project_id
        self._by_quarter: defaultdict[int, list[IndexedImage]] = defaultdict(list)
        self._new_rows: list[dict[str, str | int]] = []
        wanted = {quarter for hash_ in hashes for quarter in quarters(hash_)}
        query = (
            select(
                col(ImageHashes.quarter), col(Images.create_at), col(Images.id), col(Images.dhash),
                col(Images.image_name), col(Images.near_duplicate_of),
            )
            .join(Images, col(ImageHashes.image_id) == col(Images.id))
            .where(
                col(ImageHashes.project_id) == project_id,
                col(ImageHashes.quarter).in_(wanted),
                in_library(),
            )
        )  # fmt: skip
        for quarter, create_at, id_, dhash, name, first_id in session.execute(query) if wanted else ():
            self._by_quarter[quarter].append(IndexedImage((create_at, id_), dhash, name, first_id or id_))

    def find(self, dhash: str, mirror_dhash: str) -> IndexedImage | None:
        """Return the oldest image within MAX_DISTANCE_BITS of one of the hashes."""
        return min(self.find_all(dhash, mirror_dhash), key=lambda indexed: indexed.order, default=None)

    def find_all(self, *hashes: str) -> set[IndexedImage]:
        """Return the images within MAX_DISTANCE_BITS of one of the hashes."""
        return {
            indexed
            for hash_ in hashes
            for quarter in quarters(hash_)
            for indexed in self._by_quarter[quarter]
            if hash_distance(indexed.dhash, hash_) <= MAX_DISTANCE_BITS
        }

    def add(self, image: Images) -> None:
        """Index a new image, for those that follow it in the same transaction too."""
        first_id = image.near_duplicate_of or image.id
        indexed = IndexedImage((image.create_at, image.id), image.dhash, image.image_name, first_id)
        for quarter in quarters(image.dhash):
            self._by_quarter[quarter].append(indexed)
            self._new_rows.append({"project_id": self._project_id, "quarter": quarter, "image_id": image.id})

    def write(self) -> None:
        """Insert the rows of the added images; the images themselves must be flushed."""
        if self._new_rows:
            self._session.execute(insert(ImageHashes), self._new_rows)


def quarters(dhash: str) -> list[int]:
    """Return the four 16-bit parts of a hash as index keys (position << 16 | bits), without those of plain areas."""
    found = []
    for number in range(4):
        value = int(dhash[number * 4 : number * 4 + 4], 16)
        # All zeros or all ones: no edges, so too many images share it.
        if value not in (0, 0xFFFF):
            found.append(number << 16 | value)
    return found
