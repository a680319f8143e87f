"""The form for the type of an answer: text, labels, or a JSON document."""

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
    """As typed: labels, separated by commas or line breaks, or a JSON schema."""
    one_label: bool

    def arguments(self) -> dict[str, Any]:
        """Return ``answer_type``, ``options`` and ``one_label`` as the services take them.

        Raises:
            InvalidInputError: the schema is not valid JSON.
        """
        options: Any = None
        if self.answer_type == "label":
            options = [part.strip() for part in self.options.replace(",", "\n").splitlines() if part.strip()]
        elif self.answer_type == "custom_format":
            try:
                options = json.loads(self.options)
            except ValueError as error:
                raise InvalidInputError(
                    f"The schema is not valid JSON: {error}. Correct it.", field="options"
                ) from error
        return {"answer_type": self.answer_type, "options": options, "one_label": self.one_label}


def readable_answer(answer: str) -> str:
    """Return a JSON array of labels as "red, green", and any other answer unchanged."""
    try:
        labels = json.loads(answer)
    except ValueError:
        return answer
    return ", ".join(str(label) for label in labels) if isinstance(labels, list) else answer


def show(key: str, initial: QuestionTemplates | None = None) -> AnswerShape:
    """Draw the answer type and its options, prefilled from *initial*."""
    initial = initial or QuestionTemplates(project_id="", question="", answer_type="text", one_label=True)
    labels = "\n".join(initial.options) if isinstance(initial.options, list) else ""
    schema = json.dumps(initial.options, ensure_ascii=False, indent=2) if isinstance(initial.options, dict) else ""
    answer_type = st.segmented_control(
        "Answer type",
        list(TYPES),
        format_func=TYPES.__getitem__,
        default=initial.answer_type,
        required=True,
        key=f"{key}-type",
    )
    options, one_label = "", False
    if answer_type == "label":
        options = st.text_area("Labels", labels, key=f"{key}-labels", placeholder="red\ngreen\nblue", height=90) or ""
        one_label = st.toggle("Exactly one label", value=initial.one_label, key=f"{key}-one")
    elif answer_type == "custom_format":
        options = st.text_area(
            "JSON schema", schema, key=f"{key}-schema", height=120,
            placeholder='{"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}',
        ) or ""  # fmt: skip
    return AnswerShape(str(answer_type), options, one_label)
