"""Imports as tasks: they show progress, survive leaving the page, and can be cancelled and resumed."""

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
    from core.images.service import ImageService
    from core.images.sources.base import Source


def image_task_kinds(images: "ImageService") -> list[TaskKind]:
    """Return the kinds of work that bring images in."""
    return [ImportKind(images)]


class ImportKind:
    """Brings in the files of a source, a piece at a time.

    ``config`` holds ``source`` (the name of one of the sources) and what that source asks for. The result of an
    item has ``counts`` by outcome, ``rows`` for the files that were not simply added, and ``entries``.
    """

    task_type: ClassVar[str] = "image-import"
    label: ClassVar[str] = "Import images"

    def __init__(self, images: "ImageService") -> None:
        self._images = images

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        source = _source(config)
        return [ItemPlan(payload=piece) for piece in source.plan(config, self._images.import_place())]

    async def run_item(self, item: ItemContext) -> ItemResult:
        source = _source(item.config)

        def write(session: Session) -> dict[str, Any]:
            return self._record(session, item, source, prepared)

        prepared = await asyncio.to_thread(self._prepare, source, item)
        return ItemResult(write)

    def _prepare(self, source: "Source", item: ItemContext) -> Any:
        with self._images.workdir() as workdir:
            loaded = source.load(item.payload, item.config, self._images.import_place(), workdir)
            return loaded, self._images.keep(loaded.files)

    def _record(self, session: Session, item: ItemContext, source: "Source", prepared: Any) -> dict[str, Any]:
        from core.images.imported_annotations import add_entries
        from core.images.intake import record

        loaded, kept = prepared
        outcomes = record(session, item.project_id, kept, source.name)
        entries = sum(
            add_entries(session, outcome.image, loaded.notes.get(file.source_ref, ()), item.task_id)
            for file, outcome in zip(loaded.files, outcomes, strict=True)
        )
        counts = Counter(outcome.outcome for outcome in outcomes)
        counts["rejected"] += len(loaded.refused)
        rows = [
            _row(file.name, outcome)
            for file, outcome in zip(loaded.files, outcomes, strict=True)
            if outcome.outcome != "added" or outcome.reason
        ]
        rows += [{"name": name, "outcome": "rejected", "reason": reason} for name, reason in loaded.refused]
        return {"counts": {name: count for name, count in counts.items() if count}, "rows": rows, "entries": entries}


def _source(config: dict[str, Any]) -> "Source":
    from core.images.sources import SOURCES

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
    """What an import has brought so far."""

    counts: dict[str, int]
    """By outcome."""
    rows: list[dict[str, str]]
    """Name, outcome, reason, image_id and sha256 of each file that was not simply added."""
    entries: int


def outcomes_of(items: Iterable[TaskItems]) -> ImportOutcomes:
    """Put together what the items of an import have brought."""
    counts: Counter[str] = Counter()
    rows: list[dict[str, str]] = []
    entries = 0
    for item in items:
        counts.update(item.result.get("counts", {}))
        rows += item.result.get("rows", [])
        entries += item.result.get("entries", 0)
    return ImportOutcomes(dict(counts), rows, entries)
