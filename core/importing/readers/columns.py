"""Which columns of a row hold its images, question, answer and the fields of a record, by their usual names."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile
from typing import Any, NamedTuple

from core.dataset.values import MAX_TEXT_CHARS, normal_score, normal_tags
from core.errors import InvalidInputError
from core.importing.readers.base import Files, Row
from core.importing.records import NO_FIELDS, Fields
from core.importing.row_blocks import RowBlock
from core.importing.texts import clean_text, clean_texts

IMAGES = (
    "file_name", "file_names", "image", "images", "img", "imgs", "image_path", "image_paths", "img_path", "image_file",
    "image_filename", "image_local_name", "img_name", "filepath", "file_path", "figure_path",
    "picture", "photo", "filename", "path", "jpg", "jpeg", "png", "webp", "image_url", "image_urls", "imageurl",
    "imgname", "image_name", "imagename", "file", "url", "image_link",
    "image_base64", "image_base64_str",
)  # fmt: skip
IDS = ("image_id", "imageid", "img_id")
"""Columns with the name of an image without its ending, or with its number; for rows that name no image otherwise."""
QUESTIONS = ("question", "questions", "query", "prompt", "instruction", "problem")
ANSWERS = (
    "multiple_choice_answer", "answer", "answers", "response", "output", "completion", "solution", "label", "labels",
    "caption", "captions", "text", "description", "target", "correct_choice_idx", "direct_answers",
)  # fmt: skip
CAPTIONS = (
    "caption", "captions", "text", "description", "sentences", "answer", "caption_str", "comment", "raw", "txt",
    "sentence", "expression", "referring_expression", "phrase", "sent", "title",
)  # fmt: skip
BOXES = ("objects", "boxes", "bbox", "bboxes", "bbox_2d", "xyxy")
BOX_COLUMNS = frozenset({"bbox", "bboxes", "bbox_2d", "xyxy", "xmin", "x_min", "xmax", "x_max", "bbox_x", "bbox_x1"})
"""Of a row that has one box of its image."""
_OPTIONS = ("options", "choices", "candidates")
_FIELDS = {
    "system": ("system", "system_prompt", "system_message"),
    "language": ("language", "lang"),
    "kind": ("kind", "category", "question_type"),
    "model": ("model", "model_name"),
    "confirmed": ("confirmed",),
    "rejected": ("rejected",),
    "score": ("score", "rating"),
    "tags": ("tags",),
}
_NUMBERED = re.compile(r"(?:image|img|picture)_?\d{1,3}(?:_path)?|(?:left|right)_(?:image|img)")
_METADATA = "metadata"
# Benchmarks have a column for each choice: A, B, ...; choice_a, ...; Option A, ...
_LETTERED = re.compile(r"(?:(?:choice|option)[ _]?)?([a-j])")
_MAX_CHARS = {"language": 35, "kind": 60, "model": 200, "system": MAX_TEXT_CHARS, "note": MAX_TEXT_CHARS}
_MAX_TAGS = 100


class Columns(NamedTuple):
    """The columns of a row by what they hold; "" or () for what there is not."""

    images: tuple[str, ...]
    """One after the other until one has a value."""
    more_images: tuple[str, ...]
    """All of them, in this order."""
    id: str
    """With the name of an image without its ending, where there is no other column of images."""
    question: str
    answer: str
    caption: str
    options: str
    lettered_options: tuple[str, ...]
    """Where each option has a column of its own."""
    answer_type: str
    fields: tuple[tuple[str, str], ...]
    """Names of fields of a record with their columns."""
    note: str
    boxes: str
    metadata: str
    """A column with an object that holds such fields."""


@lru_cache(maxsize=1024)
def columns_of(names: tuple[str, ...]) -> Columns:
    """Return the columns of a row with these *names*; the case of the names does not count."""
    by_name = {name.strip().lower(): name for name in reversed(names) if isinstance(name, str)}

    def first(wanted: Iterable[str]) -> str:
        return next((by_name[name] for name in wanted if name in by_name), "")

    endings = ("_file_name", "_file_names")
    more = [name for low, name in by_name.items() if low.endswith(endings) or _NUMBERED.fullmatch(low)]
    return Columns(
        images=tuple(by_name[name] for name in IMAGES if name in by_name),
        more_images=tuple(sorted(more, key=_in_number_order)), id=first(IDS),
        question=first(QUESTIONS), answer=first(ANSWERS), caption=first(CAPTIONS), options=first(_OPTIONS),
        lettered_options=_lettered(by_name), answer_type=first(("answer_type",)), note=first(("note", "notes")),
        boxes=first(BOXES),
        metadata=first((_METADATA,)),
        fields=tuple((field, found) for field, wanted in _FIELDS.items() if (found := first(wanted))),
    )  # fmt: skip


def _lettered(by_name: dict[str, str]) -> tuple[str, ...]:
    """Return the columns of the options A, B and so on, without gaps; () for fewer than two."""
    found = {match[1]: name for low, name in by_name.items() if (match := _LETTERED.fullmatch(low))}
    letters = takewhile(found.__contains__, "abcdefghij")
    columns = tuple(found[letter] for letter in letters)
    return columns if len(columns) > 1 else ()


def is_image_column(name: str) -> bool:
    """Return whether a column of this name holds images."""
    low = name.strip().lower()
    return low in IMAGES or _NUMBERED.fullmatch(low) is not None


def fields_of(row: Row, columns: Columns, where: str, files: Files) -> Fields:
    """Return the fields of a record that *row* has, checked; one that cannot be used is left out and said."""
    fields = NO_FIELDS
    if columns.metadata and isinstance(inner := row[columns.metadata], dict):
        fields = fields_of(inner, columns_of(tuple(inner)), where, files)
    if columns.fields:
        values = tuple([row[column] for _, column in columns.fields])
        try:
            found, reasons = _checked_fields(columns.fields, values)
        except TypeError:  # a list, which no cache can hold
            found, reasons = _checked_fields.__wrapped__(columns.fields, values)
        fields = found if fields is NO_FIELDS else _merged(fields, found)
        for reason in reasons:
            files.problems.add(where, reason)
    if columns.note and row[columns.note]:
        note = _checked_note(row[columns.note], columns.note, where, files)
        fields = Fields(*fields[:7], note, *fields[8:])
    return fields


def plain_fields(block: RowBlock, columns: Columns) -> list[tuple[Any, ...]] | None:
    """Return the values of the fields of each row; None when one cannot be used, and [] when there are no fields."""
    if not block.is_empty(columns.metadata):
        return None
    made: list[tuple[Any, ...]] = []
    if columns.fields:
        rows = [*zip(*(block.column(column) for _, column in columns.fields), strict=True)]
        try:
            found = {values: _checked_fields(columns.fields, values) for values in {*rows}}
        except TypeError:  # a list, which no set can hold
            return None
        if any(reasons for _, reasons in found.values()):
            return None
        plain = {values: tuple(fields) for values, (fields, _) in found.items()}
        made = [plain[values] for values in rows]
    if columns.note:
        notes = [note or "" for note in block.column(columns.note)]
        if {*map(type, notes)} != {str} or max(map(len, notes)) > MAX_TEXT_CHARS:
            return None
        made = made or [tuple(NO_FIELDS)] * len(notes)
        made = [(*fields[:7], note, *fields[8:]) for fields, note in zip(made, clean_texts(notes), strict=True)]
    return made


@lru_cache(maxsize=8192)
def _checked_fields(columns: tuple[tuple[str, str], ...], values: tuple[Any, ...]) -> tuple[Fields, tuple[str, ...]]:
    """Return the fields of values, and why some are left out. Cached: most rows of a file have the same few values."""
    found: dict[str, Any] = {}
    reasons: list[str] = []
    for (field, column), value in zip(columns, values, strict=True):
        if value is None or value == "" or value == []:
            continue
        try:
            found[field] = _checked(field, value)
        except (InvalidInputError, OverflowError) as error:
            reasons.append(f"{column} was left out. {error}")
    return Fields(**found), tuple(reasons)


def _merged(inner: Fields, outer: Fields) -> Fields:
    """Return the fields of a row: its own, or else those of the object in its metadata."""
    own = {name: value for name, value in outer._asdict().items() if value != getattr(NO_FIELDS, name)}
    return inner._replace(**own)


def _checked_note(value: Any, column: str, where: str, files: Files) -> str:
    if isinstance(value, str) and len(value) <= MAX_TEXT_CHARS:
        return clean_text(value)
    try:
        return str(_checked("note", value))
    except InvalidInputError as error:
        files.problems.add(where, f"{column} was left out. {error}")
        return ""


def _checked(field: str, value: Any) -> Any:
    if field == "score":
        # Numbers and booleans that are equal share a place in the cache.
        return normal_score(float(value) if isinstance(value, bool) else value)
    if field in ("confirmed", "rejected"):
        return value == 1 or (isinstance(value, str) and value.strip().lower() in ("true", "1"))
    if field == "tags":
        return _tags(value)
    if not isinstance(value, str):
        raise InvalidInputError("It is no text.")
    text = clean_text(value)
    if len(text) > _MAX_CHARS[field]:
        raise InvalidInputError(f"It has more than {_MAX_CHARS[field]:,} characters.")
    return text


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(tag, str) for tag in value):
        value = ",".join(value)
    if not isinstance(value, str):
        raise InvalidInputError("Tags are a list of texts.")
    normal = normal_tags(clean_text(value))
    tags = tuple(normal.split(",")) if normal else ()
    if len(tags) > _MAX_TAGS:
        raise InvalidInputError(f"There are more than {_MAX_TAGS} tags.")
    return tags


def _in_number_order(name: str) -> tuple[str, int]:
    digits = re.search(r"\d+", name)
    return re.sub(r"\d+", "", name), int(digits[0]) if digits else 0
