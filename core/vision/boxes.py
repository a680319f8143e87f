"""Boxes as models write them, read into px of the upright original: the one place that knows their forms.

A model writes the boxes that it was asked for in one of these forms:

=================  =====================================================================================
form               example, of a box over the right half of an image of 800 x 600 px
=================  =====================================================================================
top first, 1000    ``[0, 500, 1000, 1000]``: top, left, bottom, right, from 0 to 1000 of each side
left first, 1000   ``[500, 0, 1000, 1000]``: left, top, right, bottom, from 0 to 1000 of each side
left first, px     ``[400, 0, 800, 600]``: pixels of the image as the model sees it
left first, 1      ``[0.5, 0, 1, 1]``: shares of each side
=================  =====================================================================================

Corners can have names too (``x1``, ``xmin``, ``left``, ``width``, ...), which say their order. The form is decided for
all boxes of a reply together, by the first of these rules that applies:

1. No value is above 1: shares of each side.
2. The form of the model, by its name (``[[boxes]]`` of ``core/llm/providers.toml``); the prompt asks for the same.
3. The name ``box_2d``, which only Gemini's form has: top first, 0 to 1000.
4. A value is above 1000: pixels of the image that was sent.
5. What a model without a known form is asked for: left first, 0 to 1000. The reading says that this is not certain.

Values that do not fit the form are not read in another one: then it cannot be told where the boxes are. The reading has
no boxes, and its *problem* says why.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from core.errors import InvalidInputError
from core.llm.providers import BoxForm, box_form
from core.pluralize import pluralize

MAX_BOXES = 500
MAX_LABEL_CHARS = 200
ASKED = BoxForm("xyxy", "1000")
"""What a model without a known form is asked for."""

_TOLERANCE = 0.02  # of a side: models write edges a little outside
_ASKED_MAX = 1000 * (1 + _TOLERANCE)
_LABELS = ("label", "name", "object", "text", "class", "category")
_CORNERS = ("box", "box_2d", "bbox_2d", "bbox", "bounding_box", "boundingbox", "box_xyxy", "xyxy", "coordinates")
_NAMED = (
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("left", "top", "right", "bottom"),
    ("x", "y", "width", "height"),
    ("x", "y", "w", "h"),
    ("left", "top", "width", "height"),
)
_HAS_SIZE = {"width", "height", "w", "h"}
_GEMINI_NAME = "box_2d"

Size = tuple[int, int]
"""Width and height in px."""


@dataclass(frozen=True)
class BoxReading:
    """The boxes of a reply in the stored form of entries: ``label``, ``xyxy`` in px of the original, ``image``."""

    boxes: list[dict[str, Any]] = field(default_factory=list)
    problem: str = ""
    """Why boxes are missing or may be wrong; for the person who reviews them."""


class _Raw(NamedTuple):
    label: str
    corners: tuple[float, ...]
    name: str
    """What the corners were called."""
    is_named: bool
    """Whether each corner has a name, which says its order."""


class _Scale(NamedTuple):
    order: Literal["xyxy", "yxyx"]
    size: tuple[float, float]
    """What the width and height of the image are in the units of the reply."""


def seen_size(sent: Size, model: str) -> Size:
    """Return the size in which *model* sees an image that is sent in the size *sent*."""
    form = box_form(model)
    grid = form.grid_px if form else 1
    width, height = (max(grid, round(side / grid) * grid) for side in sent)
    return width, height


def asked_form(sent: Size, model: str) -> dict[str, str]:
    """Return the variables of the prompt that asks *model* for boxes: ``corners``, ``x_max`` and ``y_max``."""
    form = box_form(model) or ASKED
    corners = "[x1, y1, x2, y2]" if form.order == "xyxy" else "[y1, x1, y2, x2]"
    width, height = (1000, 1000) if form.unit == "1000" else seen_size(sent, model)
    return {"corners": corners, "x_max": str(width), "y_max": str(height)}


def read_boxes(value: Any, model: str, sent: Size, original: Size, *, image: int = 0) -> BoxReading:
    """Return the boxes in *value* in px of the upright original.

    Args:
        value: the boxes of a reply: a list, one box, or either as JSON text.
        model: as ``provider/model``.
        sent: the size of the image that the model got.
        original: the size of the upright original.
        image: the position of the image in its entry.
    """
    items = _items(value)
    raw = [box for box in map(_raw, items[:MAX_BOXES]) if box is not None]
    problems = []
    if len(raw) < len(items):
        problems.append(
            f"{len(items) - len(raw)} of {pluralize(len(items), 'box', 'boxes')} of the reply could not be read."
        )
    if not raw:
        return BoxReading(problem=" ".join(problems))
    try:
        scale = _scale(raw, model, sent)
        boxes = [found for box in raw if (found := _in_px(box, scale, original, image)) is not None]
    except InvalidInputError as error:
        return BoxReading(problem=str(error))
    if len(boxes) < len(raw):
        problems.append(f"{pluralize(len(raw) - len(boxes), 'box', 'boxes')} of the reply without an area.")
    if _is_guess(raw, model):
        problems.append(f"It is not known how {model} writes boxes; these were read as it was asked. Check them.")
    return BoxReading(boxes, " ".join(problems))


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value] if value.strip() else []
    if isinstance(value, Mapping):
        inner = next((value[name] for name in ("boxes", "objects", "items") if isinstance(value.get(name), list)), None)
        return [value] if inner is None else inner
    if not _is_list(value):
        return [] if value is None else [value]
    if len(value) == 1 and isinstance(value[0], str):
        return _items(value[0])
    is_one = len(value) == 4 and all(map(_is_number, value))
    return [value] if is_one else list(value)


def _raw(item: Any) -> _Raw | None:
    """Return a box as it was written; None when it is none."""
    if not isinstance(item, Mapping):
        corners = _four(item)
        return _Raw("", corners, "", False) if corners else None
    lowered = {str(key).strip().lower().replace("-", "_"): part for key, part in item.items()}
    label = next((lowered[name] for name in _LABELS if isinstance(lowered.get(name), str)), "")
    for name in _CORNERS:
        if corners := _four(lowered.get(name)):
            return _Raw(_clean(label), corners, name, False)
        if isinstance(lowered.get(name), Mapping):
            lowered = {str(key).strip().lower(): part for key, part in lowered[name].items()}
            break
    named = _named({key.replace("_", ""): part for key, part in lowered.items()})
    return _Raw(_clean(label), named, "", True) if named else None


def _four(value: Any) -> tuple[float, ...] | None:
    """Return four numbers; also of two corners."""
    if not _is_list(value):
        return None
    if len(value) == 2 and all(_is_list(part) and len(part) == 2 for part in value):
        value = [*value[0], *value[1]]
    return tuple(map(float, value)) if len(value) == 4 and all(map(_is_number, value)) else None


def _named(item: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Return left, top, right, bottom of corners that have names."""
    for names in _NAMED:
        if all(_is_number(item.get(name)) for name in names):
            left, top, right, bottom = (float(item[name]) for name in names)
            return (left, top, left + right, top + bottom) if _HAS_SIZE & set(names) else (left, top, right, bottom)
    return None


def _scale(raw: Sequence[_Raw], model: str, sent: Size) -> _Scale:
    """Return how the boxes of a reply are written, by the rules of this module.

    Raises:
        InvalidInputError: that cannot be told.
    """
    values = [value for box in raw for value in box.corners]
    form = box_form(model)
    order = form.order if form else "yxyx" if all(box.name == _GEMINI_NAME for box in raw) else "xyxy"
    if max(values) <= 1:
        return _Scale(order, (1.0, 1.0))
    is_px = form.unit == "px" if form else max(values) > _ASKED_MAX and order == "xyxy"
    if not is_px:
        return _Scale(order, (1000.0, 1000.0))
    if form and form.max_side_px and max(sent) > form.max_side_px:
        raise InvalidInputError(
            f"The boxes of {model} could not be placed: of images above {form.max_side_px} px it sees a smaller copy "
            "of unknown size. Send it images of at most 1024 px."
        )
    width, height = seen_size(sent, model)
    return _Scale(order, (float(width), float(height)))


def _is_guess(raw: Sequence[_Raw], model: str) -> bool:
    """Return whether only what was asked decided the form."""
    values = [value for box in raw for value in box.corners]
    is_told = max(values) > _ASKED_MAX or max(values) <= 1 or all(box.name == _GEMINI_NAME for box in raw)
    return box_form(model) is None and not is_told


def _in_px(box: _Raw, scale: _Scale, original: Size, image: int) -> dict[str, Any] | None:
    """Return a box in px of the original; None when it has no area.

    Raises:
        InvalidInputError: it lies outside of the image, so that it was written in another form.
    """
    first, second, third, fourth = box.corners
    swapped = scale.order == "yxyx" and not box.is_named
    shares = (second, first, fourth, third) if swapped else (first, second, third, fourth)
    sides = scale.size * 2
    if not all(
        -_TOLERANCE * side <= value <= side * (1 + _TOLERANCE) for value, side in zip(shares, sides, strict=True)
    ):
        raise InvalidInputError(
            "The boxes of the reply could not be placed: they do not fit the image in the form that the model was "
            "asked for. Draw them, or ask again."
        )
    xyxy = [
        round(min(max(value / side, 0.0), 1.0) * limit, 1)
        for value, side, limit in zip(shares, sides, original * 2, strict=True)
    ]
    if xyxy[0] >= xyxy[2] or xyxy[1] >= xyxy[3]:
        return None
    return {"label": box.label, "xyxy": xyxy, "image": image}


def _clean(label: str) -> str:
    return " ".join(label.replace("\0", "").encode("utf-8", "replace").decode("utf-8").split())[:MAX_LABEL_CHARS]


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
