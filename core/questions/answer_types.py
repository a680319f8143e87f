"""Types of answers: text, label (a JSON array of options) and custom_format (a JSON document)."""

import json
from typing import Any

from core.errors import InvalidInputError

ANSWER_TYPES = ("text", "label", "custom_format")


def checked_answer(answer: str, answer_type: str, options: list[str] | dict[str, Any] | None = None) -> str:
    """Return *answer* in its stored form.

    For ``label``, *options* are the labels to choose from; for ``custom_format``, a JSON schema. A single label
    may come bare, without the brackets of an array.

    Raises:
        InvalidInputError: the type is unknown or the answer breaks its rules.
    """
    if answer_type == "text":
        return answer
    if answer_type == "label":
        return json.dumps(_labels(answer, options if isinstance(options, list) else None), ensure_ascii=False)
    if answer_type == "custom_format":
        _check_document(answer, options if isinstance(options, dict) else None)
        return answer
    raise InvalidInputError(
        f"{answer_type} is not a type of answer. Use text, label or custom_format.", field="answer_type"
    )


def _labels(answer: str, options: list[str] | None) -> list[str]:
    try:
        value = json.loads(answer)
    except ValueError:
        value = [answer.strip()]
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(label, str) and label for label in value):
        raise InvalidInputError('A label answer is a list of labels. Write it as ["first", "second"].', field="answer")
    foreign = [label for label in value if options and label not in options]
    if foreign:
        raise InvalidInputError(
            f"{foreign[0]} is not one of the labels. Choose from {', '.join(options or [])}.", field="answer"
        )
    return value


def _check_document(answer: str, schema: dict[str, Any] | None) -> None:
    try:
        document = json.loads(answer)
    except ValueError as error:
        raise InvalidInputError(
            f"This answer is not JSON: {error}. Mend it or change its type.", field="answer"
        ) from error
    if schema is None:
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    problem = best_match(Draft202012Validator(schema).iter_errors(document))
    if problem is not None:
        where = "/".join(str(part) for part in problem.absolute_path) or "the document"
        raise InvalidInputError(f"The answer breaks its schema at {where}: {problem.message}.", field="answer")
