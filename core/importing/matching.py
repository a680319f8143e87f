"""From the image names that annotations write to images: exact paths first, then tails of paths, then bare names.

Names are compared as they are written (NFC, with ``/`` for every backslash), then percent-decoded, then case-folded.
More than one candidate is no match, and nothing is put on an image that it might not mean:

- a tail is a match when one path is the whole tail of the other, or when an absolute path has at least two last parts
  in common with a single image; directories that differ name another image;
- written paths that fall on one image have to agree: each is the tail of the longest of them;
- a bare name is no match when another path means the image exactly;
- the last part of a web address alone is no match: servers have many files called ``1.jpg``.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

# Ends each part of a reversed path, so that paths with common last parts are neighbors when they are sorted.
_END = "\0"
_IS_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]|\w+://")
_IS_URL = re.compile(r"\w+://")
_IS_WEB_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_PLACE = re.compile(r"(:\d+| row \d+)$")

Rule = Literal["exact", "tail", "name"]


class Written(NamedTuple):
    """An image name as an annotation writes it."""

    name: str
    directory: str = ""
    """That of the annotation file, relative to the root of the import."""


class Match(NamedTuple):
    """The image that a written name means; when *image_id* is empty there is none, and *reason* says why."""

    image_id: str
    reason: str = ""


class _Found(NamedTuple):
    position: int
    rule: Rule


class ReferenceIndex:
    """The references of images: paths relative to the root of an import, names, or URLs.

    It holds sorted lists of reversed paths. A million paths take about 0.3 GB and 6 s, with capitals in each one twice
    as much (``bench/importing.py``).
    """

    def __init__(self, references: Iterable[tuple[str, str]]) -> None:
        """*references* are paths, each with the id of its image; several paths may belong to one image."""
        self.paths: list[str] = []
        self.image_ids: list[str] = []
        for path, image_id in references:
            self.paths.append(path)
            self.image_ids.append(image_id)
        levels: list[list[str]] = [[], [], []]
        for path in self.paths:
            for keys, key in zip(levels, normalized_keys(path), strict=True):
                keys.append(key)
        self._levels: list[tuple[list[str], array[int]]] = []
        for level, keys in enumerate(levels):
            is_repeated = level > 0 and keys == levels[level - 1]
            self._levels.append(self._levels[-1] if is_repeated else _sorted(keys))

    def find(self, written: Written) -> _Found | str | None:
        """Return the reference that *written* means; the reason when several fit, None when none does."""
        return next((found for found in self._candidates(written) if found is not None), None)

    def _candidates(self, written: Written) -> Iterator[_Found | str | None]:
        if written.directory and not _IS_ABSOLUTE.match(written.name):
            for level, key in self._different(normalized_keys(f"{written.directory}/{written.name}")):
                yield self._unique(level, key, "exact", written, whole=True)
        keys = self._different(normalized_keys(written.name))
        for level, key in keys:
            yield self._unique(level, key, "exact", written, whole=True)
        if _IS_URL.match(written.name):
            keys = self._different(normalized_keys(_path_of(written.name)))
        if not keys[0][1]:
            return
        for level, key in keys:
            yield self._by_tail(level, key, written)
        if _IS_WEB_ADDRESS.match(written.name):
            return
        for level, key in keys:
            name = key[: key.index(_END) + 1]
            yield self._unique(level, name, "name", written, whole=key != name)

    def _different(self, keys: tuple[str, str, str]) -> list[tuple[int, str]]:
        """Return the keys with their levels, without levels that would find the same again."""
        return [
            (level, key)
            for level, key in enumerate(keys)
            if not level or key != keys[level - 1] or self._levels[level] is not self._levels[level - 1]
        ]

    def _by_tail(self, level: int, key: str, written: Written) -> _Found | str | None:
        keys, _ = self._levels[level]
        at = bisect_left(keys, key)
        tail = max((_common(key, keys[near]) for near in (at - 1, at) if 0 <= near < len(keys)), key=len, default="")
        if tail.count(_END) < 2:
            return None
        if tail == key:
            return self._unique(level, tail, "tail", written)
        contained = self._unique(level, tail, "tail", written, whole=True)
        if contained is not None or not _IS_ABSOLUTE.match(written.name):
            return contained
        return self._unique(level, tail, "tail", written)

    def _unique(
        self, level: int, prefix: str, rule: Rule, written: Written, *, whole: bool = False
    ) -> _Found | str | None:
        """Return the reference whose reversed path is *prefix*, or begins with it; the reason when several do."""
        keys, order = self._levels[level]
        first = -1
        for at in range(bisect_left(keys, prefix), len(keys)):
            if keys[at] != prefix if whole else not keys[at].startswith(prefix):
                break
            if first < 0:
                first = order[at]
            elif self.image_ids[order[at]] != self.image_ids[first]:
                some = " and ".join(sorted((self.paths[first], self.paths[order[at]])))
                return f"{written.name} fits several images, such as {some}. Write the path in full."
        return _Found(first, rule) if first >= 0 else None


def match(written: Iterable[Written], index: ReferenceIndex) -> dict[Written, Match | None]:
    """Return the image that each name means, None where nothing fits. Give all names of an import together."""
    found = {name: index.find(name) for name in dict.fromkeys(written)}
    exact = {place.position for place in found.values() if isinstance(place, _Found) and place.rule == "exact"}
    keys: defaultdict[int, set[str]] = defaultdict(set)
    for name, place in found.items():
        if isinstance(place, _Found) and place.rule != "exact":
            keys[place.position].add(normalized_keys(_path_of(name.name))[-1])
    doubtful = {
        position
        for position, of_image in keys.items()
        if not _agree(of_image | {normalized_keys(index.paths[position])[-1]} if position in exact else of_image)
    }
    return {name: _decided(name, place, index, exact, doubtful) for name, place in found.items()}


def _decided(
    name: Written, place: _Found | str | None, index: ReferenceIndex, exact: set[int], doubtful: set[int]
) -> Match | None:
    if place is None:
        return None
    if isinstance(place, str):
        return Match("", place)
    path = index.paths[place.position]
    if place.rule == "name" and place.position in exact:
        return Match("", f"{name.name} could mean {path}, but another row names that image in full.")
    if place.rule != "exact" and place.position in doubtful:
        return Match("", f"{name.name} could mean {path}, but so could a path in another row that differs from it.")
    return Match(index.image_ids[place.position])


def _agree(keys: set[str]) -> bool:
    """Return whether each path is the tail of the longest one."""
    longest = max(keys, key=len)
    return all(longest.startswith(key) for key in keys)


def directory_of(where: str) -> str:
    """Return the directory of the annotation file of a record: ``a/b.json:3`` and ``a/b.csv row 3`` are in ``a``."""
    return _PLACE.sub("", where).rpartition("/")[0]


def normalized_keys(path: str) -> tuple[str, str, str]:
    """Return *path* as it is written, percent-decoded, and case-folded: its parts, last one first, each with an end.

    A URL is one part, and only itself.
    """
    if _IS_URL.match(path):
        return (path + _END,) * 3
    text = path if path.isascii() else unicodedata.normalize("NFC", path)
    plain = decoded = _reversed(text)
    if "%" in text:
        decoded = _reversed(unicodedata.normalize("NFC", unquote(text)))
    folded = decoded.lower() if decoded.isascii() else unicodedata.normalize("NFC", decoded.casefold())
    # The same object for equal keys: an index holds millions.
    return plain, decoded, decoded if folded == decoded else folded


def _reversed(text: str) -> str:
    parts: list[str] = []
    for part in text.replace("\\", "/").split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    parts.reverse()
    return _END.join((*parts, ""))


def _path_of(name: str) -> str:
    """Return the path of a URL with its host before it; any other name as it is."""
    if not _IS_URL.match(name):
        return name
    try:
        parts = urlsplit(name)
    except ValueError:
        return name
    return f"{parts.netloc}{parts.path}"


def _sorted(keys: list[str]) -> tuple[list[str], "array[int]"]:
    order = array("L", sorted(range(len(keys)), key=keys.__getitem__))
    return [keys[position] for position in order], order


def _common(key: str, other: str) -> str:
    """Return the common beginning of two reversed paths, in whole parts."""
    length = 0
    for part in key.split(_END):
        if not other.startswith(part + _END, length) or not key.startswith(part + _END, length):
            break
        length += len(part) + 1
    return key[:length]
