"""The images of an entry or a question: one, or several in an order."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from core.db import Images
from core.errors import InvalidInputError, NotFoundError

MAX_IMAGES = 32
"""Trainers read all images of an entry at once; public sets of several images have up to 20."""


def images_by_ids(session: Session, project_id: str, image_ids: Sequence[str]) -> list[Images]:
    """Return the images in the order of *image_ids*, which may name one more than once.

    Raises:
        InvalidInputError: there is none, or more than 32.
        NotFoundError: one is not in the project.
    """
    if isinstance(image_ids, str) or not 1 <= len(image_ids) <= MAX_IMAGES:
        raise InvalidInputError(f"An entry has 1 to {MAX_IMAGES} images. Give their ids in a list.", field="image_ids")
    found = {image.id: image for image in session.exec(select(Images).where(col(Images.id).in_(image_ids)))}
    for id_ in image_ids:
        image = found.get(id_)
        if image is None or not image.is_in_library or image.project_id != project_id:
            raise NotFoundError("This image is not in the project. Choose another one.", field="image_ids")
    return [found[id_] for id_ in image_ids]


def image_columns(images: Sequence[Images]) -> dict[str, Any]:
    """Return the columns of an entry about *images*."""
    first, *others = images
    return {
        "image_id": first.id, "image_name": first.image_name, "more_image_ids": ",".join(image.id for image in others),
    }  # fmt: skip
