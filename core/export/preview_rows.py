"""The first rows of an export, shown before it is made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.export.entries import ImageGroup, file_name
from core.export.formats import format_named
from core.export.formats.base import row_options
from core.export.recipe import ExportRecipe


@dataclass(frozen=True)
class PreviewRow:
    """A row as its readers will see it, with the image it refers to."""

    image_id: str
    image_name: str
    sha256: str
    row: dict[str, Any]


def preview_rows(groups: Iterator[ImageGroup], recipe: ExportRecipe) -> Iterator[PreviewRow]:
    """Yield the rows that *recipe* makes of *groups*."""
    format_, options = format_named(recipe.format), row_options(recipe)
    for group in groups:
        image, name = group.image, file_name(group.image)
        shown = group.plans[0].original if group.plans else image
        ref = name if format_.writer.embeds_images else f"images/{name}"
        for row in format_.rows(ImageGroup(image, group.entries, group.split, ref), options):
            yield PreviewRow(shown.id, image.name, shown.sha256, row)
