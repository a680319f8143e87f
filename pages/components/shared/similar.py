"""The way from an image, wherever it stands, to those that are like it."""

from core.images import ImageQuery
from core.images.image_query import SIMILAR
from pages.components.shared import page


def go(image_id: str) -> None:
    """Open the Images page with the images that are most similar to one."""
    page.go("images", q=str(ImageQuery().with_term(SIMILAR, image_id)))
