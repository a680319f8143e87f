"""Steps that cover a part: erase, for training; redact, for what nobody may see."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from core.transform.steps import Step, register

if TYPE_CHECKING:
    from PIL.Image import Image

RGB = tuple[int, int, int]
PixelBox = tuple[int, int, int, int]

_MOSAIC_PX = 6
"""Of the longer side of what is left of a redacted part: fewer than the strokes of a letter or the parts of a face."""


@register
@dataclass(frozen=True)
class Erase(Step):
    """A rectangle of one color (Zhong et al., 2017, "Random Erasing")."""

    operation: ClassVar[str] = "erase"
    left: int
    top: int
    right: int
    bottom: int
    color: RGB = (127, 127, 127)

    def pixels(self, image: "Image") -> "Image":
        changed = image.copy()
        changed.paste(self.color, (self.left, self.top, self.right, self.bottom))
        return changed


@register
@dataclass(frozen=True)
class Redact(Step):
    """Parts that cannot be recognized any more: as a coarse blur, or in black."""

    operation: ClassVar[str] = "redact"
    boxes: tuple[PixelBox, ...]
    how: Literal["blur", "black"] = "blur"

    def pixels(self, image: "Image") -> "Image":
        changed = image.copy()
        for box in self.boxes:
            changed.paste((0, 0, 0) if self.how == "black" else _coarse(image.crop(box)), box)
        return changed


def _coarse(part: "Image") -> "Image":
    """Return *part* with at most 6 x 6 different pixels: a Gaussian blur could be taken back in part."""
    from PIL import Image

    scale = min(1.0, _MOSAIC_PX / max(part.size))
    small = max(1, round(part.width * scale)), max(1, round(part.height * scale))
    return part.resize(small, Image.Resampling.BOX).resize(part.size, Image.Resampling.BILINEAR)
