"""What is known about an image: what analyzers found in it, and its pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.llm.offline.see import limits
from core.llm.offline.see.vocabulary import LABELS

if TYPE_CHECKING:
    from PIL.Image import Image

Part = dict[str, Any]
"""A part of an image that proves an answer: ``label``, ``xyxy`` in px of the original, ``score``, ``tool``."""
_INNER = 0.2
"""Of each side of a box that is left out on each side: most of what is near its edges is background."""
_FAMILIES = {"dark blue": "blue"}


@dataclass(frozen=True)
class Scene:
    """An image as the tools see it."""

    size_wh: tuple[int, int]
    """px of the upright original, in which boxes are."""
    lines: Sequence[Part] | None
    """Lines of text; None when the text was not looked for."""
    objects: Sequence[Part] | None
    image: "Image | None" = None
    faint: Mapping[str, float] | None = None
    """Labels that are only suspected, with the best score; None when it is not known what is not there."""

    @classmethod
    def of(cls, seen: Mapping[str, Any], image: "Image | None" = None) -> "Scene":
        """Return the scene that ``core/questions/evidence.py`` describes."""
        tools = seen.get("tools") or {}
        width, height = seen.get("size") or (1, 1)
        return cls(
            (width, height), _parts(seen.get("lines"), "text", tools.get("text", "")),
            _parts(seen.get("objects"), "label", tools.get("objects", "")), image,
            seen.get("faint") if tools.get("objects", "").startswith(limits.PROVES_ABSENCE) else None,
        )  # fmt: skip

    @property
    def labels(self) -> list[str]:
        """The labels that were found, each once."""
        return list(dict.fromkeys(part["label"] for part in self.objects or ()))

    def of_label(self, label: str) -> list[Part]:
        """Return the objects of a label, the most certain first."""
        found = [part for part in self.objects or () if part["label"] == label]
        return sorted(found, key=lambda part: -part["score"])

    def is_absent(self, label: str) -> bool:
        """Return whether a label is not even suspected, by a detector that knows it and misses little of it."""
        return self.faint is not None and label in LABELS and label not in self.faint and not self.of_label(label)

    def read(self) -> list[Part]:
        """Return the lines that are certain, in reading order."""
        return [line for line in self.lines or () if line["score"] >= limits.READ]

    def is_read_completely(self) -> bool:
        """Return whether no line is too uncertain to be told letter by letter."""
        return not any(limits.DOUBTED <= line["score"] < limits.TOLD for line in self.lines or ())

    def region(self, part: Part) -> str | None:
        """Return where the center of a part is, as one of :data:`core.measure.REGIONS`; None near a border of two."""
        across = _third(part["xyxy"][0], part["xyxy"][2], self.size_wh[0], ("left", "", "right"))
        down = _third(part["xyxy"][1], part["xyxy"][3], self.size_wh[1], ("top", "", "bottom"))
        return None if across is None or down is None else " ".join(filter(None, (down, across))) or "center"

    def color(self, part: Part) -> str | None:
        """Return the color that covers most of a part; None when none does."""
        from core.measure import measure

        crop = self._inner(part)
        if crop is None:
            return None
        shares: dict[str, float] = {}
        for color in measure(crop).colors:
            family = _FAMILIES.get(color.name, color.name)
            shares[family] = shares.get(family, 0.0) + color.share
        best = max(shares, key=lambda name: shares[name])
        return best if best in limits.COLORS and shares[best] >= limits.COLOR_SHARE else None

    def _inner(self, part: Part) -> "Image | None":
        if self.image is None:
            return None
        left, top, right, bottom = part["xyxy"]
        dx, dy = (right - left) * _INNER, (bottom - top) * _INNER
        scale_x, scale_y = self.image.width / self.size_wh[0], self.image.height / self.size_wh[1]
        box = (
            round((left + dx) * scale_x), round((top + dy) * scale_y),
            round((right - dx) * scale_x), round((bottom - dy) * scale_y),
        )  # fmt: skip
        return self.image.crop(box) if box[2] - box[0] >= 4 and box[3] - box[1] >= 4 else None


def _parts(found: Any, name: str, tool: str) -> list[Part] | None:
    if found is None:
        return None
    return [
        {"label": part[name], "xyxy": part["box_xyxy"], "score": part["score"], "tool": tool} for part in found
    ]  # fmt: skip


_MARGIN = 0.04
"""Of a side: a center that is nearer to the border between two thirds is in neither."""


def _third(start: float, end: float, side: int, names: tuple[str, str, str]) -> str | None:
    center = (start + end) / 2 / side
    if any(abs(center - border) < _MARGIN for border in (1 / 3, 2 / 3)):
        return None
    return names[0] if center < 1 / 3 else names[1] if center < 2 / 3 else names[2]
