"""Steps of texture: blur, noise, JPEG."""

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, ClassVar

from core.transform.steps import Step, register

if TYPE_CHECKING:
    from PIL.Image import Image


@register
@dataclass(frozen=True)
class Blur(Step):
    """A Gaussian blur; *radius_px* is its standard deviation."""

    operation: ClassVar[str] = "blur"
    radius_px: float

    def pixels(self, image: "Image") -> "Image":
        from PIL import ImageFilter

        return image.filter(ImageFilter.GaussianBlur(self.radius_px))


@register
@dataclass(frozen=True)
class Noise(Step):
    """Gaussian noise, the same for the three channels as in dark photographs; *sigma* in steps of 255."""

    operation: ClassVar[str] = "noise"
    sigma: float
    seed: int

    def pixels(self, image: "Image") -> "Image":
        import numpy as np
        from PIL import Image

        shape = (image.height, image.width, 1)
        noise = np.random.default_rng(self.seed).standard_normal(shape, dtype=np.float32) * self.sigma
        changed = np.asarray(image, dtype=np.int16) + np.rint(noise).astype(np.int16)
        return Image.fromarray(changed.clip(0, 255).astype(np.uint8))


@register
@dataclass(frozen=True)
class Jpeg(Step):
    """Written as a JPEG of this quality and read again, which leaves its blocks."""

    operation: ClassVar[str] = "jpeg"
    quality: int

    def pixels(self, image: "Image") -> "Image":
        from PIL import Image

        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=self.quality)
        with Image.open(buffer, formats=["JPEG"]) as opened:
            return opened.convert("RGB")
