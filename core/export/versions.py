"""New versions of an image: changed copies that take the place of an image, with its questions and entries.

The original and what is about it leave the library as if they were deleted, so that no page, export or task has both;
undoing brings them back exactly as they were.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, select

from core import audit
from core.db import VARIANT, Database, Events, ImageDatasets, Images, Questions, in_library, is_about, new_id, utc_now
from core.errors import ConflictError, ImageRejectedError, InvalidInputError, NotFoundError
from core.export.entries import Entry, ImagePlan, entry_of, image_of
from core.export.recipe import ExportRecipe
from core.export.writing.changing import SIZE_UNKNOWN, ImageChanges, fitting, regions_of, units_of
from core.images import lifecycle
from core.images.duplicates import record
from core.images.renditions import size_of
from core.images.stored_file import NewFile, StoredFile, VariantMark
from core.transform import Preprocessing
from core.transform.preprocessing import CannotChangeError, steps_of
from core.transform.regions import ENTRIES, FindRegions
from core.transform.rendering import EXTENSIONS, FileFormat, Rendering, format_for, render_all
from core.transform.rules import Asked, broken_by
from core.transform.steps import Step, records, size_after
from core.vision import tag_states

if TYPE_CHECKING:
    from core.images import ImageService

_PREVIEW_SIDE_PX = 1024
_MADE = "made"
_NOT_COPIED = {"id", "version", "update_at"}


@dataclass(frozen=True)
class VersionPreview:
    """What a version would be."""

    data: bytes
    """A JPEG of at most 1024 px."""
    size_wh: tuple[int, int]
    """px, as it would be stored."""
    entries: int
    """Entries that stay true, with their boxes moved along."""
    left_out: dict[str, int]
    """Entries by the reason why the version would not have them."""


@dataclass(frozen=True)
class SavedVersion:
    """A version that was stored."""

    image: Images
    entries: int
    left_out: dict[str, int]
    """Entries by the reason why the version does not have them."""


@dataclass(frozen=True)
class _Plan:
    """How a version is made of *row*."""

    row: Images
    steps: tuple[Step, ...]
    kept: list[Entry]
    """The entries that stay true, with their boxes in the version."""
    left_out: dict[str, int]
    leaves_out: bool
    """Whether what a step breaks is left out."""

    @property
    def size_wh(self) -> tuple[int, int]:
        return size_after(self.steps, size_of(self.row))


class ImageVersions:
    """Makes versions of images, and takes them back."""

    def __init__(self, db_session: Database, image_service: "ImageService", find_regions: FindRegions) -> None:
        self._db = db_session
        self._images = image_service
        self._find_regions = find_regions

    def preview(self, image_id: str, preprocessing: Preprocessing) -> VersionPreview:
        """Return what a version would be, without storing anything.

        Raises:
            NotFoundError: there is no such image.
            InvalidInputError: the changes leave the image as it is, or cannot be made.
        """
        plan = self._plan(image_id, preprocessing)
        with self._images.intake.workdir() as directory:
            steps = plan.steps + fitting(ImagePlan(image_of(plan.row), plan.steps), _PREVIEW_SIDE_PX)
            path = self._rendered(plan, directory / "preview", steps, "JPEG", 85)
            return VersionPreview(path.read_bytes(), plan.size_wh, len(plan.kept), plan.left_out)

    def save(
        self, image_id: str, preprocessing: Preprocessing, *, replaces: bool = True, actor: str = "local"
    ) -> SavedVersion:
        """Store a version, with the questions and entries that stay true.

        Args:
            replaces: whether it takes the place of the image; else it is a variant beside it.

        Raises:
            NotFoundError: there is no such image.
            InvalidInputError: the changes leave the image as it is, or cannot be made.
            ConflictError: the project has this version already.
        """
        plan = self._plan(image_id, preprocessing)
        as_format = format_for(plan.row.format, preprocessing.format)
        with self._images.intake.workdir() as directory:
            path = self._rendered(plan, directory / "version", plan.steps, as_format, preprocessing.quality)
            (stored,) = self._images.intake.store([_new_file(plan, path, replaces=replaces)])
        if stored.image is None:
            raise ImageRejectedError(stored.reason or "The version could not be stored.")
        with self._db.transaction() as session:
            version, entries = _write(session, plan, stored, replaces=replaces, actor=actor)
            audit.record(session, "image.edit", version, actor=actor, replaces=replaces, entries=entries)
        return SavedVersion(version, entries, plan.left_out)

    def undo(self, version_id: str, *, actor: str = "local") -> Images:
        """Bring back the image that a version replaced, with its questions and entries, and delete the version.

        Raises:
            NotFoundError: there is no such image, or it replaced none.
            ConflictError: the same bytes were added again meanwhile.
        """
        with self._db.transaction() as session:
            version = _existing(session, version_id)
            if version.variant_of is None or not _replaces(session, version):
                raise NotFoundError("This image is not the new version of another one.")
            lifecycle.delete(session, [version_id], actor)
            audit.record(session, "image.undo", version, actor=actor, undone="version")
            return lifecycle.restore(session, version.variant_of, actor)

    def original_of(self, version_id: str) -> Images | None:
        """Return the image that a version has replaced; None when it is no version, or its original is back."""
        with self._db.reading() as session:
            version = session.get(Images, version_id)
            if version is None or version.variant_of is None or not _replaces(session, version):
                return None
            original = session.get(Images, version.variant_of)
            return original if original is not None and original.deleted_at is not None else None

    def _plan(self, image_id: str, preprocessing: Preprocessing) -> _Plan:
        with self._db.reading() as session:
            row = _existing(session, image_id)
            entries = [entry_of(entry) for entry in _about(session, ImageDatasets, image_id)]
        if not row.width or not row.height:
            raise InvalidInputError(f"The image cannot be changed: {SIZE_UNKNOWN}.")
        regions = self._regions(row, entries, preprocessing)
        try:
            steps = tuple(steps_of(preprocessing, image_id, (row.width, row.height), regions))
        except CannotChangeError as reason:
            raise InvalidInputError(f"The image cannot be changed: {reason}.") from reason
        if not steps and preprocessing.format is None:
            raise InvalidInputError("These changes leave the image as it is. Choose others.")
        changes = ImageChanges(ExportRecipe(preprocessing=preprocessing), self._find_regions)
        kept = [entry for unit in units_of(entries) for entry in changes.moved(unit, _plans(row, unit, steps))]
        return _Plan(row, steps, kept, dict(changes.counts.left_out.most_common()), preprocessing.unfit == "leave_out")

    def _regions(self, row: Images, entries: Sequence[Entry], preprocessing: Preprocessing) -> dict[str, Any]:
        found = {source: self._find_regions([row.id], source) for source in preprocessing.sources() - {ENTRIES}}
        known = {source: by_image[row.id] for source, by_image in found.items() if row.id in by_image}
        at = [(entry, image_ids.index(row.id)) for entry in entries if row.id in (image_ids := _image_ids(entry))]
        return known | {ENTRIES: [region for entry, position in at for region in regions_of(entry, position)]}

    def _rendered(
        self, plan: _Plan, destination: Path, steps: tuple[Step, ...], as_format: FileFormat, quality: int
    ) -> Path:
        wanted = Rendering(
            self._images.original_path(plan.row), destination.with_suffix(EXTENSIONS[as_format]), steps, as_format,
            quality,
        )  # fmt: skip
        (made,) = render_all(self._db.settings, [wanted])
        if isinstance(made, ImageRejectedError):
            raise made
        return made


def _replaces(session: Session, version: Images) -> bool:
    """Return whether an image was made to take the place of another one: the event of its making says so."""
    query = select(Events).where(Events.entity_id == version.id, Events.entity == "image", Events.action == _MADE)
    return any(event.new.get("replaces") for event in session.exec(query))


def _existing(session: Session, image_id: str) -> Images:
    image = session.exec(select(Images).where(Images.id == image_id, in_library())).first()
    if image is None:
        raise NotFoundError("This image does not exist any more. Choose another one.")
    return image


def _about(session: Session, table: Any, image_id: str) -> list[Any]:
    query = select(table).where(is_about(table, [image_id]), table.deleted_at.is_(None))
    return list(session.exec(query.order_by(table.create_at, table.id)))


def _image_ids(entry: Entry) -> list[str]:
    return [entry.image_id, *filter(None, entry.more_image_ids.split(","))]


def _plans(row: Images, unit: Sequence[Entry], steps: tuple[Step, ...]) -> list[ImagePlan]:
    """Return how each image of a unit is changed: all but one stay as they are."""
    image = image_of(row)
    longest = max((_image_ids(entry) for entry in unit), key=len)
    return [ImagePlan(image, steps if image_id == row.id else ()) for image_id in longest]


def _new_file(plan: _Plan, path: Path, *, replaces: bool) -> NewFile:
    row = plan.row
    stem, dot, _ = row.image_name.rpartition(".")
    name = f"{stem if dot else row.image_name}{'' if replaces else ' changed'}{path.suffix}"
    return NewFile(name, path, row.source_ref if replaces else row.image_name, VariantMark(row.id, records(plan.steps)))


def _write(session: Session, plan: _Plan, stored: StoredFile, *, replaces: bool, actor: str) -> tuple[Images, int]:
    """Record the version and what is about it, in the caller's transaction."""
    row = _existing(session, plan.row.id)
    # A version has the source of its image: that of a generated one stays a generated image.
    (outcome,) = record(session, row.project_id, [stored], row.source if replaces else VARIANT)
    version = outcome.image
    if outcome.outcome != "added" or version is None:
        raise ConflictError(outcome.reason or "The project already has this version.")
    _copy_tags(session, row, version)
    broken = {step.operation for step in plan.steps} if plan.leaves_out else set[str]()
    question_ids = _copy_questions(session, row, version, broken)
    entries = _copy_entries(session, row, version, plan.kept, question_ids)
    made = {"from": row.image_name, "replaces": replaces}
    lifecycle.record_event(session, new_id(), version, _MADE, actor, {}, made)
    if replaces:
        lifecycle.delete(session, [row.id], actor, action="replaced")
    session.flush()
    return version, entries


def _copy_tags(session: Session, row: Images, version: Images) -> None:
    """Give the version the tags of its image, and what a person removed."""
    (before,) = tag_states.read(session, [row.id])
    tag_states.store(session, row.project_id, [(tag_states.TaggedImage(version, None), before.state)])


def _swapped(row: Any, old: Images, new: Images) -> dict[str, str]:
    """Return the columns of the images of a row, with one image in the place of another."""
    first, *more = (new.id if id_ == old.id else id_ for id_ in row.image_ids)
    return {"image_id": first, "more_image_ids": ",".join(more)}


def _copy_questions(session: Session, row: Images, version: Images, broken: Iterable[str]) -> dict[str, str]:
    """Copy the questions that the changes leave true, and return their ids by those of the originals."""
    ids: dict[str, str] = {}
    for question in _about(session, Questions, row.id):
        asked = Asked(question.kind, question.question, "", question.language)
        if any(broken_by(operation, asked) for operation in broken):
            continue
        values = question.model_dump(exclude=_NOT_COPIED) | _swapped(question, row, version)
        copied = Questions(**values)
        session.add(copied)
        ids[question.id] = copied.id
    session.flush()
    return ids


def _copy_entries(
    session: Session, row: Images, version: Images, kept: Sequence[Entry], question_ids: dict[str, str]
) -> int:
    known = {entry.id: entry for entry in _about(session, ImageDatasets, row.id)}
    conversations: dict[str, str] = {}
    for entry, original in _pairs(kept, known):
        values = original.model_dump(exclude=_NOT_COPIED) | _swapped(original, row, version)
        conversation_id = original.conversation_id
        values |= {
            "boxes": entry.boxes, "question_id": question_ids.get(original.question_id or ""), "update_at": utc_now(),
            "conversation_id": conversation_id and conversations.setdefault(conversation_id, new_id()),
        }  # fmt: skip
        if original.image_id == row.id:
            values["image_name"] = version.image_name
        session.add(ImageDatasets(**values))
    session.flush()
    return len(kept)


def _pairs(kept: Sequence[Entry], known: dict[str, ImageDatasets]) -> Iterator[tuple[Entry, ImageDatasets]]:
    return ((entry, known[entry.id]) for entry in kept if entry.id in known)
