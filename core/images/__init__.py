"""Images in and out: sources, checks, storage, thumbnails, near-duplicates.

Names are loaded when they are used: the worker processes need the decoder and none of the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.images.filter import ImageFilter, ImagePage
    from core.images.import_outcome import ImageOutcome
    from core.images.renditions import ModelImage
    from core.images.service import ImageService
    from core.images.tasks import image_task_kinds

_HOMES = {
    "ImageFilter": "filter",
    "ImageOutcome": "outcome",
    "ImagePage": "filter",
    "ImageService": "service",
    "ModelImage": "copies",
    "image_task_kinds": "tasks",
}

__all__ = ["ImageFilter", "ImageOutcome", "ImagePage", "ImageService", "ModelImage", "image_task_kinds"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'core.images' has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
