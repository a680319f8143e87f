"""Matching the records in spools to images: runs in the workers of the sandbox, on files of any size."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from core.importing.matching import Match, ReferenceIndex, Written, directory_of, match
from core.importing.records import NOT_HERE
from core.importing.spool import load_images

SpoolPart = tuple[str, int, int, int]
"""Name of a spool, offset and length in bytes, number of records."""


class MatchSummary(NamedTuple):
    """What :func:`match_spools` found."""

    parts: tuple[tuple[int, int], ...]
    """Offset and length in bytes of the matches of each part of the spools."""
    urls: tuple[str, ...]
    """Those that no image fits, at most as many as were asked for."""
    is_complete: bool
    """Whether every name had an image, or several."""


def match_spools(
    directory: Path, parts: list[SpoolPart], references: list[Path], to: Path, max_urls: int
) -> MatchSummary:
    """Write the images of the records of each part to *to*: a JSON line with ids of images, or a reason, per record.

    Args:
        directory: of the spools.
        references: files with a reference and the id of its image in each line; a later one is asked for names that
            fit nothing in those before it.
        max_urls: how many of the URLs that no image fits are returned, to be fetched.
    """
    written = [*dict.fromkeys(name for part in parts for names in _names(directory, part) for name in names)]
    found: dict[Written, Match] = {}
    for file in references:
        left = [name for name in written if name not in found]
        if left:
            with file.open("rb") as lines:
                index = ReferenceIndex(orjson.loads(line) for line in lines)
            matches = match(left, index)
            found |= {name: place for name, place in matches.items() if place is not None}
    missing = [name.name for name in written if name not in found]
    urls = [name for name in dict.fromkeys(missing) if name.startswith(("http://", "https://"))]
    places = []
    with to.open("wb") as out:
        for part in parts:
            at = out.tell()
            out.write(orjson.dumps([_of_record(names, found) for names in _names(directory, part)]) + b"\n")
            places.append((at, out.tell() - at))
    return MatchSummary(tuple(places), tuple(urls[:max_urls]), not missing)


def _names(directory: Path, part: SpoolPart) -> Iterator[list[Written]]:
    """Yield the written image names of each record of a part."""
    spool, offset, length, _ = part
    for where, images in load_images(directory / spool, offset, length):
        folder = directory_of(where)
        yield [Written(name, folder) for name in images]


def _of_record(names: list[Written], found: dict[Written, Match]) -> list[str] | str:
    if not names:
        return "It names no image."
    ids = []
    for name in names:
        place = found.get(name)
        if place is None:
            return f"{NOT_HERE}{name.name}"
        if not place.image_id:
            return place.reason
        ids.append(place.image_id)
    return ids
