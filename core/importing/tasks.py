"""Imports as tasks: with progress, independent of the page, and able to be cancelled and resumed."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlmodel import Session

from core.images.import_context import ImportContext
from core.images.staged_source import StagedSource
from core.importing.outcomes import (
    ImportOutcomes,
    add_to_task,
    image_row,
    left_out_row,
    note_row,
    outcomes_of,
    rejected_row,
    stored_result,
)
from core.importing.records import Problem, Record
from core.importing.shared_items import fetch_matched, fetch_opened, share_opened, share_read, with_source
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind

if TYPE_CHECKING:
    from core.images.import_outcome import ImageOutcome
    from core.images.intake import ImageIntake
    from core.images.stored_file import NewFile, StoredFile
    from core.importing.loading import Loaded
    from core.importing.matched_spools import SpoolPart

__all__ = ["ImportKind", "ImportOutcomes", "image_task_kinds", "outcomes_of"]

_UNREAD = (
    "This kind of file is not read. Images: JPEG, PNG, WebP. Annotations: JSON, JSONL, CSV, TSV, TXT. "
    "Tables: Parquet, Arrow, tar. Documents: PDF."
)
_INSTEAD = {
    ".xml": "XML is not read. Export it from CVAT as COCO 1.0, or convert Pascal VOC to COCO.",
    **dict.fromkeys((".pkl", ".pickle", ".p"), "Pickle files may run programs and are not read. Save it as JSON."),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "Spreadsheets are not read. Save it as CSV in UTF-8."),
    **dict.fromkeys((".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zip"), "This archive is not read. Unpack it."),
}
"""What to do with files that are often beside images."""
_NO_IMAGE = "The content is not a"
_IMAGE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif",
    ".avif", ".jp2", ".jxl", ".svg", ".ico", ".psd", ".dng",
})  # fmt: skip


def image_task_kinds(intake: "ImageIntake") -> list[TaskKind]:
    """Return the kinds of tasks that add images."""
    return [ImportKind(intake)]


class ImportKind:
    """Adds the images and entries of a source; the stages of its items are those of :mod:`core.importing.stages`.

    ``config`` has ``source`` (the name of a source) and what that source asks for. What the result of an item has says
    :mod:`core.importing.outcomes`.
    """

    task_type: ClassVar[str] = "image-import"
    label: ClassVar[str] = "Import"

    def __init__(self, intake: "ImageIntake", context: ImportContext | None = None) -> None:
        """*context* says what may be read; by default what the settings allow."""
        self._intake = intake
        self._context = context or intake.import_context
        self.source = StagedSource(self._context)

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        from core.importing.sources import source_of

        return list(source_of(config).plan(config, self._context))

    async def run_item(self, item: ItemContext) -> ItemResult:
        return await asyncio.to_thread(self._run, item)

    def _run(self, item: ItemContext) -> ItemResult:
        from core.importing import record_items

        do = item.payload.setdefault("do", _do_of_former(item.payload))
        own = self._context.uploads / item.task_id
        files = self.source.files(item.task_id)
        item = with_source(item, self.source)
        match do:
            case "bucket" | "open" | "find" | "download":
                return self._open(item, own)
            case "read":
                read, more = record_items.read_item(item.config, self._context, own, item.progress)
                share_read(files)
                return _result(item, record_items.read_result(read), more)
            case "match":
                is_again = bool(item.payload.get("again"))
                more = record_items.match_item(self._intake.db, item.project_id, item.task_id, files, is_again=is_again)
                return _result(item, {}, more)
            case "records":
                return self._store_records(item, own)
            case "restore":
                return self._restore(item)
            case "list":
                return _result(item, {"rows": item.payload["rows"]})
            case _:
                return self._load(item, own)

    def _open(self, item: ItemContext, own: Path) -> ItemResult:
        from core.importing.bucket_items import bucket_items
        from core.importing.opening_items import download_items, find_items, open_items

        items = {"bucket": bucket_items, "open": open_items, "find": find_items, "download": download_items}[
            item.payload["do"]
        ]
        more = items(item.payload, item.config, self._context, own)
        share_opened(self.source.files(item.task_id), item.payload, more)
        return _result(item, {}, more)

    def _load(self, item: ItemContext, own: Path) -> ItemResult:
        from core.importing.loading import load
        from core.importing.record_items import write_spool

        fetch_opened(self.source.files(item.task_id), item.payload)
        with self._intake.workdir() as workdir:
            loaded = load(item.payload, item.config, self._context, own, workdir)
            stored = self._intake.store(loaded.files)
        references = {file.source_ref for file in loaded.files}
        inside = [record for record in loaded.records if references.issuperset(record.images)]
        outside = [record for record in loaded.records if not references.issuperset(record.images)]
        spools = write_spool(own, f"table-{item.item_id}.jsonl", outside) if outside else []
        for spool, *_ in spools:
            self.source.files(item.task_id).put(spool)
        return ItemResult(lambda session: self._record(session, item, loaded, stored, inside, spools))

    def _record(
        self,
        session: Session,
        item: ItemContext,
        loaded: "Loaded",
        files: "list[StoredFile]",
        records: list[Record],
        spools: "list[SpoolPart]",
    ) -> dict[str, Any]:
        from core.images.duplicates import record
        from core.importing.storing import Matched, store_records

        outcomes = record(session, item.project_id, files, loaded.source)
        pairs = list(zip(loaded.files, outcomes, strict=True))
        if item.payload.get("are_classes"):
            _tag_with_classes(pairs)
        refs = {file.source_ref: outcome.image.id for file, outcome in pairs if outcome.image is not None}
        matched = [
            Matched(one, [refs[name] for name in one.images])
            if one.images and refs.keys() >= set(one.images)
            else Matched(one, (), "Its image was rejected." if one.images else "It names no image.")
            for one in records
        ]
        result = stored_result(store_records(session, item.project_id, item.task_id, matched))
        result["left_out"] |= {"row": len(loaded.problems)} if loaded.problems else {}
        rejected = [rejected_row(name, _reason(name, reason)) for name, reason in loaded.rejected]
        file_rows = _rows_of(pairs, has_made_names=loaded.source == "huggingface")
        said = [*map(left_out_row, loaded.problems), *map(note_row, loaded.notes)]
        result["rows"] = [*file_rows, *rejected, *said, *result["rows"]]
        counts = Counter(outcome.outcome for outcome in outcomes) + Counter(rejected=len(loaded.rejected))
        result |= {"counts": dict(counts), "refs": refs, "spools": spools}
        if loaded.source == "huggingface":
            result["names"] = [*_names_in_table(loaded.files, refs)]
        return add_to_task(session, item.task_id, result)

    def _store_records(self, item: ItemContext, own: Path) -> ItemResult:
        from core.importing.record_items import matched_records
        from core.importing.storing import store_records

        fetch_matched(self.source.files(item.task_id), item.payload)
        matched = matched_records(own, item.payload)

        def write(session: Session) -> dict[str, Any]:
            stored = store_records(session, item.project_id, item.task_id, matched)
            return add_to_task(session, item.task_id, stored_result(stored))

        return ItemResult(write)

    def _restore(self, item: ItemContext) -> ItemResult:
        from core.export.restore.restore import restore_export

        path = self._context.resolve(str(item.config["path"]))
        restored = restore_export(self._intake.db, self._intake, item.project_id, path, item.progress)
        found = restored.entries + restored.known + restored.rejected
        images = {"added": restored.images, "duplicate": restored.known_images}
        result = {
            "counts": {outcome: count for outcome, count in images.items() if count},
            "records": found, "questions": found, "entries": restored.entries, "known": restored.known,
            "left_out": {"image": restored.rejected} if restored.rejected else {},
        }  # fmt: skip
        if restored.rejected:
            reason = f"The image of {restored.rejected:,} entries is missing in the export or cannot be read."
            result["rows"] = [left_out_row(Problem(path.name, reason), "image")]
        return _result(item, result)


def _result(item: ItemContext, result: dict[str, Any], more: Sequence[ItemPlan] = ()) -> ItemResult:
    return ItemResult(lambda session: add_to_task(session, item.task_id, result), more)


def _tag_with_classes(pairs: "Iterable[tuple[NewFile, ImageOutcome]]") -> None:
    """Give new images their class, which their directory is called, as a tag."""
    from core.importing.class_directories import tag_of

    for file, outcome in pairs:
        if outcome.image is not None and outcome.outcome != "duplicate":
            outcome.image.tags = tag_of(file.name)


def _names_in_table(files: "Sequence[NewFile]", refs: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what annotation files beside a table may call the images inside it, with their ids."""
    from core.importing.table_files import made_name

    for file in files:
        if file.source_ref in refs and file.name != made_name(file.source_ref):
            yield file.name, refs[file.source_ref]


def _rows_of(pairs: "Iterable[tuple[NewFile, ImageOutcome]]", *, has_made_names: bool) -> Iterator[dict[str, str]]:
    """Yield the rows of the files that need a look; a made name that got its ending needs none."""
    for file, outcome in pairs:
        row = image_row(file.name, outcome)
        if outcome.outcome == "rejected":
            row["reason"] = _reason(file.name, row["reason"])
        if outcome.outcome != "added" or (outcome.reason and not has_made_names):
            yield row


def _reason(name: str, reason: str) -> str:
    """Return why a file was rejected; of one whose name is not that of an image, which files are read."""
    suffix = Path(name).suffix.lower()
    if not suffix or suffix in _IMAGE_SUFFIXES or not reason.startswith(_NO_IMAGE):
        return reason
    return _INSTEAD.get(suffix, _UNREAD)


def _do_of_former(payload: dict[str, Any]) -> str:
    """Return what an item does that was planned by a version without ``do``."""
    if "names" in payload:
        return "files"
    if "urls" in payload:
        return "urls"
    if "revision" in payload:
        return "download"
    return "pages" if "pages" in payload else "table"
