"""Schemas of structured replies. Parsing is tolerant, see :mod:`core.llm.replies`."""

import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema


def _as_text(value: Any) -> Any:
    """Accept 3, true or ["red"] as text: models answer labels and numbers that way."""
    return value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False)


def _as_text_or_empty(value: Any) -> Any:
    return "" if value is None else _as_text(value)


def _as_list(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [_as_text(part) for part in value if part is not None] if isinstance(value, list) else value or []


def _as_number(value: Any) -> Any:
    """Accept "1." and "Q1" as 1; what holds no number counts as left out."""
    if isinstance(value, str):
        digits = re.search(r"\d{1,9}", value)
        return int(digits[0]) if digits else 0
    return int(value) if isinstance(value, int | float) and abs(value) < 10**9 else 0


def _as_boxes(value: Any) -> Any:
    """Accept anything: what is a box is decided where boxes are read, and a bad one costs no answer."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _not_empty(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def _may_be_missing(value: Any) -> Any:
    """Return a field that is required in the schema sent to providers and optional in the reply.

    OpenAI's strict schemas support neither defaults nor lengths, so neither may appear in the schema.
    """

    def hide_the_default(schema: dict[str, Any]) -> None:
        schema.pop("default", None)

    return Field(default=value, json_schema_extra=hide_the_default)


Question = Annotated[str, AfterValidator(_not_empty)]
Answer = Annotated[str, BeforeValidator(_as_text), AfterValidator(_not_empty)]
Text = Annotated[str, BeforeValidator(_as_text)]
Number = Annotated[int, BeforeValidator(_as_number)]
OptionalText = Annotated[str, BeforeValidator(_as_text_or_empty)]
Words = Annotated[list[str], BeforeValidator(_as_list)]
Boxes = Annotated[
    list[Any],
    BeforeValidator(_as_boxes),
    WithJsonSchema(
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "label": {"type": "string"},
                    "box": {"type": "array", "items": {"type": "number"}},
                },
                "required": ["label", "box"],
                "additionalProperties": False,
            },
        }
    ),
]
"""Boxes as the model wrote them; :mod:`core.vision.boxes` reads them."""


class AskedQuestion(BaseModel):
    """One generated question."""

    question: Question
    kind: OptionalText = _may_be_missing("")


class QuestionList(BaseModel):
    """Generated questions without answers."""

    questions: list[AskedQuestion]


class GivenAnswer(BaseModel):
    """One answer; *number* is that of its question in the prompt, from 1, or 0 when the model left it out."""

    number: Number = _may_be_missing(0)
    answer: Answer


class AnswerList(BaseModel):
    """Answers to the questions of the prompt."""

    answers: list[GivenAnswer]


class AnsweredQuestion(BaseModel):
    """One generated question with its answer."""

    question: Question
    answer: Answer
    kind: OptionalText = _may_be_missing("")


class QuestionAnswerList(BaseModel):
    """Generated questions with their answers."""

    items: list[AnsweredQuestion]


class PlacedAnswer(GivenAnswer):
    """One answer with the boxes that show it."""

    boxes: Boxes = _may_be_missing([])


class PlacedAnswerList(BaseModel):
    """Answers, some of them with boxes."""

    answers: list[PlacedAnswer]


class PlacedQuestion(AnsweredQuestion):
    """One generated question with its answer and the boxes that show it."""

    boxes: Boxes = _may_be_missing([])


class PlacedQuestionList(BaseModel):
    """Generated questions with their answers, some of them with boxes."""

    items: list[PlacedQuestion]


class SeenAnswer(PlacedAnswer):
    """One answer of offline/see; its boxes are evidence, in the stored form."""

    doubt: OptionalText = _may_be_missing("")
    """Why nothing is proven; "" when the answer is."""


class SeenAnswerList(PlacedAnswerList):
    """Answers of offline/see."""

    answers: list[SeenAnswer]  # type: ignore[assignment]  # narrower than that of its base; nothing is added to it


class SeenQuestion(PlacedQuestion):
    """One question of offline/see with its answer; the boxes are evidence, in the stored form."""

    doubt: OptionalText = _may_be_missing("")


class SeenQuestionList(PlacedQuestionList):
    """Questions of offline/see with their answers."""

    items: list[SeenQuestion]  # type: ignore[assignment]  # as above


class StyleAnalysis(BaseModel):
    """Description of the style of one image."""

    description: Text
    tags: Words
    vibe: OptionalText
    lighting: OptionalText
    colors: Words
    style: OptionalText


def _as_verdict(value: Any) -> Any:
    """Accept "Yes." and true as yes: models are not exact about a choice of three words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.strip(" .").lower() if isinstance(value, str) else value


class Verdict(BaseModel):
    """Answer to one question about style, with its reason."""

    answer: Annotated[Literal["yes", "partly", "no"], BeforeValidator(_as_verdict)]
    evidence: Text


class StyleJudgment(BaseModel):
    """Whether a new image has the style of its references: one verdict for each question."""

    # The title is part of the request hash in the ledger: another one would pay for stored replies again.
    model_config = ConfigDict(title="StyleJudgement")

    palette: Verdict
    light: Verdict
    texture: Verdict
    composition: Verdict
    mood: Verdict
