"""Rules for imported questions and answers: raw values of any shape become a turn, or a sentence why they do not."""

import ast
import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.dataset.values import MAX_TEXT_CHARS
from core.errors import InvalidInputError
from core.importing.records import Turn, plain_turn
from core.importing.texts import clean_text, has_other_bytes
from core.questions.answer_types import ANSWER_TYPES, checked_answer

CAPTION_QUESTION = "Describe this image."
"""The question of answers that come without one: captions."""

MAX_OPTIONS = 1_000
_MAX_LITERAL_CHARS = 20_000
_MAX_INDEX = 10**9
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Between the choices that a cell of a table writes out, the first one that is in it.
_SEPARATORS = ("\n", "|", ";", ",")
_BETWEEN_TEXTS = re.compile(r"(?<=['\"])\s+(?=['\"])")


class RowError(ValueError):
    """Raised for a row that cannot come in; the message is a sentence for the user."""


def turn(question: Any, answer: Any, answer_type: Any = None, options: Any = None) -> Turn:
    """Return the turn of a question and an answer of any shape.

    Raises:
        RowError: one of them is empty, too long, or breaks the rules of its type.
    """
    is_plain = (answer_type is None or answer_type == "text") and options is None
    if is_plain and isinstance(answer, str) and isinstance(question, str):
        # The usual pair of two texts, in a few calls.
        asked, given = clean_text(question), clean_text(answer)
        is_short = len(asked) <= MAX_TEXT_CHARS and len(given) <= MAX_TEXT_CHARS
        if asked and given and is_short and "\ufffd" not in asked and "\ufffd" not in given:
            return plain_turn(asked, given)
    asked = question_text(question)
    choices = choices_of(options)
    kind = answer_type if answer_type in ANSWER_TYPES else "text"
    if choices:
        answer = _chosen_ones(answer, choices, kind)
        if kind == "text" and answer_type != "text" and _are_choices(answer, choices):
            kind = "label"
    if isinstance(answer, list | tuple):
        answer, kind = _of_list(answer, kind)
    elif isinstance(answer, dict):
        answer, kind = _of_object(answer, kind)
    given = answer_text(scalar_text(answer))
    if kind == "label" and (given[0] not in '["' or given in choices):
        given = json.dumps([given], ensure_ascii=False)
    checked = choices if kind == "label" else None
    try:
        stored = checked_answer(given, kind, checked)
    except InvalidInputError as error:
        raise RowError(str(error)) from None
    return Turn(asked, stored, kind, choices or (options if isinstance(options, dict) and options else None))


def caption_turn(caption: Any) -> Turn:
    """Return the turn of a caption.

    Raises:
        RowError: it is empty, too long or no text.
    """
    text = answer_text(caption if isinstance(caption, str) else scalar_text(caption))
    return plain_turn(CAPTION_QUESTION, text)


def people_answer(answers: Sequence[Any]) -> Any:
    """Return the most frequent of the answers of several people; the first of several that are.

    Raises:
        RowError: there is none.
    """
    given = [text for answer in answers if (text := _of_person(answer)) is not None and text != ""]
    if not given:
        raise RowError("There is no answer.")
    return Counter(given).most_common(1)[0][0]


def question_text(value: Any) -> str:
    """Return a question as it is stored.

    Raises:
        RowError: it is empty, too long, no text or not UTF-8.
    """
    _require_utf8(value)
    text = clean_text(value) if isinstance(value, str) else clean_text(scalar_text(value))
    if not text:
        raise RowError("The question is empty.")
    if len(text) > MAX_TEXT_CHARS:
        raise RowError(f"The question has {len(text):,} characters; {MAX_TEXT_CHARS:,} is the limit.")
    return text


def answer_text(value: str) -> str:
    """Return an answer as it is stored.

    Raises:
        RowError: it is empty, too long or not UTF-8.
    """
    _require_utf8(value)
    text = clean_text(value)
    if not text:
        raise RowError("There is no answer.")
    if len(text) > MAX_TEXT_CHARS:
        raise RowError(f"The answer has {len(text):,} characters; {MAX_TEXT_CHARS:,} is the limit.")
    return text


def _require_utf8(value: Any) -> None:
    if isinstance(value, str) and has_other_bytes(value):
        raise RowError("This row is not UTF-8 text. Save the file as UTF-8.")


def parsed_list(value: Any) -> Any:
    """Return the list that a text writes out, as cells of tables do; any other value unchanged."""
    if not isinstance(value, str) or not value.startswith("[") or len(value) > _MAX_LITERAL_CHARS:
        return value
    for parse in (json.loads, _python_list):
        try:
            found = parse(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(found, list):
            return found
    return value


def _python_list(text: str) -> Any:
    """Return the value of a literal of Python; numpy writes lists without commas."""
    return ast.literal_eval(_BETWEEN_TEXTS.sub(", ", text))


def scalar_text(value: Any) -> str:
    """Return one value as text, as JSON writes it.

    Raises:
        RowError: it is null, a list, an object or no number.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        try:
            return str(value)
        except ValueError:
            raise RowError("A number in this row has too many digits.") from None
    if isinstance(value, float):
        return str(value) if math.isfinite(value) else ""
    if isinstance(value, list | tuple | dict):
        raise RowError("A text was expected, not a list or an object.")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _of_list(answer: Sequence[Any], kind: str) -> tuple[Any, str]:
    """Return what a list means: labels, the answers of several people, or a document, such as the corners of a box."""
    if not answer:
        return "", "text"
    if kind == "custom_format" or any(isinstance(one, list | tuple) for one in answer):
        return _document(answer), "custom_format"
    if kind != "label" and _are_measures(answer):
        return _document(answer), "custom_format"
    if any(isinstance(one, dict) for one in answer):
        if any(_of_person(one) is not None for one in answer):
            return people_answer(answer), kind
        return _document(answer), "custom_format"
    texts = [clean_text(scalar_text(one)) for one in answer if one is not None]
    if len(set(texts)) < len(texts) and kind != "label":
        return people_answer(texts), kind
    labels = list(dict.fromkeys(text for text in texts if text))
    if len(labels) == 1 and kind != "label":
        return labels[0], kind
    return (json.dumps(labels, ensure_ascii=False), "label") if labels else ("", "text")


def _are_measures(answer: Sequence[Any]) -> bool:
    """Return whether numbers have fractions or repeat, as the corners of a box do; labels do not."""
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in answer):
        return False
    return any(isinstance(one, float) for one in answer) or len(set(answer)) < len(answer)


def _of_object(answer: dict[str, Any], kind: str) -> tuple[Any, str]:
    """Return what an object means: the answer of a person, SQuAD's lists of texts, weighted answers, or a document."""
    person = _of_person(answer)
    if person is not None and kind != "custom_format":
        return person, kind
    texts, ids, weights = (answer.get(name) for name in ("text", "ids", "weights"))
    if isinstance(texts, list | tuple) and texts and kind != "custom_format":
        return people_answer(texts), kind
    if isinstance(ids, list | tuple) and isinstance(weights, list | tuple) and len(ids) == len(weights) > 0:
        return max(zip(ids, weights, strict=True), key=lambda one: _weight(one[1]))[0], kind
    return _document(answer), "custom_format"


def _weight(value: Any) -> float:
    return value if isinstance(value, int | float) and value == value else -math.inf


def _of_person(answer: Any) -> str | None:
    """Return the answer of one person as text; None for another object."""
    if isinstance(answer, dict):
        answer = answer.get("answer")
        if isinstance(answer, list | tuple | dict) or answer is None:
            return None
    if answer is None or isinstance(answer, list | tuple):
        return None
    return clean_text(scalar_text(answer))


def _document(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=scalar_text)
    except (ValueError, RecursionError):
        raise RowError("The answer is nested too deeply.") from None


def choices_of(options: Any) -> list[str]:
    """Return the choices of a question as texts; [] when there are none."""
    options = parsed_list(options)
    if isinstance(options, str) and len(options) < _MAX_LITERAL_CHARS:
        options = _written_choices(options)
    elif isinstance(options, dict):
        options = options["text"] if isinstance(options.get("text"), list | tuple) else _lettered_choices(options)
    if not isinstance(options, list | tuple) or not 0 < len(options) <= MAX_OPTIONS:
        return []
    if any(isinstance(option, list | tuple | dict) for option in options):
        return []
    return [clean_text(scalar_text(option)) for option in options]


def _written_choices(text: str) -> list[str]:
    """Return the choices that a text has between separators; [] for one without."""
    for separator in _SEPARATORS:
        parts = [part.strip() for part in text.split(separator)]
        if len(parts) > 1 and all(parts):
            return parts
    return []


def _lettered_choices(options: dict[str, Any]) -> list[Any]:
    """Return the values of an object whose keys are A, B, C and so on; [] for another object, such as a schema."""
    if [*options] != [*_LETTERS[: len(options)]]:
        return []
    values = list(options.values())
    while values and values[-1] in (None, ""):
        values.pop()
    return values


def _chosen_ones(answer: Any, choices: list[str], kind: str) -> Any:
    """Return the words of the choices that an answer gives: one, several, or the most frequent of several people's.

    Raises:
        RowError: an index is not one of the choices.
    """
    if not isinstance(answer, list | tuple) or any(isinstance(one, list | tuple | dict) for one in answer):
        return _chosen(answer, choices)
    found = [_chosen(one, choices) for one in answer if one is not None]
    return people_answer(found) if kind == "text" and len({*map(str, found)}) < len(found) else found


def _are_choices(answer: Any, choices: list[str]) -> bool:
    """Return whether an answer is one of at least two choices, or several of them."""
    answers = answer if isinstance(answer, list | tuple) else [answer]
    if len(set(choices)) < 2 or not answers or any(isinstance(one, list | tuple | dict | None) for one in answers):
        return False
    return all(text and text in choices for text in (clean_text(scalar_text(one)) for one in answers))


def _chosen(answer: Any, choices: list[str]) -> Any:
    """Return the words of a choice that is given by its index or its letter.

    Raises:
        RowError: the index is not one of the choices.
    """
    if isinstance(answer, str):
        written = answer.strip()
        if written in choices or not written:
            return answer
        same = [choice for choice in dict.fromkeys(choices) if choice.casefold() == written.casefold()]
        if len(same) == 1:
            return same[0]
        letter = written.strip("().").upper()
        if len(letter) == 1 and letter in _LETTERS[: len(choices)]:
            return choices[_LETTERS.index(letter)]
        if not (written.isascii() and written.isdecimal() and len(written) < 5):
            return answer
        answer = int(written)
    if isinstance(answer, float) and answer.is_integer():
        answer = int(answer)
    if not isinstance(answer, int) or isinstance(answer, bool) or _is_choice(answer, choices):
        return answer
    if abs(answer) >= _MAX_INDEX:
        raise RowError("A number in this row has too many digits.")
    if not 0 <= answer < len(choices):
        raise RowError(f"The answer is choice {answer}, but there are {len(choices)} choices, counted from 0.")
    return choices[answer]


def _is_choice(number: int, choices: list[str]) -> bool:
    """Return whether a number is itself one of the choices, which are numbers then."""
    return (
        abs(number) < _MAX_INDEX
        and str(number) in choices
        and all(choice.lstrip("-").isdecimal() for choice in choices)
    )
