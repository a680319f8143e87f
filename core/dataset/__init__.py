"""Question-answer entries: making, finding, reviewing and counting them."""

from core.dataset.filters import EntryFilter, Term, parse_search
from core.dataset.queries import EntryPage
from core.dataset.review import BulkResult, Decided, HistoryEvent, UndoResult
from core.dataset.service import ImageDatasetService

__all__ = [
    "BulkResult",
    "Decided",
    "EntryFilter",
    "EntryPage",
    "HistoryEvent",
    "ImageDatasetService",
    "Term",
    "UndoResult",
    "parse_search",
]
