"""The Vitrine format: every column of an entry with its history and model call, so that restoring is lossless."""

from collections.abc import Iterable

from core.export.checks.records import VitrineChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import Format
from core.export.writing.base import JsonWriter

SCHEMA_VERSION = 1

_NOT_REPEATED = frozenset({"image_id", "more"})


def _row(entry: Entry, group: ImageGroup) -> Row:
    image = {name: value for name, value in group.image._asdict().items() if name != "path"}
    columns = {name: value for name, value in entry._asdict().items() if name not in _NOT_REPEATED}
    columns |= {"confirmed": bool(entry.confirmed), "rejected": bool(entry.rejected)}
    return {
        "schema_version": SCHEMA_VERSION,
        **columns,
        **(entry.more or {}),
        "split": group.split,
        "image": image | {"file": group.ref},
    }


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry."""
    return (_row(entry, group) for entry in group.entries)


FORMAT = Format(
    name="vitrine",
    label="Vitrine",
    help="Lossless: generated and edited texts, decisions, history, model calls. Restored by Vitrine.",
    purpose="archive",
    load="from core.export import read_vitrine; entries = list(read_vitrine('{dir}'))",
    rows=rows,
    writer=JsonWriter,
    checker=VitrineChecker,
    row_endings=("jsonl", "json"),
    includes_rejected=True,
    detail="history",
)
