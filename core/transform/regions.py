"""Regions: parts of an image that somebody or something marked, such as lines of text or things with their label."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from core.transform.boxes import Box

ENTRIES, DRAWN, TEXT, OBJECTS = "entries", "drawn", "text", "objects"
SOURCES = (ENTRIES, TEXT, OBJECTS)
"""Where regions come from: the boxes of the image's entries, or an analyzer by its name."""


class Region(NamedTuple):
    """A part of an image; *box* in px of the upright original, *score* 1 when a person marked it."""

    label: str
    box: Box
    score: float = 1.0


FindRegions = Callable[[Sequence[str], str], Mapping[str, Sequence[Region]]]
"""Returns the regions that an analyzer found, given the ids of images and its name; an image that it did not analyze is
missing."""


def no_regions(image_ids: Sequence[str], analyzer: str) -> Mapping[str, Sequence[Region]]:
    """Return no image: nothing was analyzed."""
    return {}


def labeled(regions: Sequence[Region], labels: Sequence[str]) -> list[Region]:
    """Return the regions with one of *labels*, upper and lower case alike; all of them for no label."""
    wanted = {label.strip().casefold() for label in labels if label.strip()}
    return [region for region in regions if not wanted or region.label.casefold() in wanted]
