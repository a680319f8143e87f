"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.export.bundle": {
        "_FIRST_ENTRIES": 5,
        "_LARGE_IMAGE_PX": 768 * 768,
    },
    "core.export.change_preview": {
        "_SIDE_PX": 480,
    },
    "core.export.checks.base": {
        "_EXAMPLES": 3,
    },
    "core.export.checks.conversations": {
        "_MAX_IMAGE_BYTES": 10_000_000,
    },
    "core.export.checks.documents": {
        "_LARGEST_EXACT": 2**53,
    },
    "core.export.checks.grounding": {
        "_UNBOUNDED": (1 << 30, 1 << 30),
    },
    "core.export.checks.images": {
        "_ORIENTATION": 0x0112,
        "_ROTATED_BY_90": (5, 6, 7, 8),
    },
    "core.export.checks.vlmevalkit": {
        "_MAX_CELL_CHARS": 1 << 30,
        "_MAX_INDEX_CHARS": 64,
    },
    "core.export.earlier": {
        "_MAX_COMPARED": 50,
    },
    "core.export.entries": {
        "_MAX_NAME_CHARS": 60,
    },
    "core.export.entry_index": {
        "_ID_BYTES": 21,
        "_SPLIT_SHIFT": 28,
    },
    "core.export.formats.base": {
        "QWEN_MAX_ASPECT_RATIO": 200,
    },
    "core.export.formats.ms_swift": {
        "_MAX_SCORE": 5.0,
    },
    "core.export.formats.vitrine": {
        "SCHEMA_VERSION": 1,
    },
    "core.export.formats.vqa_v2": {
        "_ID_BITS": 52,
    },
    "core.export.reporting.card": {
        "_MAX_CELL_CHARS": 160,
        "_MAX_LISTED": 12,
    },
    "core.export.reporting.model_scores": {
        "_MOST_MODELS": 12,
    },
    "core.export.reporting.report": {
        "MAX_NAMED": 50,
    },
    "core.export.service": {
        "_MAX_PREVIEW_IMAGES": 300,
    },
    "core.export.versions": {
        "_PREVIEW_SIDE_PX": 1024,
    },
    "core.export.writing.changing": {
        "_TEXT_SCORE": 0.5,
    },
    "core.export.writing.target": {
        "_FIXED_TIME": (1980, 1, 1, 0, 0, 0),
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.export.checks.base:Findings.count": {"examined": 1},
    "core.export.checks.conversations:ConversationsChecker": {"has_system": False},
    "core.export.checks.conversations:ConversationsChecker.check_turns": {"ends_with": 1},
    "core.export.checks.records:RowsChecker": {"has_ids": True, "is_table": True},
    "core.export.dataset_exporter:DatasetExporterService.export_dataset": {
        "use_base64": False,
        "include_metadata": True,
        "copy_images": True,
    },
    "core.export.entries:Entry": {"version": 1, "confirmed": True, "rejected": False},
    "core.export.entries:RowOptions": {"metadata": True},
    "core.export.entry_exporter:ImageDatasetExporter.export_json": {"use_base64": False, "include_metadata": True},
    "core.export.entry_exporter:ImageDatasetExporter.export_jsonl": {"use_base64": False, "include_metadata": True},
    "core.export.entry_exporter:ImageDatasetExporter.export_with_images": {"copy_images": True},
    "core.export.entry_exporter:ImageDatasetExporter.export_huggingface_format": {"copy_images": True},
    "core.export.formats.base:Format": {
        "needs_every_split": False,
        "has_conversations": False,
        "reads_several_images": False,
        "compares_answers": False,
        "includes_rejected": False,
        "for_spreadsheets": False,
    },
    "core.export.layout:BundleLayout": {"formula_guard": True},
    "core.export.publish:Destination": {"public": False},
    "core.export.publish:parse_destination": {"public": False},
    "core.export.recipe:EntryChoice": {"confirmed_only": True, "generated_images": True},
    "core.export.recipe:SplitShares": {"train": 100},
    "core.export.recipe:ExportRecipe": {"metadata": True, "formula_guard": True},
    "core.export.selecting.entry_query:EntryQuery": {"includes_rejected": False},
    "core.export.service:ExportService.preview": {"rows": 3},
    "core.export.service:ExportService.list_exports": {"limit": 50},
    "core.export.writing.base:Writer": {"embeds_images": False, "needs_jpeg": False},
    "core.export.writing.files:WebDatasetWriter": {"embeds_images": True, "needs_jpeg": True},
    "core.export.writing.files:TsvWriter": {"embeds_images": True},
    "core.export.writing.images:image_source": {"as_jpeg": False},
    "core.export.writing.parquet:ParquetWriter": {"embeds_images": True},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS
