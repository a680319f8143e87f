"""Entries, one question about one image with its answer: create, search, review, count."""

from core.dataset.bulk import BulkResult
from core.dataset.collaboration import CollaborationService
from core.dataset.decisions import DecisionResult
from core.dataset.entries import EntryQueries
from core.dataset.filters import EntryFilter, Term, parse_search
from core.dataset.history import HistoryEvent
from core.dataset.insert import insert_entries
from core.dataset.queries import EntryPage
from core.dataset.review import ReviewService
from core.dataset.service import ImageDatasetService
from core.dataset.undo import UndoResult

__all__ = [
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
    "insert_entries",
    "parse_search",
]
