"""The shapes of replies that models are asked for. Readers are tolerant, see :mod:`core.llm.replies`."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field


def _as_text(value: Any) -> Any:
    """Take 3, true or ["red"] where text was asked for: models answer labels and numbers that way."""
    return value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False)


def _as_list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Words = Annotated[list[str], BeforeValidator(_as_list)]


class AskedQuestion(BaseModel):
    question: str = Field(min_length=1)
    kind: str = ""


class QuestionList(BaseModel):
    questions: list[AskedQuestion]


class GivenAnswer(BaseModel):
    """*number* is that of the question in the prompt, from 1; 0 when the model left it out."""

    number: int = 0
    answer: Text


class AnswerList(BaseModel):
    answers: list[GivenAnswer]


class AnsweredQuestion(BaseModel):
    question: str = Field(min_length=1)
    answer: Text
    kind: str = ""


class QuestionAnswerList(BaseModel):
    items: list[AnsweredQuestion]


class StyleAnalysis(BaseModel):
    description: Text
    tags: Words
    vibe: Text
    lighting: Text
    colors: Words
    style: Text
