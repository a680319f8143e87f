"""The shapes of replies that models are asked for. Readers are tolerant, see :mod:`core.llm.replies`."""

import copy
import json
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field


def _as_text(value: Any) -> Any:
    """Take 3, true or ["red"] where text was asked for: models answer labels and numbers that way."""
    return value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False)


def _as_list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Words = Annotated[list[str], BeforeValidator(_as_list)]


class Shape(BaseModel):
    """A shape whose JSON schema is made once: each call sends it, and making it takes a tenth of a call's work."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        # Whoever sends it adapts it to a provider in place.
        return copy.deepcopy(_json_schema(cls, args, tuple(kwargs.items())))


@cache
def _json_schema(shape: type[Shape], args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return super(Shape, shape).model_json_schema(*args, **dict(kwargs))


class AskedQuestion(Shape):
    question: str = Field(min_length=1)
    kind: str = ""


class QuestionList(Shape):
    questions: list[AskedQuestion]


class GivenAnswer(Shape):
    """*number* is that of the question in the prompt, from 1; 0 when the model left it out."""

    number: int = 0
    answer: Text


class AnswerList(Shape):
    answers: list[GivenAnswer]


class AnsweredQuestion(Shape):
    question: str = Field(min_length=1)
    answer: Text
    kind: str = ""


class QuestionAnswerList(Shape):
    items: list[AnsweredQuestion]


class StyleAnalysis(Shape):
    description: Text
    tags: Words
    vibe: Text
    lighting: Text
    colors: Words
    style: Text
