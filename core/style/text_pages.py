"""Which images of a style dataset are pages of text or pictures with a caption, among images that are not.

Such an image is typical of nothing but itself: sent as a reference for photographs, it puts letters into the result.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from core.style.features import StyleFeatures

MAX_TEXT_SHARE = 0.08
"""Of the area of the image; signs and labels in photographs cover less, captions of memes more."""
MAX_LINES = 20
_MOST_OF_THEM = 0.5  # a set with more of them is a set of texts, and they are its style

# Plain paper, light or dark, without color, with fine detail; set by the images of the sample project and drawn pages.
_MAX_CHROMA, _MIN_PAPER_PERCENT, _MIN_DETAIL = 6.0, 70.0, 0.8


def without_their_kind(
    features: Mapping[str, StyleFeatures | None], text_shares: Mapping[str, tuple[float, int]]
) -> set[str]:
    """Return the ids of images that are mostly text, when most of the others are not.

    Args:
        features: the style of each image by id.
        text_shares: for images whose text was read, the share of their area that it covers and its number of lines.
    """
    found = {
        id_
        for id_, own in features.items()
        if (_has_much_text(*text_shares[id_]) if id_ in text_shares else own is not None and looks_like_page(own))
    }
    return found if len(found) <= _MOST_OF_THEM * len(features) else set()


def looks_like_page(features: StyleFeatures) -> bool:
    """Return whether an image is paper with letters by its measurements alone."""
    paper = max(features.overall("highlight"), features.overall("shadow"))
    detail = float(features.group("bands")[0])
    return features.overall("chroma") < _MAX_CHROMA and paper > _MIN_PAPER_PERCENT and detail > _MIN_DETAIL


def text_share(lines: Iterable[Mapping[str, Any]], width: int | None, height: int | None) -> tuple[float, int]:
    """Return the share of an image's area that lines of text cover, and how many lines there are."""
    boxes = [line["box_xyxy"] for line in lines]
    area = sum(max(right - left, 0) * max(bottom - top, 0) for left, top, right, bottom in boxes)
    return area / max((width or 0) * (height or 0), 1), len(boxes)


def _has_much_text(share: float, lines: int) -> bool:
    return share > MAX_TEXT_SHARE or lines > MAX_LINES
