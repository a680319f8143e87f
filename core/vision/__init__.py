"""What is in an image: text, objects, tags, vectors, captions.

Names are imported lazily: a module loads when one of its names is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.vision.store import AnalysisStore
    from core.vision.task import ImageAnalysisTask

_MODULES = {"AnalysisStore": "store", "ImageAnalysisTask": "task"}

__all__ = ["AnalysisStore", "ImageAnalysisTask"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'core.vision' has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
