"""What formats work on: entries with their image, as plain values that no session and no row stands behind."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from core.db import ImageDatasets, Images

IMAGE_TOKEN = "<image>"  # noqa: S105 - the word trainers put where the image goes
EXTENSIONS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
MIME_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}

# Trainers count these words as places of media, wherever they stand in a text.
_MEDIA_TOKENS = re.compile(r"<(image|video|audio|bbox|ref-object)>", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_MAX_NAME_CHARS = 60
GENERATED = "generated"
"""The source of images that a model made in the style of others."""


class Entry(NamedTuple):
    """An entry as it is exported; texts are never None, times are UTC: ISO 8601, or datetimes without a zone.

    What formats of texts need comes first; the rest is read only for those that want it.
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
    version: int = 1
    tags: str = ""
    note: str = ""
    confirmed: bool = True
    rejected: bool = False
    generated_question: str | None = None
    update_at: str | datetime = ""
    more: dict[str, Any] | None = None
    """What only the lossless format keeps: options, flags, the model call, the history."""


class ExportImage(NamedTuple):
    """An image as it is exported; *width* and *height* are px, upright, 0 when unknown."""

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


@dataclass(frozen=True, slots=True)
class ImageGroup:
    """The entries of one image, in the order they were made, and where the image is to be found.

    *ref* is what a row says about the image: a path in the bundle with forward slashes, or a data URL.
    *data* holds the image's bytes for formats that keep them inside their rows.
    """

    image: ExportImage
    entries: tuple[Entry, ...]
    split: str = "train"
    ref: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class RowOptions:
    """What of the recipe shapes a row."""

    grouping: str = "turn"
    metadata: bool = True
    source: str = "vitrine"


Row = dict[str, Any]


def entry_of(row: ImageDatasets) -> Entry:
    """Return the values of *row*; a text that is no valid Unicode gets replacement characters."""
    return Entry(
        id=row.id, image_id=row.image_id, question_id=row.question_id or "",
        question=_valid(row.question), answer=_valid(row.answer), answer_type=row.answer_type,
        kind=row.kind, language=row.language, model=row.model, score=float(row.score or 0.0),
        tags=_valid(row.tags), note=_valid(row.note), confirmed=bool(row.confirmed), rejected=bool(row.rejected),
        version=row.version, generated_question=row.generated_question, generated_answer=row.generated_answer,
        create_at=row.create_at.isoformat(), update_at=row.update_at.isoformat(),
    )  # fmt: skip


def image_of(row: Images) -> ExportImage:
    return ExportImage(
        id=row.id, name=row.image_name, sha256=row.sha256, format=row.format, width=row.width or 0,
        height=row.height or 0, size=row.size, path=row.path, source=row.source, source_ref=row.source_ref,
        dhash=row.dhash, tags=row.tags, create_at=row.create_at.isoformat(),
    )  # fmt: skip


def _valid(text: str | None) -> str:
    return (text or "").encode("utf-8", "replace").decode("utf-8")


def without_media_tokens(text: str) -> str:
    """Return *text* with ``<image>`` and its like in square brackets, where no trainer takes them for an image."""
    return _MEDIA_TOKENS.sub(r"[\1]", text) if "<" in text else text


def has_media_token(text: str) -> bool:
    return "<" in text and _MEDIA_TOKENS.search(text) is not None


def spoken_answer(entry: Entry) -> str:
    """Return the answer as a trainer should see it: labels as words, everything else as it stands."""
    if entry.answer_type != "label":
        return entry.answer
    labels = _labels(entry.answer)
    return ", ".join(labels) if labels else entry.answer


def _labels(answer: str) -> list[str]:
    import orjson

    try:
        found = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return []
    return [str(label) for label in found] if isinstance(found, list) else []


def tag_list(tags: str) -> list[str]:
    return [tag.strip() for tag in tags.split(",") if tag.strip()]


def safe_stem(image_name: str) -> str:
    """Return what of a name may stand in a path: ASCII letters, digits and single hyphens, never empty."""
    stem = image_name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    ascii_only = stem if stem.isascii() else unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return _NOT_IN_NAMES.sub("-", ascii_only).strip("-")[:_MAX_NAME_CHARS].strip("-") or "image"


def file_name(image: ExportImage, extension: str | None = None) -> str:
    """Return the image's name in a bundle: readable, unique by content, the same in every export.

    The name of an image that a model made begins with ``generated``, the one mark that every format carries.
    """
    stem = safe_stem(image.name)
    if image.source == GENERATED and not stem.startswith(GENERATED):
        stem = f"{GENERATED}-{stem}"
    return f"{stem}-{image.sha256[:12]}{extension or EXTENSIONS.get(image.format, '.jpg')}"
