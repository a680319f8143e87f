"""Vitrine's own format: everything that is known about an entry, so that it comes back in with nothing lost."""

from collections.abc import Iterable

from core.export.checks import vitrine_checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import Format
from core.export.writing.base import json_writer

SCHEMA_VERSION = 1

_NOT_REPEATED = frozenset({"image_id", "more"})


def entry_to_row(entry: Entry, group: ImageGroup) -> Row:
    image = {name: value for name, value in group.image._asdict().items() if name != "path"}
    known = {name: value for name, value in entry._asdict().items() if name not in _NOT_REPEATED}
    known |= {"confirmed": bool(entry.confirmed), "rejected": bool(entry.rejected)}
    return {
        "schema_version": SCHEMA_VERSION,
        **known,
        **(entry.more or {}),
        "split": group.split,
        "image": image | {"file": group.ref},
    }


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    return (entry_to_row(entry, group) for entry in group.entries)


FORMAT = Format(
    name="vitrine",
    label="Vitrine",
    help="Everything: texts as generated and as edited, decisions, history, model calls. Read by Vitrine, lossless.",
    purpose="archive",
    load="from core.export.restore.restore import read_vitrine; entries = list(read_vitrine('{dir}'))",
    rows=rows,
    writer=json_writer,
    checker=vitrine_checker,
    row_files=("jsonl", "json"),
    keeps_rejected=True,
    lossless=True,
)
