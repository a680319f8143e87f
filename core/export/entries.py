"""Entries and images as plain values: what selecting reads, formats turn into rows and writers write."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from core.db import ImageDatasets, Images
from core.portable import usable_name
from core.transform.steps import Step

IMAGE_TOKEN = "<image>"  # noqa: S105 - the placeholder of trainers for an image
EXTENSIONS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
MIME_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
GENERATED = "generated"
"""The source of images that a model made."""

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_NOT_IN_DIRECTORY_NAMES = re.compile(r"[^A-Za-z0-9.]+")
_MAX_NAME_CHARS = 60

Detail = Literal["texts", "columns", "history"]
"""How much of an entry is read: TEXT_COLUMNS, ENTRY_COLUMNS, or those with ARCHIVED_COLUMNS, call and history."""


class Entry(NamedTuple):
    """An exported entry: every field but *more* is a column of ``ImageDatasets``.

    Texts are never None. Times are UTC, as ISO 8601 or as naive datetimes.
    The fields up to *version* are read for every format, those after it only for formats that need them.
    """

    id: str
    image_id: str
    question_id: str
    question: str
    answer: str
    answer_type: str
    kind: str
    language: str
    model: str
    score: float
    generated_answer: str | None
    create_at: str | datetime
    more_image_ids: str = ""
    conversation_id: str | None = None
    turn: int = 0
    system: str = ""
    version: int = 1
    tags: str = ""
    note: str = ""
    confirmed: bool = True
    rejected: bool = False
    generated_question: str | None = None
    update_at: str | datetime = ""
    boxes: list[dict[str, Any]] | None = None
    ratings: dict[str, int] | None = None
    origin: str = ""
    more: dict[str, Any] | None = None
    """For the lossless format: ARCHIVED_COLUMNS by name, ``call`` and ``history``."""


# The one declaration of exported columns: the database query, the snapshot, list exports, the lossless format,
# restoring and the metadata of rows are derived from Entry and these names.
TEXT_COLUMNS = Entry._fields[: Entry._fields.index("version") + 1]
ENTRY_COLUMNS = tuple(name for name in Entry._fields if name != "more")
ARCHIVED_COLUMNS = ("options", "needs_review", "flagged", "reject_reason", "task_id")
METADATA_COLUMNS = ("kind", "language", "model", "confirmed", "score", "tags", "note", "create_at", "update_at")

_NULLABLE = ("generated_question", "generated_answer", "conversation_id", "boxes", "ratings")


class ExportImage(NamedTuple):
    """An exported image; *width* and *height* are px of the upright image, 0 when unknown; *size* is bytes."""

    id: str
    name: str
    sha256: str
    format: str
    width: int
    height: int
    size: int
    path: str
    source: str
    source_ref: str
    dhash: str
    tags: str
    create_at: str | datetime


Row = dict[str, Any]


class FurtherImage(NamedTuple):
    """The second or a further image of entries; *ref* and *data* as in :class:`ImageGroup`."""

    image: ExportImage
    ref: str = ""
    data: bytes = b""


class ImagePlan(NamedTuple):
    """How an exported image is made: *steps* of the upright *original*; *variant* counts from 1, 0 for none."""

    original: ExportImage
    steps: tuple[Step, ...]
    variant: int = 0


@dataclass(frozen=True, slots=True)
class ImageGroup:
    """The entries of one image, oldest first; entries about the same several images are a group of their own.

    *ref* is how a row refers to the image: a path in the bundle with forward slashes, or a data URL.
    *data* are the bytes of the image for formats that embed images in their rows.
    """

    image: ExportImage
    entries: tuple[Entry, ...]
    split: str = "train"
    ref: str = ""
    data: bytes = b""
    further: tuple[FurtherImage, ...] = ()
    """The second and further images; the first turns of a conversation may have only some of them."""
    plans: tuple[ImagePlan, ...] = ()
    """How each image is made; empty for images that are not changed."""
    floats: bytes = b""
    """Normalized pixels of the image for formats that have them: float32, channel by channel."""

    @property
    def images(self) -> tuple[ExportImage, ...]:
        """All images of the entries, in their order."""
        # Read six times for each image of a large export, which seldom has further ones.
        return (self.image, *[further.image for further in self.further]) if self.further else (self.image,)

    def refs(self, entries: Sequence[Entry]) -> list[str]:
        """Return how a row of *entries* refers to their images."""
        return [self.ref, *(further.ref for further in self.further[: _most_further(entries)])]

    def embedded(self, entries: Sequence[Entry]) -> list[Row]:
        """Return the images of a row of *entries* with their bytes."""
        rows = [{"bytes": self.data, "path": self.ref}]
        return rows + [{"bytes": image.data, "path": image.ref} for image in self.further[: _most_further(entries)]]


def further_count(entry: Entry) -> int:
    """Return how many images an entry has beside the first one."""
    return entry.more_image_ids.count(",") + 1 if entry.more_image_ids else 0


def _most_further(entries: Sequence[Entry]) -> int:
    return max(map(further_count, entries), default=0)


@dataclass(frozen=True, slots=True)
class RowOptions:
    """The parts of a recipe that shape a row."""

    grouping: str = "turn"
    metadata: bool = True
    source: str = "vitrine"
    max_side_px: int | None = None
    """Of the exported images; boxes are scaled with them."""
    normalized: bool = False
    """Whether rows have normalized pixels."""


def entry_of(row: ImageDatasets) -> Entry:
    """Return the values of *row*; characters that are not valid Unicode are replaced."""
    values = {name: _plain(getattr(row, name), nullable=name in _NULLABLE) for name in ENTRY_COLUMNS}
    values |= {"score": float(row.score or 0.0), "confirmed": bool(row.confirmed), "rejected": bool(row.rejected)}
    return Entry(**values)


def _plain(value: Any, *, nullable: bool) -> Any:
    if value is None:
        return None if nullable else ""
    if isinstance(value, datetime):
        return value.isoformat()
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def image_of(row: Images) -> ExportImage:
    """Return the values of *row*."""
    return ExportImage(
        id=row.id, name=row.image_name, sha256=row.sha256, format=row.format, width=row.width or 0,
        height=row.height or 0, size=row.size, path=row.path, source=row.source, source_ref=row.source_ref,
        dhash=row.dhash, tags=row.tags, create_at=row.create_at.isoformat(),
    )  # fmt: skip


def answer_as_text(entry: Entry) -> str:
    """Return the answer as training text: labels joined by commas, other answers unchanged."""
    return labels_as_text(entry.answer) if entry.answer_type == "label" else entry.answer


def labels_as_text(answer: str) -> str:
    """Return a label answer as training text: its labels joined by commas."""
    labels = _labels(answer)
    return ", ".join(labels) if labels else answer


def _labels(answer: str) -> list[str]:
    import orjson

    try:
        found = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return []
    return [str(label) for label in found] if isinstance(found, list) else []


def exported_size(image: ExportImage, max_side_px: int | None) -> tuple[int, int]:
    """Return width and height in px of an image of which the longer side has at most *max_side_px*."""
    longer = max(image.width, image.height)
    if max_side_px is None or longer <= max_side_px:
        return image.width, image.height
    scale = max_side_px / longer
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def tag_list(tags: str) -> list[str]:
    """Return the tags of a comma-separated text."""
    return [tag.strip() for tag in tags.split(",") if tag.strip()]


def safe_stem(image_name: str) -> str:
    """Return *image_name* without directory and extension, reduced to ASCII letters, digits and single hyphens.

    The result is never empty and has at most 60 characters.
    """
    stem = image_name.replace("\\", "/").rpartition("/")[2].rsplit(".", 1)[0]
    return usable_name(_NOT_IN_NAMES.sub("-", _ascii(stem)).strip("-")[:_MAX_NAME_CHARS].strip("-") or "image", "image")


def directory_name(title: str) -> str:
    """Return *title* as the name of a directory: ASCII letters, digits, dots between them and single hyphens.

    The result is never empty and has at most 60 characters.
    """
    name = _NOT_IN_DIRECTORY_NAMES.sub("-", _ascii(title)).strip("-.")[:_MAX_NAME_CHARS].strip("-.") or "dataset"
    return usable_name(name, "dataset")


def _ascii(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def file_name(image: ExportImage, extension: str | None = None) -> str:
    """Return the file name of an image in a bundle: readable, unique by content, the same in every export.

    Names of images that a model made begin with ``generated``: every format carries the file name.
    """
    return bundle_name(image.name, image.source, image.sha256, image.format, extension)


def bundle_name(name: str, source: str, sha256: str, format_: str, extension: str | None = None) -> str:
    """Return :func:`file_name` from the columns of an image."""
    stem = safe_stem(name)
    if source == GENERATED and not stem.startswith(GENERATED):
        stem = f"{GENERATED}-{stem}"
    return f"{stem}-{sha256[:12]}{extension or EXTENSIONS.get(format_, '.jpg')}"
