"""Steps of tone and color: brightness, contrast, color, grayscale."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from core.transform.steps import Step, register

if TYPE_CHECKING:
    from PIL.Image import Image


@register
@dataclass(frozen=True)
class Brightness(Step):
    """Every channel multiplied by *factor*; 1 changes nothing."""

    operation: ClassVar[str] = "brightness"
    factor: float

    def pixels(self, image: "Image") -> "Image":
        from PIL import ImageEnhance

        return ImageEnhance.Brightness(image).enhance(self.factor)


@register
@dataclass(frozen=True)
class Contrast(Step):
    """The distance of each pixel to the mean gray multiplied by *factor*."""

    operation: ClassVar[str] = "contrast"
    factor: float

    def pixels(self, image: "Image") -> "Image":
        from PIL import ImageEnhance

        return ImageEnhance.Contrast(image).enhance(self.factor)


@register
@dataclass(frozen=True)
class Color(Step):
    """The distance of each pixel to its own gray multiplied by *factor*: 0 is gray."""

    operation: ClassVar[str] = "color"
    factor: float

    def pixels(self, image: "Image") -> "Image":
        from PIL import ImageEnhance

        return ImageEnhance.Color(image).enhance(self.factor)


@register
@dataclass(frozen=True)
class Grayscale(Step):
    """Without color, in three equal channels, as trainers expect RGB; the weights are those of ITU-R BT.601."""

    operation: ClassVar[str] = "grayscale"

    def pixels(self, image: "Image") -> "Image":
        return image.convert("L").convert("RGB")
