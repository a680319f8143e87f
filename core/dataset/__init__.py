"""Entries, one question about one image with its answer: create, search, review, count."""

from core.dataset.boxes import checked_boxes
from core.dataset.bulk import BulkResult
from core.dataset.collaboration import CollaborationService
from core.dataset.decisions import DecisionResult
from core.dataset.entries import EntryQueries
from core.dataset.entry_images import MAX_IMAGES, image_columns, images_by_ids
from core.dataset.filters import EntryFilter, Term, parse_search
from core.dataset.history import HistoryEvent
from core.dataset.queries import EntryPage
from core.dataset.review import ReviewService
from core.dataset.service import ImageDatasetService
from core.dataset.undo import UndoResult
from core.dataset.values import RATINGS

__all__ = [
    "MAX_IMAGES",
    "RATINGS",
    "BulkResult",
    "CollaborationService",
    "DecisionResult",
    "EntryFilter",
    "EntryPage",
    "EntryQueries",
    "HistoryEvent",
    "ImageDatasetService",
    "ReviewService",
    "Term",
    "UndoResult",
    "checked_boxes",
    "image_columns",
    "images_by_ids",
    "parse_search",
]
