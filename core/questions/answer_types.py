"""The types of answers: text, label (a JSON array of labels) and custom_format (a JSON document)."""

import json
from typing import Any

from core.errors import InvalidInputError
from core.questions import schema_check

ANSWER_TYPES = ("text", "label", "custom_format")


Options = list[str] | dict[str, Any] | None
"""The labels to choose from, or a JSON schema."""


def checked_answer(answer: str, answer_type: str, options: Options = None, *, one_label: bool = False) -> str:
    """Return *answer* in its stored form.

    Args:
        answer: For ``label`` a JSON array, or one label as plain text.
        options: For ``label`` the allowed labels, for ``custom_format`` a JSON schema.
        one_label: Whether a ``label`` answer must be exactly one label.

    Raises:
        InvalidInputError: the type is unknown, or the answer is invalid for it.
    """
    if answer_type == "text":
        return answer
    if answer_type == "label":
        labels = _labels(answer, options if isinstance(options, list) else None)
        if one_label and len(labels) != 1:
            raise InvalidInputError(f"{len(labels)} labels were given. Give exactly one.", field="answer")
        return json.dumps(labels, ensure_ascii=False)
    if answer_type == "custom_format":
        schema_check.check_document(answer, options if isinstance(options, dict) else None)
        return answer
    raise InvalidInputError(
        f"{answer_type} is not a type of answer. Use text, label or custom_format.", field="answer_type"
    )


def checked_options(answer_type: str, options: Options) -> Options:
    """Return the *options* of a question of this type in their stored form; None for ``text``.

    Raises:
        InvalidInputError: the type is unknown, there are fewer than two labels, or the JSON schema is invalid.
    """
    if answer_type not in ANSWER_TYPES:
        raise InvalidInputError(
            f"{answer_type} is not a type of answer. Use text, label or custom_format.", field="answer_type"
        )
    if answer_type == "text":
        return None
    options = storable_options(options)
    if answer_type == "label":
        labels = [label.strip() for label in options if label.strip()] if isinstance(options, list) else []
        if len(set(labels)) < 2:
            raise InvalidInputError("Name at least two labels to choose from.", field="options")
        return list(dict.fromkeys(labels))
    if not isinstance(options, dict) or not options:
        raise InvalidInputError('Give a JSON schema, for example {"type": "object"}.', field="options")
    schema_check.check_schema(options)
    return options


def storable_options(options: Options) -> Options:
    """Return *options* without lone surrogates: they would be stored, as escapes, and could be sent to nobody.

    Raises:
        InvalidInputError: a number in them is NaN or infinite.
    """
    try:
        text = json.dumps(options, ensure_ascii=False, allow_nan=False) if options else ""
    except ValueError:
        raise InvalidInputError("A number in the options is NaN or infinite. Leave it out.", field="options") from None
    return json.loads(text.encode("utf-8", "replace")) if text else options


def _labels(answer: str, options: list[str] | None) -> list[str]:
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        value = [answer.strip()]
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(label, str) and label for label in value):
        raise InvalidInputError('A label answer is a list of labels. Write it as ["first", "second"].', field="answer")
    unknown = [label for label in value if options and label not in options]
    if unknown:
        raise InvalidInputError(
            f"{unknown[0]} is not one of the labels. Choose from {', '.join(options or [])}.", field="answer"
        )
    return value
