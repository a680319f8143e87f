"""Validation of the fields of an entry: answers by type, scores, tags, texts of bounded length."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from core.arguments import require_many, tidy_name
from core.dataset.boxes import checked_boxes
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from core.db import Images

MAX_TEXT_CHARS = 20_000
MAX_TAG_CHARS = 60
LEAVE_OUT = "leave-out"
"""The tag of entries that no export for training has; taking it off brings them back."""
MAX_SCORE = 5.0

MAX_TURN = 10_000
MAX_CONVERSATION_ID_CHARS = 200
RATINGS = ("relevance", "image_correspondence", "visual_dependency", "formatting")
"""FineVision's ratings, each 1 to 5; its columns are called ``relevance_ratings`` and so on."""

_TEXTS = ("question", "answer", "note", "reject_reason", "model", "kind", "language", "needs_review", "system")
_FLAGS = ("confirmed", "rejected", "flagged")
EDITABLE = (
    *_TEXTS, *_FLAGS, "answer_type", "options", "score", "tags", "conversation_id", "turn", "boxes", "ratings",
    "origin",
)  # fmt: skip
"""The columns that an edit may change; ``image_ids`` stands for those that hold the images."""


def checked(
    changes: dict[str, Any], *, answer_type: str, options: Any, images: "Sequence[Images]" = ()
) -> dict[str, Any]:
    """Return *changes* in their stored form; *answer_type* and *options* are those of the stored entry.

    *images* are those of the entry; boxes need them.

    Raises:
        InvalidInputError: a column is not editable, or a value breaks its rules.
    """
    stored: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in EDITABLE:
            raise InvalidInputError(f"{name} cannot be changed. Use one of {', '.join(EDITABLE)}.", field=name)
        stored[name] = checked_boxes(value, images) if name == "boxes" else _stored(name, value)
    answer_type = stored.get("answer_type", answer_type)
    if answer_type == "custom_format" and isinstance(stored.get("options"), dict):
        from core.questions.schema_check import check_schema

        check_schema(stored["options"])
    if "answer" in stored:
        stored["answer"] = _answer(stored["answer"], answer_type, stored.get("options", options))
    if stored.get("confirmed") and stored.get("rejected"):
        raise InvalidInputError("An entry is confirmed or rejected, not both. Choose one.", field="rejected")
    return stored


def normal_tags(tags: str | Sequence[str]) -> str:
    """Return tags in their stored form: lower case, single spaces, without duplicates, comma-separated.

    Raises:
        InvalidInputError: *tags* is no text and no list, or a tag is None or longer than 60 characters.
    """
    if not isinstance(tags, str):
        tags = list(require_many(tags, "tags", "texts"))
        if None in tags:
            raise InvalidInputError("Pass tags as a list of texts; one of them is None.", field="tags")
    parts = tags.split(",") if isinstance(tags, str) else [piece for tag in tags for piece in str(tag).split(",")]
    clean = dict.fromkeys(tidy_name(part.lower()) for part in parts)
    clean.pop("", None)
    for tag in clean:
        if len(tag) > MAX_TAG_CHARS:
            raise InvalidInputError(f"Shorten the tag to at most {MAX_TAG_CHARS} characters: {tag[:40]}…", field="tags")
    return ",".join(clean)


def normal_score(score: Any) -> float:
    """Return a score of 0 (not rated) to 5.

    Raises:
        InvalidInputError: *score* is something else.
    """
    try:
        value = float(score)
    except (TypeError, ValueError):
        value = -1.0
    if isinstance(score, bool) or not 0.0 <= value <= MAX_SCORE:
        raise InvalidInputError("A score is a number from 0 to 5, such as 4 or 4.2.", field="score")
    return value


def _answer(answer: str, answer_type: str, options: Any) -> str:
    if answer_type == "text":
        return answer
    from core.questions.answer_types import checked_answer

    return checked_answer(answer, answer_type, options)


def _stored(name: str, value: Any) -> Any:
    if name == "tags":
        return normal_tags(value)
    if name == "score":
        return normal_score(value)
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise InvalidInputError(f"{name} must be true or false.", field=name)
        return value
    if name == "answer" and isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if name in _OTHERS:
        return _OTHERS[name](value)
    return _text(name, value)


def _conversation_id(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MAX_CONVERSATION_ID_CHARS:
        raise InvalidInputError(
            f"conversation_id must be a text of at most {MAX_CONVERSATION_ID_CHARS} characters.",
            field="conversation_id",
        )
    return _text("conversation_id", value)


def _turn(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_TURN:
        raise InvalidInputError(f"turn must be an integer from 0 to {MAX_TURN:,}.", field="turn")
    return value


def _ratings(value: Any) -> dict[str, int] | None:
    if not value:
        return None
    if not isinstance(value, dict) or not all(
        name in RATINGS and isinstance(rating, int) and not isinstance(rating, bool) and 1 <= rating <= 5
        for name, rating in value.items()
    ):
        raise InvalidInputError(f"Ratings are integers from 1 to 5 for {', '.join(RATINGS)}.", field="ratings")
    return value


def _origin(value: Any) -> str:
    from core.db import IMPORTED

    if value not in ("", IMPORTED):
        raise InvalidInputError(f"origin is {IMPORTED}, or empty for an answer that was given here.", field="origin")
    return str(value)


def _options(value: Any) -> list[str] | dict[str, Any] | None:
    is_labels = isinstance(value, list) and all(isinstance(label, str) for label in value)
    if value is not None and not isinstance(value, dict) and not is_labels:
        raise InvalidInputError("Options must be a list of labels or a JSON schema.", field="options")
    from core.questions.answer_types import storable_options

    return storable_options(value)


_OTHERS: dict[str, Callable[[Any], Any]] = {
    "options": _options, "conversation_id": _conversation_id, "turn": _turn, "ratings": _ratings, "origin": _origin,
}  # fmt: skip


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} must be a text.", field=name)
    if len(value) > MAX_TEXT_CHARS:
        raise InvalidInputError(f"Shorten the {name} to at most {MAX_TEXT_CHARS:,} characters.", field=name)
    if name == "question" and not value.strip():
        raise InvalidInputError("Write a question.", field="question")
    # PostgreSQL stores no NUL, and no database stores a lone surrogate.
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
