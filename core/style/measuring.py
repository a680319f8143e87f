"""Measurements of stored images for style datasets, and which rows of a style dataset still need an analysis."""

from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core.db import StyleDatasetImages
from core.style import analysis

if TYPE_CHECKING:
    from core.images import ImageFile, ImageService
    from core.style.features import StyleFeatures

PERSON = "person"
"""Stands in ``analysis_model`` when a person edited the analysis: no model overwrites it."""


def style_of(images: "ImageService", image: "ImageFile") -> "StyleFeatures":
    """Return the style features of a stored image; blocks for a few milliseconds."""
    from PIL import Image

    from core.style.features import measure_style

    # Thumbnails are safe to decode here: the sandbox has decoded the original and encoded them anew.
    with Image.open(images.thumbnail_path(image)) as thumbnail:
        return measure_style(thumbnail)


def palette_of(images: "ImageService", image: "ImageFile") -> list[dict[str, Any]]:
    """Return the dominant colors of a stored image: name, hex, share (0-1)."""
    from PIL import Image

    from core.measure import measure

    with Image.open(images.thumbnail_path(image)) as thumbnail:
        return analysis.palette(measure(thumbnail))


def measure_image(images: "ImageService", image: "ImageFile") -> "tuple[dict[str, Any], StyleFeatures]":
    """Return the analysis of a stored image in words, and its style features; blocks for a few milliseconds."""
    from PIL import Image

    from core.measure import measure
    from core.style.features import measure_style

    with Image.open(images.thumbnail_path(image)) as thumbnail:
        features = measure_style(thumbnail)
        return analysis.measured_analysis(measure(thumbnail), features), features


def pending(session: Session, dataset_id: str, model: str) -> list[StyleDatasetImages]:
    """Return the images of the current version that *model* has not analyzed yet.

    The offline model only measures, so that it skips images with any analysis.
    """
    from core.llm import OFFLINE_MODELS

    row = StyleDatasetImages
    query = select(row).where(row.dataset_id == dataset_id, col(row.removed_in).is_(None))
    if model in OFFLINE_MODELS:
        query = query.where(row.analysis_model == "")
    else:
        query = query.where(col(row.analysis_model).not_in([model, PERSON]))
    return list(session.exec(query.order_by(col(row.position))))


def analyzed_elsewhere(session: Session, row: StyleDatasetImages, model: str) -> StyleDatasetImages | None:
    """Return a row of the same image in another style dataset that *model* has analyzed."""
    if row.image_id is None:
        return None
    same = select(StyleDatasetImages).where(
        StyleDatasetImages.image_id == row.image_id,
        StyleDatasetImages.analysis_model == model,
        StyleDatasetImages.id != row.id,
    )
    return session.exec(same.limit(1)).first()
