"""The Vitrine format: every column of an entry with its history and model call, so that restoring is lossless."""

from collections.abc import Iterable

from core.export.checks.records import VitrineChecker
from core.export.entries import Entry, ExportImage, ImageGroup, Row, RowOptions, further_count
from core.export.formats.base import Format
from core.export.writing.base import JsonWriter

SCHEMA_VERSION = 1

_NOT_REPEATED = frozenset({"image_id", "more_image_ids", "more"})


def _row(entry: Entry, group: ImageGroup) -> Row:
    columns = {name: value for name, value in entry._asdict().items() if name not in _NOT_REPEATED}
    columns |= {"confirmed": bool(entry.confirmed), "rejected": bool(entry.rejected)}
    return {
        "schema_version": SCHEMA_VERSION,
        **columns,
        **(entry.more or {}),
        "split": group.split,
        "image": _image(group.image, group.ref),
        "further_images": [_image(image, ref) for image, ref, _ in group.further[: further_count(entry)]],
    }


def _image(image: ExportImage, file: str) -> Row:
    return {name: value for name, value in image._asdict().items() if name != "path"} | {"file": file}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry."""
    return (_row(entry, group) for entry in group.entries)


FORMAT = Format(
    name="vitrine",
    label="Vitrine",
    help="Lossless: generated and edited texts, decisions, history, model calls.",
    purpose="archive",
    install="pip install .  # in a checkout of Vitrine",
    load="from vitrine import read_vitrine\n\nentries = list(read_vitrine('{bundle}'))",
    run_in=("Vitrine",),
    rows=rows,
    writer=JsonWriter,
    checker=VitrineChecker,
    row_endings=("jsonl", "json"),
    includes_rejected=True,
    reads_several_images=True,
    detail="history",
)
