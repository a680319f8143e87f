"""Images: decoding, storage, renditions, near-duplicates.

Names are imported lazily: the worker processes of the sandbox need the decoder and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.images.duplicate_groups import DuplicateFinder
    from core.images.duplicates import record
    from core.images.filter import ImageFilter, ImagePage
    from core.images.image_query import ImageQuery, ImageTerm, parse_image_query
    from core.images.import_outcome import ImageOutcome
    from core.images.intake import ImageIntake
    from core.images.library import ImageLibrary
    from core.images.queries import ImageQueries
    from core.images.renditions import ImageFile, ModelImage
    from core.images.service import ImageService
    from core.images.stored_file import DecodedImage, NewFile, StoredFile
    from core.images.tiles import Tile

_MODULES = {
    "DecodedImage": "stored_file",
    "DuplicateFinder": "duplicate_groups",
    "ImageFile": "renditions",
    "ImageFilter": "filter",
    "ImageIntake": "intake",
    "ImageLibrary": "library",
    "ImageOutcome": "import_outcome",
    "ImagePage": "filter",
    "ImageQueries": "queries",
    "ImageQuery": "image_query",
    "ImageService": "service",
    "ImageTerm": "image_query",
    "ModelImage": "renditions",
    "NewFile": "stored_file",
    "StoredFile": "stored_file",
    "Tile": "tiles",
    "parse_image_query": "image_query",
    "record": "duplicates",
}

__all__ = [
    "DecodedImage", "DuplicateFinder", "ImageFile", "ImageFilter", "ImageIntake", "ImageLibrary", "ImageOutcome",
    "ImagePage", "ImageQueries", "ImageQuery", "ImageService", "ImageTerm", "ModelImage", "NewFile", "StoredFile",
    "Tile", "parse_image_query", "record",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'core.images' has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
