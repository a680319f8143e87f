"""The first images of an export as its recipe changes them, with their variants, before anything is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ImageRejectedError, MissingFileError
from core.export.entries import ExportImage, ImageGroup, ImagePlan
from core.export.recipe import ExportRecipe
from core.export.writing.changing import ChangeCounts, ImageChanges, fitting
from core.transform.rendering import Rendering, render_all

if TYPE_CHECKING:
    from core.images import ImageService
    from core.transform.regions import FindRegions

_SIDE_PX = 480


@dataclass(frozen=True)
class MadeImage:
    """A changed image or a variant, as a JPEG of at most 480 px."""

    label: str
    """Such as "Variant 1: flip, blur"."""
    size_wh: tuple[int, int]
    """px, as it is exported."""
    entries: int
    """How many entries it has."""
    data: bytes
    """Empty when it cannot be made."""


@dataclass(frozen=True)
class ChangedImage:
    """An image with what is made of it."""

    original: ExportImage
    made: Sequence[MadeImage]
    left_out: Sequence[str]
    """Why entries or variants are missing, as ends of sentences."""


def preview_changes(
    groups: Sequence[ImageGroup], recipe: ExportRecipe, images: "ImageService", find_regions: "FindRegions"
) -> list[ChangedImage]:
    """Return what *recipe* makes of the images of *groups*."""
    return [_of_one(group, recipe, images, find_regions) for group in groups]


def _of_one(
    group: ImageGroup, recipe: ExportRecipe, images: "ImageService", find_regions: "FindRegions"
) -> ChangedImage:
    changes = ImageChanges(recipe, find_regions)
    made = [one for one in changes.apply([group]) if one.plans]
    plans = [one.plans[0] for one in made]
    pictures = _rendered(plans, images)
    shown = [
        MadeImage(_label(plan), (one.image.width, one.image.height), len(one.entries), data)
        for one, plan, data in zip(made, plans, pictures, strict=True)
    ]
    return ChangedImage(group.image, shown, list(_reasons(changes.counts)))


def _label(plan: ImagePlan) -> str:
    names = ", ".join(dict.fromkeys(step.operation for step in plan.steps)) or "upright"
    return f"Variant {plan.variant}: {names}" if plan.variant else f"Changed: {names}"


def _reasons(counts: ChangeCounts) -> Iterator[str]:
    yield from counts.left_out
    yield from counts.not_made
    yield from (f"{operation}: {reason}" for operation, reason in counts.broken)
    yield from (f"a box is dropped: {reason}" for reason in counts.boxes_lost)


def _rendered(plans: Sequence[ImagePlan], images: "ImageService") -> list[bytes]:
    """Return the JPEG of each plan; empty for one that cannot be made."""
    with images.intake.workdir() as directory:
        wanted: dict[int, Rendering] = {}
        for number, plan in enumerate(plans):
            try:
                original = images.original_path(plan.original)
            except MissingFileError:
                continue
            wanted[number] = Rendering(
                original, directory / f"{number}.jpg", (*plan.steps, *fitting(plan, _SIDE_PX)), quality=85
            )
        made = dict(zip(wanted, render_all(images.settings, list(wanted.values())), strict=True))
        found = (made.get(number) for number in range(len(plans)))
        return [b"" if path is None or isinstance(path, ImageRejectedError) else path.read_bytes() for path in found]
