"""Augmentation: what variants are made of, and how the numbers of their steps are drawn."""

import random
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from core.transform.boxes import Box, overlap, union
from core.transform.cover import Erase
from core.transform.geometry import Crop, Flip, Rotate
from core.transform.steps import SizeWH, Step
from core.transform.texture import Blur, Jpeg, Noise
from core.transform.tone import Brightness, Color, Contrast

Operation = Literal["flip", "rotate", "crop", "brightness", "contrast", "color", "blur", "noise", "jpeg", "erase"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
"""In the order in which they are applied."""

MAX_VARIANTS = 20
_ERASE_TRIES = 20


class Augmentation(BaseModel):
    """Variants of images: how many, and by which operations; the same seed draws the same variants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variants: int = Field(0, ge=0, le=MAX_VARIANTS, description="of each image; 0 makes none")
    operations: tuple[Operation, ...] = Field(OPERATIONS, min_length=1)
    most: int = Field(3, ge=1, le=len(OPERATIONS), description="operations of one variant")
    strength: Annotated[float, Field(gt=0, le=1)] = 0.5
    seed: int = Field(0, ge=0)
    splits: tuple[Literal["train", "validation", "test"], ...] = Field(
        ("train",), description="of an export: in which of them variants are made"
    )


def draw(operation: str, rng: random.Random, size_wh: SizeWH, strength: float, kept: list[Box]) -> Step | None:
    """Return the step of *operation* with numbers drawn by *rng*; None when the image has no place for it.

    Args:
        strength: 0 to 1, by which the ranges are scaled.
        kept: boxes in px that a crop keeps and an erased part does not touch.
    """
    if operation == "flip":
        return Flip()
    if operation == "rotate":
        return Rotate(round(rng.choice((-1, 1)) * rng.uniform(3.0, 3.0 + 17.0 * strength), 2))
    if operation == "crop":
        return _crop(rng, size_wh, strength, kept)
    if operation == "erase":
        return _erase(rng, size_wh, strength, kept)
    if operation == "blur":
        # Relative to the size: a photograph of 4,000 px hardly changes by a radius of 1 px.
        return Blur(round(0.5 + max(size_wh) / 1000 * rng.uniform(0.5, 0.5 + 2.4 * strength), 2))
    if operation == "noise":
        return Noise(round(rng.uniform(3.0, 3.0 + 24.0 * strength), 1), rng.randrange(2**31))
    if operation == "jpeg":
        return Jpeg(round(rng.uniform(70 - 55 * strength, 75)))
    return _tone(operation, _factor(rng, strength))


def _factor(rng: random.Random, strength: float) -> float:
    """Return a factor that makes a difference, above or below 1."""
    change = rng.uniform(0.1, 0.1 + 0.6 * strength)
    return round(1 + change if rng.random() < 0.5 else 1 - change, 3)


def _tone(operation: str, factor: float) -> Step:
    if operation == "brightness":
        return Brightness(factor)
    return Contrast(factor) if operation == "contrast" else Color(factor)


def _crop(rng: random.Random, size_wh: SizeWH, strength: float, kept: list[Box]) -> Step | None:
    width, height = size_wh
    share = rng.uniform(1 - 0.45 * strength, 0.97)
    wide, high = max(1, round(width * share)), max(1, round(height * share))
    left, top = rng.randint(0, width - wide), rng.randint(0, height - high)
    box = (left, top, left + wide, top + high)
    if kept:
        around = union(kept)
        box = (
            min(box[0], int(around[0])), min(box[1], int(around[1])),
            min(width, max(box[2], int(around[2]) + 1)), min(height, max(box[3], int(around[3]) + 1)),
        )  # fmt: skip
    return None if box == (0, 0, width, height) else Crop(*box)


def _erase(rng: random.Random, size_wh: SizeWH, strength: float, kept: list[Box]) -> Step | None:
    width, height = size_wh
    for _ in range(_ERASE_TRIES):
        area = width * height * rng.uniform(0.02, 0.02 + 0.18 * strength)
        ratio = rng.uniform(0.4, 2.5)
        wide, high = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
        if not 0 < wide < width or not 0 < high < height:
            continue
        left, top = rng.randint(0, width - wide), rng.randint(0, height - high)
        box = (left, top, left + wide, top + high)
        if not any(overlap(box, other) for other in kept):
            return Erase(*box)
    return None
