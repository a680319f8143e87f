"""Imports as tasks: with progress, independent of the page, and able to be cancelled and resumed."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sqlmodel import Session

from core.db import TaskItems
from core.errors import InvalidInputError
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind

if TYPE_CHECKING:
    from core.images.import_outcome import ImageOutcome
    from core.images.intake import ImageIntake
    from core.images.stored_file import StoredFile
    from core.importing.sources.base import LoadedChunk, Source


def image_task_kinds(intake: "ImageIntake") -> list[TaskKind]:
    """Return the kinds of tasks that add images."""
    return [ImportKind(intake)]


class ImportKind:
    """Adds the files of a source, a chunk at a time.

    ``config`` has ``source`` (the name of a source) and what that source asks for. The result of an item has
    ``counts`` by outcome, ``rows`` for the files whose outcome is not "added", and ``entries``.
    """

    task_type: ClassVar[str] = "image-import"
    label: ClassVar[str] = "Import images"

    def __init__(self, intake: "ImageIntake") -> None:
        self._intake = intake

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        source = _source(config)
        return [ItemPlan(payload=chunk) for chunk in source.plan(config, self._intake.import_context)]

    async def run_item(self, item: ItemContext) -> ItemResult:
        source = _source(item.config)
        loaded, stored = await asyncio.to_thread(self._load_and_store, source, item)
        return ItemResult(lambda session: self._record(session, item, source, loaded, stored))

    def _load_and_store(self, source: "Source", item: ItemContext) -> "tuple[LoadedChunk, list[StoredFile]]":
        with self._intake.workdir() as workdir:
            loaded = source.load(item.payload, item.config, self._intake.import_context, workdir)
            return loaded, self._intake.store(loaded.files)

    def _record(
        self,
        session: Session,
        item: ItemContext,
        source: "Source",
        loaded: "LoadedChunk",
        stored: "list[StoredFile]",
    ) -> dict[str, Any]:
        from core.images.duplicates import record
        from core.importing.storing import add_entries

        outcomes = record(session, item.project_id, stored, source.name)
        entries = sum(
            add_entries(session, outcome.image, loaded.annotations.get(file.source_ref, ()), item.task_id)
            for file, outcome in zip(loaded.files, outcomes, strict=True)
        )
        counts = Counter(outcome.outcome for outcome in outcomes)
        counts["rejected"] += len(loaded.rejected)
        rows = [
            _row(file.name, outcome)
            for file, outcome in zip(loaded.files, outcomes, strict=True)
            if outcome.outcome != "added" or outcome.reason
        ]
        rows += [{"name": name, "outcome": "rejected", "reason": reason} for name, reason in loaded.rejected]
        return {"counts": {name: count for name, count in counts.items() if count}, "rows": rows, "entries": entries}


def _source(config: dict[str, Any]) -> "Source":
    from core.importing.sources import SOURCES

    found = next((source for source in SOURCES if source.name == config.get("source")), None)
    if found is None:
        names = ", ".join(source.name for source in SOURCES)
        raise InvalidInputError(f"Choose where the images come from: {names}.", field="source")
    return found


def _row(name: str, outcome: "ImageOutcome") -> dict[str, str]:
    image = outcome.image
    return {
        "name": name, "outcome": outcome.outcome, "reason": outcome.reason or "",
        "image_id": image.id if image else "", "sha256": image.sha256 if image else "",
    }  # fmt: skip


@dataclass(frozen=True)
class ImportOutcomes:
    """The outcomes of an import up to now."""

    counts: dict[str, int]
    """Files by outcome."""
    rows: list[dict[str, str]]
    """Name, outcome, reason, image_id and sha256 of each file whose outcome is not "added"."""
    entries: int


def outcomes_of(items: Iterable[TaskItems]) -> ImportOutcomes:
    """Add up the results of the items of an import."""
    counts: Counter[str] = Counter()
    rows: list[dict[str, str]] = []
    entries = 0
    for item in items:
        counts.update(item.result.get("counts", {}))
        rows += item.result.get("rows", [])
        entries += item.result.get("entries", 0)
    return ImportOutcomes(dict(counts), rows, entries)
