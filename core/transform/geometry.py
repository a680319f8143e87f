"""Steps of geometry: flip, rotate, crop, resize, pad. They move boxes along."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from core.transform.steps import Corners, SizeWH, Step, register

if TYPE_CHECKING:
    from PIL.Image import Image

RGB = tuple[int, int, int]
_ROUNDING = 1e-6


@register
@dataclass(frozen=True)
class Flip(Step):
    """Left and right exchanged."""

    operation: ClassVar[str] = "flip"

    def pixels(self, image: "Image") -> "Image":
        from PIL import ImageOps

        return ImageOps.mirror(image)

    def move(self, box: Corners, size_wh: SizeWH) -> Corners:
        left, top, right, bottom = box
        return size_wh[0] - right, top, size_wh[0] - left, bottom


@register
@dataclass(frozen=True)
class Rotate(Step):
    """Turned counterclockwise around the center; the image grows, so that nothing is cut off."""

    operation: ClassVar[str] = "rotate"
    degrees: float
    color: RGB = (127, 127, 127)
    """Of the corners that become free."""

    def pixels(self, image: "Image") -> "Image":
        from PIL import Image

        turned = image.rotate(self.degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=self.color)
        # Pillow rounds the new size in its own way.
        size_wh = self.size_after(image.size)
        return turned if turned.size == size_wh else turned.resize(size_wh, Image.Resampling.BICUBIC)

    def size_after(self, size_wh: SizeWH) -> SizeWH:
        sine, cosine = abs(math.sin(math.radians(self.degrees))), abs(math.cos(math.radians(self.degrees)))
        width, height = size_wh
        # The cosine of 90 degrees is not quite 0.
        return (
            math.ceil(width * cosine + height * sine - _ROUNDING),
            math.ceil(width * sine + height * cosine - _ROUNDING),
        )

    def move(self, box: Corners, size_wh: SizeWH) -> Corners:
        new_wh = self.size_after(size_wh)
        sine, cosine = math.sin(math.radians(self.degrees)), math.cos(math.radians(self.degrees))
        turned = []
        for x, y in ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])):
            from_center_x, from_center_y = x - size_wh[0] / 2, y - size_wh[1] / 2
            turned.append((
                from_center_x * cosine + from_center_y * sine + new_wh[0] / 2,
                -from_center_x * sine + from_center_y * cosine + new_wh[1] / 2,
            ))  # fmt: skip
        xs, ys = zip(*turned, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


@register
@dataclass(frozen=True)
class Crop(Step):
    """The part inside of a box."""

    operation: ClassVar[str] = "crop"
    left: int
    top: int
    right: int
    bottom: int

    def pixels(self, image: "Image") -> "Image":
        return image.crop((self.left, self.top, self.right, self.bottom))

    def size_after(self, size_wh: SizeWH) -> SizeWH:
        return self.right - self.left, self.bottom - self.top

    def move(self, box: Corners, size_wh: SizeWH) -> Corners:
        return box[0] - self.left, box[1] - self.top, box[2] - self.left, box[3] - self.top


@register
@dataclass(frozen=True)
class Resize(Step):
    """Scaled to a width and a height in px."""

    operation: ClassVar[str] = "resize"
    width: int
    height: int

    def pixels(self, image: "Image") -> "Image":
        from PIL import Image

        # LANCZOS is the sharpest filter of Pillow; reducing_gap makes large photographs four times as fast.
        return image.resize((self.width, self.height), Image.Resampling.LANCZOS, reducing_gap=3.0)

    def size_after(self, size_wh: SizeWH) -> SizeWH:
        return self.width, self.height

    def move(self, box: Corners, size_wh: SizeWH) -> Corners:
        x, y = self.width / size_wh[0], self.height / size_wh[1]
        return box[0] * x, box[1] * y, box[2] * x, box[3] * y


@register
@dataclass(frozen=True)
class Pad(Step):
    """A border of one color, in px for each side."""

    operation: ClassVar[str] = "pad"
    left: int
    top: int
    right: int
    bottom: int
    color: RGB = (255, 255, 255)

    def pixels(self, image: "Image") -> "Image":
        from PIL import ImageOps

        return ImageOps.expand(image, (self.left, self.top, self.right, self.bottom), fill=self.color)

    def size_after(self, size_wh: SizeWH) -> SizeWH:
        return size_wh[0] + self.left + self.right, size_wh[1] + self.top + self.bottom

    def move(self, box: Corners, size_wh: SizeWH) -> Corners:
        return box[0] + self.left, box[1] + self.top, box[2] + self.left, box[3] + self.top
