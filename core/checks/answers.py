"""When two answers count as the same."""

import json
import re
from typing import Any

from core.checks.base import CheckedEntry
from core.dataset.vqa import normal_answer
from core.number_values import number_key, stated_number, states

_YES_AND_NO = ("yes", "no", "evet", "hayır", "是", "否")
_AT_THE_ENDS = " \u3001\u3002\uff01\uff0c\uff1f"
"""Chinese signs, which the VQA challenge does not know."""
_WORD = re.compile(r"[^\w]+")

LONG_ANSWER_WORDS = 8
"""A longer answer is hardly ever given twice in the same words, so whether it was guessed says little."""


def answer_key(answer: str, answer_type: str, language: str = "") -> str:
    """Return a text that is the same for equal answers.

    Numbers by value, words as the VQA challenge normalizes them, labels in any order, JSON by value.
    """
    if answer_type != "text":
        try:
            return _json_key(json.loads(answer))
        except ValueError:
            pass
    return number_key(answer, language) or normal_answer(answer.strip(_AT_THE_ENDS))


def same_answer(given: str, stored: str, answer_type: str, language: str = "") -> bool:
    """Return whether a model's answer is the stored one.

    Equal as :func:`answer_key` says. A stored yes, no or number is also met by a short answer that begins with it, such
    as "yes, there is", or whose only number it is, such as "3 cups".
    """
    wanted = answer_key(stored, answer_type, language)
    if answer_key(given, answer_type, language) == wanted:
        return True
    if answer_type != "text" or len(given.split()) > LONG_ANSWER_WORDS:
        return False
    if wanted in _YES_AND_NO:
        return _WORD.split(given.casefold(), maxsplit=1)[0].removesuffix("的") == wanted
    number = stated_number(stored, language)
    return number is not None and states(given, number, language)


def is_long(entry: CheckedEntry) -> bool:
    """Return whether the answer is a free text of more than ``LONG_ANSWER_WORDS`` words."""
    return entry.answer_type == "text" and len(entry.answer.split()) > LONG_ANSWER_WORDS


def _json_key(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(label, str) for label in value):
        return ", ".join(sorted(normal_answer(label) for label in value))
    if isinstance(value, str):
        return normal_answer(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
