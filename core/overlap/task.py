"""Comparing a project with a held-out set, as a task: its files are read like those of an import, and nothing is kept.

The result of an item has ``overlaps`` (rows of :class:`Overlap`), ``images`` and ``questions`` (how many of the
held-out set were compared) and ``rows`` (what could not be read). The sums are in the ``result`` of the task.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlmodel import Session, col, select

from core.checks import store
from core.db import Database, Images, TaskItems, Tasks
from core.errors import ImageRejectedError
from core.images.import_context import ImportContext
from core.images.sandbox import sandbox
from core.images.staged_source import StagedSource
from core.images.stored_file import NewFile, inspect_job
from core.importing import stages
from core.importing.outcomes import left_out_row, note_row, rejected_row
from core.importing.records import Problem, Record
from core.overlap import findings, hash_file
from core.overlap.hash_file import HashedImage, HashedQuestion, Unread, question_hash
from core.overlap.near_questions import near_key
from core.overlap.project_side import Overlap, QuestionHashes, VectorSide, image_overlaps, vector_side
from core.pluralize import pluralize
from core.tasks import ItemContext, ItemInterrupted, ItemPlan, ItemResult
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools

if TYPE_CHECKING:
    from core.images import ImageService
    from core.images.decode import Inspected

TASK_TYPE = "overlap-search"
_LINES_PER_BLOCK = 500
_MAX_UNREAD = 1_000
"""Of a hash file, so that the result stays small; the rest is counted."""
_SUMS = ("overlaps", "images", "questions")
_EMBEDDING = "embedding"
_NEAR_SCORE = 0.9
"""Of a question with the same content words: it has no measure, and is less sure than the same text."""
_LAST = (
    ItemPlan(payload={"do": "findings"}, stage=stages.STORE),
    ItemPlan(payload={"do": "remove_old"}, stage=stages.STORE + 1),
)


class OverlapTask:
    """Finds what a project has in common with a held-out set.

    ``config`` of the task has the ``path`` of the set: a directory, a ZIP archive, an export, a table, or a hash file.
    """

    task_type: ClassVar[str] = TASK_TYPE
    label: ClassVar[str] = "Compare with a held-out set"

    def __init__(
        self,
        db_session: Database,
        image_service: "ImageService",
        tools: Callable[[], Tools],
        context: ImportContext | None = None,
    ) -> None:
        """*context* says what may be read; by default what the settings allow."""
        self._db = db_session
        self._intake = image_service.intake
        self._context = context or self._intake.import_context
        self._tools = tools
        self.source = StagedSource(self._context)

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """See ``TaskKind.plan``."""
        from core.importing import path_items

        path = self._context.resolve(str(config.get("path") or ""))
        if hash_file.is_hash_file(path):
            hash_file.read_kind(path)
            return [ItemPlan(payload={"do": "hashes"}, stage=stages.LOAD), *_LAST]
        items = path_items.plan({**config, "source": "path", "restores": False}, self._context)
        return [*(item for item in items if item.payload["do"] != "match"), *_LAST]

    async def run_item(self, item: ItemContext) -> ItemResult:
        """See ``TaskKind.run_item``."""
        own = self._context.uploads / item.task_id
        item = await asyncio.to_thread(self._with_source, item)
        match item.payload["do"]:
            case "hashes":
                return await asyncio.to_thread(self._hashes, item)
            case "open":
                return ItemResult(more=await asyncio.to_thread(self._opened, item, own))
            case "read":
                return await asyncio.to_thread(self._annotations, item, own)
            case "findings":
                return await asyncio.to_thread(self._findings, item, own)
            case "remove_old":
                removed = await asyncio.to_thread(store.remove_old_runs, self._db, item.project_id, findings.CHECK)
                return ItemResult(lambda session: {"removed_runs": removed})
            case "list":
                return _result(item, [], rows=item.payload["rows"])
            case _:
                return await self._files(item, own)

    def _opened(self, item: ItemContext, own: Path) -> Sequence[ItemPlan]:
        from core.importing.opening_items import open_items
        from core.importing.shared_items import share_opened

        more = open_items(item.payload, item.config, self._context, own)
        share_opened(self.source.files(item.task_id), item.payload, more)
        return more

    def _with_source(self, item: ItemContext) -> ItemContext:
        from core.importing.shared_items import with_source

        return item if item.payload["do"] in ("findings", "remove_old") else with_source(item, self.source)

    # --- files -----------------------------------------------------------------------------------------------

    async def _files(self, item: ItemContext, own: Path) -> ItemResult:
        from core.importing.loading import load
        from core.importing.record_items import write_spool
        from core.importing.shared_items import fetch_opened

        files = self.source.files(item.task_id)
        await asyncio.to_thread(fetch_opened, files, item.payload)
        vectors = await asyncio.to_thread(vector_side, self._db, item.project_id)
        with self._intake.workdir() as workdir:
            loaded = await asyncio.to_thread(load, item.payload, item.config, self._context, own, workdir)
            rows = [rejected_row(name, reason) for name, reason in loaded.rejected]
            rows += [left_out_row(problem) for problem in loaded.problems]
            images = await self._hashed(loaded.files, workdir, vectors, rows)
        found = await asyncio.to_thread(self._overlaps, item.project_id, images, vectors)
        asked, same = await asyncio.to_thread(self._same_questions, item, loaded.records)
        spools = await asyncio.to_thread(write_spool, own, f"compared-{item.item_id}.jsonl", loaded.records)
        for spool, *_ in spools:
            await asyncio.to_thread(files.put, spool)
        both = {one.found_in for one in found}
        references = [[one.source_ref, one.name] for one in loaded.files if one.name in both]
        return _result(
            item, [*found, *same], images=len(images), questions=asked, rows=rows, spools=spools, references=references
        )

    async def _hashed(
        self, files: Sequence[NewFile], workdir: Path, vectors: VectorSide | None, rows: list[dict[str, str]]
    ) -> list[HashedImage]:
        """Return the images among *files*; add a row for each one that is rejected."""
        staging = workdir / "compared"
        staging.mkdir()
        inspected = await asyncio.to_thread(self._inspected, files, staging)
        accepted = {n: one for n, one in enumerate(inspected) if not isinstance(one, ImageRejectedError)}
        for file, one in zip(files, inspected, strict=True):
            if isinstance(one, ImageRejectedError):
                rows.append(rejected_row(file.name, str(one)))
        made = await self._vectors(accepted, staging, vectors, rows)
        return [
            HashedImage(
                files[n].name, one.sha256, (one.measurement.dhash, one.measurement.mirror_dhash), made.get(n)
            )
            for n, one in accepted.items()
        ]  # fmt: skip

    def _inspected(self, files: Sequence[NewFile], staging: Path) -> "list[Inspected | ImageRejectedError]":
        from core.images.decode import Limits, inspect

        settings = self._db.settings
        limits = Limits(settings.max_image_bytes, settings.max_image_pixels, settings.thumbnail_side_px)
        jobs = [inspect_job(staging, number, file, limits) for number, file in enumerate(files)]
        return sandbox(settings).run_each(inspect, jobs)

    async def _vectors(
        self,
        accepted: "dict[int, Inspected]",
        staging: Path,
        vectors: VectorSide | None,
        rows: list[dict[str, str]],
    ) -> dict[int, Any]:
        """Return the vectors of the accepted images by their number, of the kind that the project has."""
        from core.vision.analyzers import analyzer
        from core.vision.vectors.rows import unpacked

        if vectors is None or not accepted:
            return {}
        images = [AnalyzedImage(_as_row(one), staging / f"{number}.original") for number, one in accepted.items()]
        analyses = await analyzer(_EMBEDDING).analyze(images, self._tools())
        found = {
            number: unpacked([analysis.vectors[vectors.kind]])[0].astype("float32")
            for number, analysis in zip(accepted, analyses, strict=True)
            if isinstance(analysis, Analysis) and vectors.kind in analysis.vectors
        }
        if not found:
            rows.append(note_row(Problem("vectors", _OTHER_VECTORS)))
        return found

    # --- annotations -----------------------------------------------------------------------------------------

    def _annotations(self, item: ItemContext, own: Path) -> ItemResult:
        from core.importing.record_items import read_item, read_result
        from core.importing.shared_items import share_read
        from core.importing.spool import READ_SPOOL, load_records

        read, more = read_item(item.config, self._context, own)
        share_read(self.source.files(item.task_id))
        asked, found = 0, dict[str, Overlap]()
        for offset, length, _ in read.parts:
            count, same = self._same_questions(item, load_records(own / READ_SPOOL, offset, length))
            asked += count
            found |= {one.name: one for one in same if one.name not in found}
        result = read_result(read)
        return _result(
            item, list(found.values()), questions=asked, rows=result["rows"], more=more, spools=result["spools"]
        )

    def _findings(self, item: ItemContext, own: Path) -> ItemResult:
        """Store what the comparison says of each entry."""
        with self._db.reading() as session:
            task = session.get_one(Tasks, item.task_id)
            done = select(TaskItems.result).where(TaskItems.task_id == item.task_id, TaskItems.state == "done")
            results = [dict(result) for result in session.exec(done.order_by(col(TaskItems.position)))]
        for spool in {name for result in results for name, *_ in result.get("spools", ())}:
            self.source.files(item.task_id).path(spool)
        held_out = {name: task.result.get(name, 0) for name in ("images", "questions")}
        numbers: dict[str, Any] = {"set": str(item.config.get("name") or Path(str(item.config["path"])).name)}
        numbers["compared"] = held_out
        run_id = findings.add_run(self._db, task, own, results, numbers)

        def write(session: Session) -> dict[str, Any]:
            store.end_run(session, run_id, numbers)
            return {"run_id": run_id}

        return ItemResult(write)

    def _same_questions(self, item: ItemContext, records: Iterable[Record]) -> tuple[int, list[Overlap]]:
        """Return how many questions *records* have, and those that the project has too, each once."""
        asked = [
            HashedQuestion(question_hash(turn.question), one.where, near_key(turn.question))
            for one in records
            for turn in one.turns
        ]
        return len(asked), self._same(item, asked)

    def _same(self, item: ItemContext, asked: Sequence[HashedQuestion]) -> list[Overlap]:
        if not asked:
            return []
        own = self._db.shared(QuestionHashes).of_task(item.task_id, item.project_id)
        first: dict[str, Overlap] = {}
        for one in asked:
            if text := own.by_text.get(one.sha256):
                if text not in first or first[text].way == "words":
                    first[text] = Overlap("text", "", text, one.where, 1.0)
            elif text := own.by_words.get(one.near):
                first.setdefault(text, Overlap("words", "", text, one.where, _NEAR_SCORE))
        return list(first.values())

    # --- hash files ------------------------------------------------------------------------------------------

    def _hashes(self, item: ItemContext) -> ItemResult:
        path = self._context.resolve(str(item.config["path"]))
        vectors, rows = vector_side(self._db, item.project_id), list[dict[str, str]]()
        kind, size_bytes = hash_file.read_kind(path), max(path.stat().st_size, 1)
        if vectors is not None and kind != vectors.kind:
            vectors = None
            rows += [note_row(Problem(path.name, _OTHER_VECTORS))] if kind else []
        found, images, questions, unread, read_bytes = list[Overlap](), 0, 0, 0, 0
        lines = hash_file.read_lines(path)
        while block := list(islice(lines, _LINES_PER_BLOCK)):
            if item.is_cancelled():
                raise ItemInterrupted
            some = [one for one in block if isinstance(one, HashedImage)]
            asked = [one for one in block if isinstance(one, HashedQuestion)]
            found += self._overlaps(item.project_id, some, vectors) + self._same(item, asked)
            bad = [one for one in block if isinstance(one, Unread)]
            listed = bad[: max(_MAX_UNREAD - unread, 0)]
            rows += [left_out_row(Problem(one.where, one.reason)) for one in listed]
            unread += len(bad)
            images, questions = images + len(some), questions + len(asked)
            read_bytes += len(block) * 1_000
            compared = f"{pluralize(images, 'image')} and {pluralize(questions, 'question')} compared"
            item.progress(min(read_bytes / size_bytes, 0.99), compared)
        if unread > _MAX_UNREAD:
            rows.append(left_out_row(Problem(path.name, f"{unread - _MAX_UNREAD:,} more lines cannot be used.")))
        return _result(item, found, images=images, questions=questions, rows=rows)

    def _overlaps(self, project_id: str, images: Sequence[HashedImage], vectors: VectorSide | None) -> list[Overlap]:
        with self._db.reading() as session:
            return image_overlaps(session, project_id, images, vectors)


_OTHER_VECTORS = (
    "Nothing was compared by vectors: those of the project are of another kind. Analyze its images for similarity "
    "again."
)


def _as_row(one: "Inspected") -> Images:
    """Return what an analyzer needs to know of an image that is not stored."""
    return Images(project_id="", image_name="", path="", size=one.size_bytes, sha256=one.sha256, format=one.format)


def _result(
    item: ItemContext,
    found: Sequence[Overlap],
    *,
    images: int = 0,
    questions: int = 0,
    rows: Sequence[dict[str, str]] = (),
    more: Sequence[ItemPlan] = (),
    spools: Sequence[Sequence[Any]] = (),
    references: Sequence[Sequence[str]] = (),
) -> ItemResult:
    result = {"overlaps": len(found), "images": images, "questions": questions}

    def write(session: Session) -> dict[str, Any]:
        task = session.get(Tasks, item.task_id)
        if task is not None:
            task.result = {name: task.result.get(name, 0) + result[name] for name in _SUMS}
            session.flush()
        listed = {"overlaps": [list(one) for one in found], "rows": list(rows)}
        return result | listed | {"spools": [list(one) for one in spools], "references": list(references)}

    return ItemResult(write, more)
