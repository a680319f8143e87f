"""Export: entries leave as files, one format each, with the proof that they load."""

from core.db import Exports
from core.export.exporter import FinishedExport, ImageDatasetExporter, PreviewRow
from core.export.formats import FORMATS, PURPOSES, Format, format_named
from core.export.recipe import EntryChoice, ExportRecipe, SplitShares
from core.export.selecting.query import SelectionCounts
from core.export.task import export_task_kinds

__all__ = [
    "FORMATS",
    "PURPOSES",
    "EntryChoice",
    "ExportRecipe",
    "Exports",
    "FinishedExport",
    "Format",
    "ImageDatasetExporter",
    "PreviewRow",
    "SelectionCounts",
    "SplitShares",
    "export_task_kinds",
    "format_named",
]
