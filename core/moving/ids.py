"""Ids of an imported project: kept when nothing here has one of them, otherwise derived from the old ones."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from core.db.base import ID_ALPHABET

# An id within a text or JSON, such as a search query or the address of an image.
_ID = re.compile(r"(?<![0-9A-Za-z_-])[0-9A-Za-z_-]{21}(?![0-9A-Za-z_-])")
# In JSON, integers under these keys are ids of this table.
_NUMBER_KEYS = {"call_id": "llm_calls"}


class KnownIds:
    """A set of ids of which 64 bits of a hash are kept: 8 bytes an id, so that millions fit into memory."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._is_sorted = True

    def add(self, id_: str) -> None:
        self._hashes.append(_hash(id_))
        self._is_sorted = False

    def __contains__(self, id_: str) -> bool:
        hash_, hashes = _hash(id_), self._sorted()
        place = bisect_left(hashes, hash_)
        return place < len(hashes) and hashes[place] == hash_

    @property
    def has_repeated(self) -> bool:
        """Whether an id was added twice."""
        return any(one == other for one, other in pairwise(self._sorted()))

    def _sorted(self) -> "array[int]":
        if not self._is_sorted:
            import numpy as np

            np.frombuffer(self._hashes, dtype=np.uint64).sort()
            self._is_sorted = True
        return self._hashes


class NumberIds:
    """Integer ids of an archive in ascending order, each with the new one it gets.

    Rows are stored in parts; the new ids of a part follow each other.
    """

    def __init__(self) -> None:
        self._old = array("q")
        self._part_begins = array("q")
        self.first: list[int] = []
        """The new id of the first row of each part that is stored."""

    def begin_part(self) -> None:
        """Let a part begin with the next row."""
        self._part_begins.append(len(self._old))

    def add(self, old: int) -> bool:
        """Add the id of the next row; return False when it is not larger than the one before."""
        if self._old and old <= self._old[-1]:
            return False
        self._old.append(old)
        return True

    def __contains__(self, old: int) -> bool:
        return self._place(old) is not None

    def new(self, old: int) -> int | None:
        """Return the new id; None when the archive has no such row, or its part is not stored yet."""
        place = self._place(old)
        part = -1 if place is None else bisect_right(self._part_begins, place) - 1
        if place is None or part >= len(self.first):
            return None
        return self.first[part] + place - self._part_begins[part]

    def _place(self, old: int) -> int | None:
        place = bisect_left(self._old, old)
        return place if place < len(self._old) and self._old[place] == old else None


class IdMap:
    """Translates the ids of an archive into those of the imported project."""

    def __init__(
        self,
        known: Mapping[str, KnownIds],
        numbers: Mapping[str, NumberIds],
        project: tuple[str, str],
        *,
        has_new_ids: bool,
    ) -> None:
        """
        Args:
            known: the ids of the archive by table.
            numbers: its integer ids by table.
            project: the old id of the project and the new one.
        """
        self._known, self._numbers = known, numbers
        self._old_project, self._project = project
        self._has_new_ids = has_new_ids

    def reference(self, table: str, old: str | None) -> str | None:
        """Return the new id for a reference to *table*; several ids are comma-separated.

        What the archive does not have gets an id that nothing has, so that it never refers to another project.
        """
        if not old:
            return old
        return ",".join(self._one(id_, self._is_known(table, id_)) for id_ in old.split(","))

    def number(self, table: str, old: int | None) -> int | None:
        """Return the new integer id; None for a row that the archive does not have."""
        return None if old is None else self._numbers[table].new(old)

    def group(self, old: str) -> str:
        return self._one(old, is_known=True)

    def text(self, value: Any) -> Any:
        """Return a text or JSON value in which every id of the archive, also in keys, is replaced by the new one."""
        if isinstance(value, str):
            return _ID.sub(self._replacement, value) if len(value) >= 21 and self._has_new_ids else value
        if isinstance(value, list):
            return [self.text(one) for one in value]
        if isinstance(value, dict):
            return {self.text(key): self._value(key, one) for key, one in value.items()}
        return value

    def _value(self, key: str, value: Any) -> Any:
        table = _NUMBER_KEYS.get(key)
        if table is not None and type(value) is int and value in self._numbers[table]:
            return self._numbers[table].new(value)
        return self.text(value)

    def _replacement(self, match: re.Match[str]) -> str:
        old = match[0]
        return self._one(old, is_known=True) if self._is_known("*", old) else old

    def _is_known(self, table: str, id_: str) -> bool:
        if id_ == self._old_project:
            return table in ("*", "projects")
        return any(id_ in known for known in self._ids_of(table))

    def _ids_of(self, table: str) -> Iterable[KnownIds]:
        return self._known.values() if table == "*" else (self._known[table],)

    def _one(self, old: str, is_known: bool) -> str:
        if old == self._old_project and is_known:
            return self._project
        return old if is_known and not self._has_new_ids else derived_id(self._project, old)


def derived_id(project_id: str, old: str) -> str:
    """Return the id that *old* becomes in a project: always the same, and as random as a new one."""
    first, *others = blake2b(old.encode(), key=project_id.encode()[:64], digest_size=21).digest()
    return ID_ALPHABET[first % 62] + "".join(ID_ALPHABET[byte & 63] for byte in others)


def _hash(id_: str) -> int:
    return int.from_bytes(blake2b(id_.encode(), digest_size=8).digest(), "little")
