"""Export: entries become files in one of many formats, checked by reading them back."""

from core.db import Exports
from core.export.change_preview import ChangedImage
from core.export.dataset_exporter import DatasetExporterService
from core.export.entry_exporter import ImageDatasetExporter
from core.export.formats import FORMATS, PURPOSES, Format, format_named, formats_for
from core.export.formats.recipes import parse_recipe
from core.export.image_splits import ImageSplits
from core.export.preview_rows import PreviewRow
from core.export.recipe import EntryChoice, ExportRecipe, SplitShares
from core.export.restore.restore import read_vitrine
from core.export.selecting.problems import ProblemCount
from core.export.selecting.query import SelectionCounts
from core.export.service import ExportService, FinishedExport
from core.export.task import export_task_kinds
from core.export.variant_task import ImageVariantTask, VariantRecipe
from core.export.versions import ImageVersions

__all__ = [
    "FORMATS",
    "PURPOSES",
    "ChangedImage",
    "DatasetExporterService",
    "EntryChoice",
    "ExportRecipe",
    "ExportService",
    "Exports",
    "FinishedExport",
    "Format",
    "ImageDatasetExporter",
    "ImageSplits",
    "ImageVariantTask",
    "ImageVersions",
    "PreviewRow",
    "ProblemCount",
    "SelectionCounts",
    "SplitShares",
    "VariantRecipe",
    "export_task_kinds",
    "format_named",
    "formats_for",
    "parse_recipe",
    "read_vitrine",
]
