"""Entries, one question about one image with its answer: create, search, review, count.

Names are imported lazily: the worker processes that read annotation files need the rules for values and no tables.
"""

from typing import TYPE_CHECKING, Any

from core.lazy import lazy_import

if TYPE_CHECKING:
    from core.dataset.boxes import checked_boxes
    from core.dataset.bulk import BulkResult
    from core.dataset.collaboration import CollaborationService
    from core.dataset.decisions import DecisionResult
    from core.dataset.edits import existing_entry
    from core.dataset.entries import EntryQueries
    from core.dataset.entry_images import MAX_IMAGES, image_columns, images_by_ids
    from core.dataset.filters import EntryFilter, Term, parse_search
    from core.dataset.guidelines.service import GuidelineService
    from core.dataset.history import HistoryEvent
    from core.dataset.messages import MessageService
    from core.dataset.queries import EntryPage
    from core.dataset.review import ReviewService
    from core.dataset.service import ImageDatasetService
    from core.dataset.undo import UndoResult
    from core.dataset.values import RATINGS

_MODULES = {
    "MAX_IMAGES": "entry_images",
    "RATINGS": "values",
    "BulkResult": "bulk",
    "CollaborationService": "collaboration",
    "DecisionResult": "decisions",
    "EntryFilter": "filters",
    "EntryPage": "queries",
    "EntryQueries": "entries",
    "GuidelineService": "guidelines.service",
    "HistoryEvent": "history",
    "ImageDatasetService": "service",
    "MessageService": "messages",
    "ReviewService": "review",
    "Term": "filters",
    "UndoResult": "undo",
    "checked_boxes": "boxes",
    "existing_entry": "edits",
    "image_columns": "entry_images",
    "images_by_ids": "entry_images",
    "parse_search": "filters",
}

__all__ = [
    "MAX_IMAGES",
    "RATINGS",
    "BulkResult",
    "CollaborationService",
    "DecisionResult",
    "EntryFilter",
    "EntryPage",
    "EntryQueries",
    "GuidelineService",
    "HistoryEvent",
    "ImageDatasetService",
    "MessageService",
    "ReviewService",
    "Term",
    "UndoResult",
    "checked_boxes",
    "existing_entry",
    "image_columns",
    "images_by_ids",
    "parse_search",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'core.dataset' has no attribute {name!r}")
    return getattr(lazy_import(f"{__name__}.{_MODULES[name]}"), name)
