"""Variants as images: what an export would make of images and their entries, stored in the library instead."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import and_
from sqlmodel import Session, col, select

from core.db import (
    VARIANT,
    Database,
    ImageDatasets,
    Images,
    Questions,
    in_library,
    insert_entries,
    insert_rows,
    new_id,
    question_key,
    utc_now,
)
from core.db.base import new_values
from core.errors import InvalidInputError
from core.export.entries import Entry, ImageGroup, entry_of, image_of
from core.export.recipe import ExportRecipe
from core.export.writing.changing import ChangeCounts, ImageChanges, planned_source
from core.images.duplicates import record
from core.images.stored_file import NewFile, StoredFile, VariantMark
from core.pluralize import pluralize
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind, TaskRunner, TaskService
from core.transform import Augmentation, Preprocessing
from core.transform.regions import FindRegions
from core.transform.steps import records

if TYPE_CHECKING:
    from core.images import ImageService

_IMAGES_PER_ITEM = 8
_COPIED = (
    "question", "answer", "answer_type", "model", "confirmed", "score", "tags", "note", "kind", "language", "options",
    "needs_review", "generated_question", "generated_answer", "turn", "system", "ratings", "origin",
)  # fmt: skip
"""Columns that an entry of a variant has from the entry of the original."""


class VariantRecipe(BaseModel):
    """The config of a task that makes variants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_ids: list[str] | None = Field(None, max_length=100_000, description="None: every image of the project")
    preprocessing: Preprocessing = Field(Preprocessing(), description="done before the operations of augmentation")
    augmentation: Augmentation = Field(
        Augmentation(), description="without variants in it, preprocessing makes one new version of each image"
    )
    with_entries: bool = Field(True, description="whether variants get the entries that stay true, with their boxes")


class ImageVariantTask:
    """Makes variants of images; it is also a kind of task, whose config is a :class:`VariantRecipe`."""

    task_type: ClassVar[str] = "image-variants"
    label: ClassVar[str] = "Make variants"

    def __init__(self, db_session: Database, image_service: "ImageService", find_regions: FindRegions) -> None:
        self._db = db_session
        self._images = image_service
        self._find_regions = find_regions

    async def make(self, project_id: str, image_ids: Sequence[str] | None = None, **recipe: Any) -> dict[str, Any]:
        """Make variants and return how many there are, what was left out and why, and the ``task_id``.

        Args:
            image_ids: all images of the project when None.
            recipe: the other fields of :class:`VariantRecipe`.

        Raises:
            InvalidInputError: the recipe cannot be used, or there is no image to make variants of.
        """
        config = recipe | ({} if image_ids is None else {"image_ids": list(image_ids)})
        kind: TaskKind = self
        tasks = TaskService(self._db, lambda: {self.task_type: kind})
        task = await asyncio.to_thread(tasks.create_task, project_id, self.task_type, config)
        await TaskRunner(self._db, {self.task_type: kind}).run(task.id)
        return self.report(task.id) | {"task_id": task.id}

    def report(self, task_id: str) -> dict[str, Any]:
        """Return the sums of the results of a task's items."""
        items = TaskService(self._db, lambda: {}).items(task_id)
        sums: dict[str, Any] = {"images": 0, "entries": 0, "known": 0}
        left_out: Counter[str] = Counter()
        for result in (item.result for item in items if item.result):
            for name in sums:
                sums[name] += result.get(name, 0)
            left_out.update(result.get("left_out", {}))
        return sums | {"left_out": dict(left_out.most_common())}

    # --- as a kind of task ---------------------------------------------------------------------------------

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """See ``TaskKind.plan``."""
        recipe = variant_recipe(config)
        # A version stands for its original.
        is_variant = and_(col(Images.variant_of).is_not(None), col(Images.source) == VARIANT)
        query = select(Images.id).where(Images.project_id == project_id, in_library(), ~is_variant)
        with self._db.reading() as session:
            found = list(session.exec(query.order_by(col(Images.create_at), col(Images.id))))
        if recipe.image_ids is not None:
            chosen = set(recipe.image_ids)
            found = [id_ for id_ in found if id_ in chosen]
        if not found:
            raise InvalidInputError(
                "There is no image to make variants of. Variants themselves have none; choose their originals.",
                field="image_ids",
            )
        for start in range(0, len(found), _IMAGES_PER_ITEM):
            yield ItemPlan(found[start], {"image_ids": found[start : start + _IMAGES_PER_ITEM]})

    async def run_item(self, item: ItemContext) -> ItemResult:
        """See ``TaskKind.run_item``."""
        return await asyncio.to_thread(self._run, item)

    def _run(self, item: ItemContext) -> ItemResult:
        recipe = variant_recipe(item.config)
        changes = ImageChanges(_as_export(recipe), self._find_regions)
        groups = self._groups(item.payload["image_ids"], with_entries=recipe.with_entries)
        varies = bool(recipe.augmentation.variants)
        made = [group for group in changes.apply(groups) if group.plans and bool(group.plans[0].variant) is varies]
        stored = self._stored(made, recipe)
        return ItemResult(lambda session: _write(session, item, made, stored, changes.counts))

    def _groups(self, image_ids: Sequence[str], *, with_entries: bool) -> list[ImageGroup]:
        """Return the images that still exist with their entries; those about several images are left out."""
        with self._db.reading() as session:
            images = session.exec(
                select(Images).where(col(Images.id).in_(image_ids), in_library()).order_by(col(Images.create_at))
            ).all()
            entries: dict[str, list[Entry]] = {}
            for entry in _entries_of(session, image_ids) if with_entries else ():
                entries.setdefault(entry.image_id, []).append(entry_of(entry))
            return [ImageGroup(image_of(image), tuple(entries.get(image.id, ()))) for image in images]

    def _stored(self, made: Sequence[ImageGroup], recipe: VariantRecipe) -> list[StoredFile | None]:
        """Render the images and store their files; None for one that could not be rendered."""
        with self._images.intake.workdir() as directory:
            source = planned_source(
                self._images, self._db.settings, _as_export(recipe), directory / "changed", needs_jpeg=False
            )
            files = [(source(group.plans[0]), group) for group in made]
            new = [_new_file(path, group) for path, group in files if path is not None]
            stored = iter(self._images.intake.store(new))
            return [next(stored) if path is not None else None for path, _ in files]


def variant_recipe(config: dict[str, Any]) -> VariantRecipe:
    """Validate *config*.

    Raises:
        InvalidInputError: a field is unknown or its value cannot be used, or the recipe changes nothing.
    """
    try:
        recipe = VariantRecipe.model_validate(config)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(
            f"{field} cannot be used: {first['msg']}. Change it and try again.", field=field
        ) from error
    if not recipe.augmentation.variants and not recipe.preprocessing.changes_images:
        raise InvalidInputError("Ask for at least one variant, or for a change.", field="augmentation.variants")
    return recipe


def _as_export(recipe: VariantRecipe) -> ExportRecipe:
    augmentation = recipe.augmentation.model_copy(update={"splits": ("train",)})
    return ExportRecipe(preprocessing=recipe.preprocessing, augmentation=augmentation)


def _new_file(path: Path, group: ImageGroup) -> NewFile:
    plan = group.plans[0]
    stem, dot, _ = plan.original.name.rpartition(".")
    name = f"{stem if dot else plan.original.name} {f'v{plan.variant}' if plan.variant else 'changed'}{path.suffix}"
    return NewFile(name, path, plan.original.name, VariantMark(plan.original.id, records(plan.steps)))


def _entries_of(session: Session, image_ids: Sequence[str]) -> list[ImageDatasets]:
    query = select(ImageDatasets).where(
        col(ImageDatasets.image_id).in_(image_ids), ImageDatasets.more_image_ids == "",
        col(ImageDatasets.deleted_at).is_(None), col(ImageDatasets.rejected).is_(False),
    )  # fmt: skip
    return list(session.exec(query.order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))))


def _write(
    session: Session,
    item: ItemContext,
    made: Sequence[ImageGroup],
    stored: Sequence[StoredFile | None],
    counts: ChangeCounts,
) -> dict[str, Any]:
    """Record the images and copy the entries that stay true, in the transaction of the item."""
    rendered = [(group, file) for group, file in zip(made, stored, strict=True) if file is not None]
    outcomes = record(session, item.project_id, [file for _, file in rendered], VARIANT)
    originals = {row.id: row for row in _entries_of(session, item.payload["image_ids"])}
    new = [
        (group, outcome.image)
        for (group, _), outcome in zip(rendered, outcomes, strict=True)
        if outcome.outcome == "added" and outcome.image is not None
    ]
    rows = [row for group, image in new for row in _entry_rows(session, item, group, image, originals)]
    return {
        "images": len(new),
        "entries": insert_entries(session, rows),
        "known": sum(outcome.outcome == "duplicate" for outcome in outcomes),
        "left_out": dict(_left_out(counts)),
    }


def _left_out(counts: ChangeCounts) -> Counter[str]:
    """Return how many questions, images and boxes were left out, by sentences without an end."""
    found: Counter[str] = Counter()
    found.update({f"questions, {reason}": count for reason, count in counts.left_out.items()})
    found.update({f"images, {reason}": count for reason, count in counts.not_made.items()})
    found.update(
        {f"questions without {operation}: {reason}": count for (operation, reason), count in counts.broken.items()}
    )
    return found


def _entry_rows(
    session: Session, item: ItemContext, group: ImageGroup, image: Images, originals: dict[str, ImageDatasets]
) -> Iterator[dict[str, Any]]:
    suffix = f"-v{group.plans[0].variant}" if group.plans[0].variant else ""
    copied = [(entry, originals.get(entry.id.removesuffix(suffix))) for entry in group.entries]
    pairs = [(entry, original) for entry, original in copied if original is not None]
    question_ids = _copy_questions(session, item, image, [original for _, original in pairs])
    conversations: dict[str, str] = {}
    for entry, original in pairs:
        conversation_id = original.conversation_id
        yield {name: getattr(original, name) for name in _COPIED} | {
            "project_id": item.project_id, "image_id": image.id, "image_name": image.image_name,
            "task_id": item.task_id, "boxes": entry.boxes, "question_id": question_ids.get(original.id),
            "conversation_id": conversation_id and conversations.setdefault(conversation_id, new_id()),
        }  # fmt: skip


def _copy_questions(
    session: Session, item: ItemContext, image: Images, originals: Sequence[ImageDatasets]
) -> dict[str, str]:
    """Give *image* the questions of entries, each once, and return their ids by the id of the original entry."""
    asked = [entry for entry in originals if entry.question_id is not None]
    key = {entry.id: (entry.language, question_key(entry.question)) for entry in asked}
    ids: dict[str, str] = {}
    rows = []
    for (language, text), same in groupby(sorted(asked, key=lambda entry: key[entry.id]), lambda entry: key[entry.id]):
        first, *_ = entries = list(same)
        ids |= dict.fromkeys((entry.id for entry in entries), id_ := new_id())
        now = utc_now()
        rows.append(
            new_values(
                Questions, id=id_, project_id=item.project_id, image_id=image.id, question=first.question,
                question_key=text, language=language, kind=first.kind, answer_type=first.answer_type,
                options=first.options, task_id=item.task_id, create_at=now, update_at=now,
            )
        )  # fmt: skip
    insert_rows(session, Questions, rows)
    return ids


def report_lines(report: dict[str, Any]) -> list[str]:
    """Return the report of a task as sentences."""
    lines = [f"{pluralize(report['images'], 'variant')} with {pluralize(report['entries'], 'entry')}."]
    if report["known"]:
        lines.append(f"{pluralize(report['known'], 'variant was', 'variants were')} there already.")
    return [*lines, *(f"Left out: {count:,} {what}." for what, count in report["left_out"].items())]
