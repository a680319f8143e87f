"""Preprocessing: the same changes for every image, as a recipe; the originals stay as they are.

The changes have a fixed order: redact, crop, resize, pad, grayscale, then format, quality and normalization.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.transform.boxes import Box, union
from core.transform.cover import PixelBox, Redact
from core.transform.geometry import RGB, Crop, Pad, Resize
from core.transform.regions import ENTRIES, Region, labeled
from core.transform.steps import SizeWH, Step, size_after
from core.transform.tone import Grayscale

MAX_SIDE_PX = 8192
_REDACT_MARGIN = 0.1
"""Of the shorter side of a redacted part: boxes of analyzers often touch what they are about."""

SidePx = Annotated[int, Field(ge=8, le=MAX_SIDE_PX)]
Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[str, Field(pattern=r"^[1-9]\d{0,3}:[1-9]\d{0,3}$", description="width to height, like 4:3")]
Color = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]
Source = Literal["entries", "text", "objects"]
Labels = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=100)]
Px = Annotated[float, Field(ge=-1e6, le=1e6)]


def _in_order(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return a box; one that covers nothing is refused, since what it was drawn around would stay to be seen."""
    if box[0] > box[2] or box[1] > box[3]:
        raise ValueError("A box needs left, top, right and bottom in this order")
    return box


DrawnBox = Annotated[tuple[Px, Px, Px, Px], AfterValidator(_in_order)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RedactRecipe(_Part):
    """What is made unrecognizable: regions of *sources*, and *drawn* boxes by the id of their image.

    An image that a named analyzer has not analyzed is left out: nobody knows what would be left to see.
    """

    sources: tuple[Source, ...] = ()
    labels: Labels = Field((), description="of regions of entries and objects; empty for all")
    drawn: dict[str, tuple[DrawnBox, ...]] = Field({}, description="left, top, right, bottom in px, by image id")
    how: Literal["blur", "black"] = "blur"


class CropRecipe(_Part):
    """Which part of an image is kept."""

    to: Literal["box", "center", "ratio", "regions"] = "center"
    box: tuple[Share, Share, Share, Share] | None = Field(
        None, description="left, top, right, bottom as shares of width and height"
    )
    share: float = Field(0.8, gt=0, le=1, description="of width and height that a crop to the center keeps")
    ratio: Ratio | None = Field(None, description="the largest part of this shape, around the center")
    source: Source = Field("objects", description="of a crop to regions")
    labels: Labels = ()
    margin: float = Field(0.1, ge=0, le=2, description="around the regions, as a share of their longer side")

    @model_validator(mode="after")
    def _is_complete(self) -> "CropRecipe":
        if self.to == "box" and (self.box is None or self.box[0] >= self.box[2] or self.box[1] >= self.box[3]):
            raise ValueError("A crop to a box needs left, top, right and bottom, from 0 to 1")
        if self.to == "ratio" and self.ratio is None:
            raise ValueError("A crop to a ratio needs the ratio, like 4:3")
        return self


class ResizeRecipe(_Part):
    """The size of an image.

    *fit* keeps everything inside of width and height, *fill* covers them and cuts the rest, *exact* stretches. Without
    *width* and *height* only *multiple_of* applies.
    """

    how: Literal["fit", "fill", "exact"] = "fit"
    width: SidePx | None = None
    height: SidePx | None = None
    multiple_of: int = Field(1, ge=1, le=256, description="each side becomes the nearest multiple of so many px")
    enlarge: bool = Field(False, description="whether fit makes small images larger")

    @model_validator(mode="after")
    def _is_complete(self) -> "ResizeRecipe":
        if self.how != "fit" and (self.width is None or self.height is None):
            raise ValueError(f"Resizing with {self.how} needs a width and a height")
        return self


class PadRecipe(_Part):
    """A border to a shape, around the image in its center."""

    ratio: Ratio = "1:1"
    color: Color = "#ffffff"


class NormalizeRecipe(_Part):
    """Mean and standard deviation of each channel, from 0 to 1; the defaults are those of ImageNet.

    *metadata* writes them beside the images, *float* also writes normalized pixels into parquet.
    """

    mean: tuple[Share, Share, Share] = (0.485, 0.456, 0.406)
    std: tuple[
        Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]
    ] = (0.229, 0.224, 0.225)
    write: Literal["metadata", "float"] = "metadata"


class Preprocessing(_Part):
    """How the images of an export, or a new version of an image, differ from the originals; always upright, in sRGB."""

    redact: RedactRecipe | None = None
    crop: CropRecipe | None = None
    resize: ResizeRecipe | None = None
    pad: PadRecipe | None = None
    grayscale: bool = False
    normalize: NormalizeRecipe | None = None
    format: Literal["JPEG", "PNG", "WEBP"] | None = Field(None, description="None: JPEG, or PNG for a PNG")
    quality: int = Field(92, ge=1, le=100, description="of JPEG and WebP")
    unfit: Literal["leave_out", "keep"] = Field(
        "leave_out", description="what happens to entries whose question a change breaks"
    )

    @property
    def changes_images(self) -> bool:
        """Whether images differ from upright copies of the originals."""
        kept = {"normalize", "unfit"}
        return any(
            getattr(self, name) != field.default for name, field in type(self).model_fields.items() if name not in kept
        ) or (self.normalize is not None and self.normalize.write == "float")

    def sources(self) -> set[str]:
        """Return the sources of the regions that it needs."""
        cropped = {self.crop.source} if self.crop and self.crop.to == "regions" else set()
        return {*(self.redact.sources if self.redact else ()), *cropped}


class CannotChangeError(ValueError):
    """An image cannot be changed as the recipe says; the text is the reason, as the end of a sentence."""


def steps_of(
    recipe: Preprocessing, image_id: str, size_wh: SizeWH, regions: Mapping[str, Sequence[Region]]
) -> list[Step]:
    """Return the steps of *recipe* for an image; those that would change nothing are left out.

    Args:
        size_wh: of the upright original, in px.
        regions: what is known of the image, by source; a source that has not analyzed it is missing.

    Raises:
        CannotChangeError: a region is needed that is not known.
    """
    steps: list[Step] = []
    if recipe.redact is not None and (boxes := _redacted(recipe.redact, image_id, size_wh, regions)):
        steps.append(Redact(boxes, recipe.redact.how))
    if recipe.crop is not None:
        box = _cropped(recipe.crop, size_wh, regions)
        if box != (0, 0, *size_wh):
            steps.append(Crop(*box))
            size_wh = steps[-1].size_after(size_wh)
    if recipe.resize is not None:
        steps += (resized := _resized(recipe.resize, size_wh))
        for step in resized:
            size_wh = step.size_after(size_wh)
    if recipe.pad is not None and (padded := _padded(recipe.pad, size_wh)) is not None:
        steps.append(padded)
    if recipe.grayscale:
        steps.append(Grayscale())
    return steps


def settle(recipe: Preprocessing, size_wh: SizeWH) -> list[Step]:
    """Return the steps after which a changed image of *size_wh* has the size and the shape of *recipe* again."""
    steps = _resized(recipe.resize, size_wh) if recipe.resize else []
    padded = _padded(recipe.pad, size_after(steps, size_wh)) if recipe.pad else None
    return [*steps, padded] if padded else steps


def _known(regions: Mapping[str, Sequence[Region]], source: str) -> Sequence[Region]:
    found = regions.get(source)
    if found is None:
        if source == ENTRIES:
            return ()
        raise CannotChangeError(
            f"its {source} was not analyzed" if source == "text" else f"its {source} were not analyzed"
        )
    return found


def _redacted(
    recipe: RedactRecipe, image_id: str, size_wh: SizeWH, regions: Mapping[str, Sequence[Region]]
) -> tuple[PixelBox, ...]:
    found: list[Box] = list(recipe.drawn.get(image_id, ()))
    for source in recipe.sources:
        # A line of text has what it says as its label.
        known = _known(regions, source)
        found += [region.box for region in (known if source == "text" else labeled(known, recipe.labels))]
    grown = (_grown(box, _REDACT_MARGIN * min(box[2] - box[0], box[3] - box[1]), size_wh) for box in found)
    return tuple(box for box in grown if box[0] < box[2] and box[1] < box[3])


def _grown(box: Box, margin_px: float, size_wh: SizeWH) -> PixelBox:
    left, top, right, bottom = box
    return (
        max(0, int(left - margin_px)), max(0, int(top - margin_px)),
        min(size_wh[0], int(right + margin_px) + 1), min(size_wh[1], int(bottom + margin_px) + 1),
    )  # fmt: skip


def _cropped(recipe: CropRecipe, size_wh: SizeWH, regions: Mapping[str, Sequence[Region]]) -> PixelBox:
    width, height = size_wh
    if recipe.to == "ratio":
        across, down = _ratio(recipe.ratio or "1:1")
        wide = min(width, max(1, round(height * across / down)))
        high = min(height, max(1, round(width * down / across)))
        return _centered((wide, high), size_wh)
    if recipe.to == "center":
        return _centered((max(1, round(width * recipe.share)), max(1, round(height * recipe.share))), size_wh)
    if recipe.to == "box" and recipe.box is not None:
        left, top, right, bottom = (round(share * side) for share, side in zip(recipe.box, size_wh * 2, strict=True))
        return min(left, width - 1), min(top, height - 1), max(right, left + 1), max(bottom, top + 1)
    found = labeled(_known(regions, recipe.source), recipe.labels)
    if not found:
        raise CannotChangeError(f"it has no {' or '.join(recipe.labels) or 'box'} to crop to")
    around = union([region.box for region in found])
    return _grown(around, recipe.margin * max(around[2] - around[0], around[3] - around[1]), size_wh)


def _centered(part_wh: SizeWH, size_wh: SizeWH) -> PixelBox:
    left, top = (size_wh[0] - part_wh[0]) // 2, (size_wh[1] - part_wh[1]) // 2
    return left, top, left + part_wh[0], top + part_wh[1]


def _resized(recipe: ResizeRecipe, size_wh: SizeWH) -> list[Step]:
    width, height = size_wh
    steps: list[Step] = []
    target = size_wh
    if recipe.how == "fit":
        scale = min((recipe.width or MAX_SIDE_PX * 2) / width, (recipe.height or MAX_SIDE_PX * 2) / height)
        if recipe.width is None and recipe.height is None:
            scale = 1.0
        scale = scale if recipe.enlarge else min(scale, 1.0)
        target = max(1, round(width * scale)), max(1, round(height * scale))
    elif recipe.width and recipe.height:
        target = recipe.width, recipe.height
    if recipe.multiple_of > 1:
        target = _multiple(target[0], recipe.multiple_of), _multiple(target[1], recipe.multiple_of)
    if recipe.how == "fill":
        box = _cropped(CropRecipe(to="ratio", ratio=_as_ratio(target)), size_wh, {})
        if box != (0, 0, *size_wh):
            steps.append(Crop(*box))
            size_wh = steps[-1].size_after(size_wh)
    return [*steps, Resize(*target)] if target != size_wh else steps


def _multiple(side_px: int, of: int) -> int:
    return max(of, round(side_px / of) * of)


def _as_ratio(size_wh: SizeWH) -> str:
    return f"{size_wh[0]}:{size_wh[1]}"


def _ratio(ratio: str) -> tuple[int, int]:
    across, down = ratio.split(":")
    return int(across), int(down)


def _padded(recipe: PadRecipe, size_wh: SizeWH) -> Pad | None:
    across, down = _ratio(recipe.ratio)
    width, height = size_wh
    missing = max(0, round(height * across / down) - width), max(0, round(width * down / across) - height)
    if missing == (0, 0):
        return None
    left, top = missing[0] // 2, missing[1] // 2
    return Pad(left, top, missing[0] - left, missing[1] - top, rgb(recipe.color))


def rgb(color: str) -> RGB:
    """Return a color like ``#ff8800`` as three numbers."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
