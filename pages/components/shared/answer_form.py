"""The fields that say what an answer may be: text, labels, or a JSON document."""

import json
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import InvalidInputError
from core.questions import QuestionTemplates

TYPES = {"text": "Text", "label": "Labels", "custom_format": "JSON"}


@dataclass(frozen=True)
class AnswerShape:
    answer_type: str
    options: str
    """As it was typed: labels, one a line or with commas, or a JSON schema."""
    one_label: bool

    def checked(self) -> dict[str, Any]:
        """Return the arguments of the services.

        Raises:
            InvalidInputError: the schema is no JSON object.
        """
        options: Any = None
        if self.answer_type == "label":
            options = [part.strip() for part in self.options.replace(",", "\n").splitlines() if part.strip()]
        elif self.answer_type == "custom_format":
            try:
                options = json.loads(self.options)
            except ValueError as error:
                raise InvalidInputError(f"The schema is not JSON: {error}. Mend it.", field="options") from error
        return {"answer_type": self.answer_type, "options": options, "one_label": self.one_label}


def in_words(answer: str) -> str:
    """Return labels as people write them, and any other answer as it is."""
    try:
        labels = json.loads(answer)
    except ValueError:
        return answer
    return ", ".join(str(label) for label in labels) if isinstance(labels, list) else answer


def show(key: str, begin: QuestionTemplates | None = None) -> AnswerShape:
    """Draw the choice of type with what belongs to it, as *begin* has it."""
    begin = begin or QuestionTemplates(project_id="", question="", answer_type="text", one_label=True)
    labels = "\n".join(begin.options) if isinstance(begin.options, list) else ""
    schema = json.dumps(begin.options, ensure_ascii=False, indent=2) if isinstance(begin.options, dict) else ""
    answer_type = st.segmented_control(
        "Answer",
        list(TYPES),
        format_func=TYPES.__getitem__,
        default=begin.answer_type,
        required=True,
        key=f"{key}-type",
    )
    options, one_label = "", False
    if answer_type == "label":
        options = st.text_area("Labels", labels, key=f"{key}-labels", placeholder="red\ngreen\nblue", height=90) or ""
        one_label = st.toggle("Exactly one label", value=begin.one_label, key=f"{key}-one")
    elif answer_type == "custom_format":
        options = st.text_area(
            "JSON schema", schema, key=f"{key}-schema", height=120,
            placeholder='{"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}',
        ) or ""  # fmt: skip
    return AnswerShape(str(answer_type), options, one_label)
