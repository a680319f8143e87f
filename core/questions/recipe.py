"""What a person asks for when they ask for questions or answers; checked before anything is spent."""

from collections import Counter
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import InvalidInputError
from core.questions.prompts import Prompt
from core.tasks import with_models

KINDS = ("object", "attribute", "count", "position", "text", "reasoning", "yes/no", "unanswerable")
MAX_EXAMPLES = 4
OFFLINE = {"provider": "offline", "model": "measure"}
_GOLDEN_RATIO = (5**0.5 - 1) / 2
PROMPT_VARIABLES = frozenset({"count", "language", "kinds", "existing", "image_name"})


class Recipe(BaseModel):
    """What asking and answering have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image_ids: list[str] | None = None
    """None: every image of the project."""
    language: str = Field("en", min_length=1, max_length=60)
    concurrency: int | None = Field(None, ge=1, le=64)
    """Items at a time; None: the setting ``VITRINE_LLM_CONCURRENCY``."""
    models: list[dict[str, Any]] = Field(default_factory=lambda: [dict(OFFLINE)], min_length=1, max_length=1)
    """Model configs; ``llm_config`` and ``more_models`` are read too."""
    example_ids: list[str] = Field(default_factory=list, max_length=MAX_EXAMPLES)
    """Confirmed entries that are shown to the model first, with their images."""
    fresh: bool = False
    """Send requests again whose replies were paid for before."""

    @model_validator(mode="before")
    @classmethod
    def _read_models(cls, config: Any) -> Any:
        """Accept the promised ``llm_config``, and ``more_models`` of older stored tasks, as ``models``."""
        if not isinstance(config, dict) or not {"llm_config", "more_models"} & config.keys():
            return config
        if "models" in config:
            raise ValueError("Name the models either in models or in llm_config, not in both")
        return with_models(config)


R = TypeVar("R", bound=Recipe)


class QuestionRecipe(Recipe):
    """The config of a task that asks questions, and answers them in the same call when *with_answers*."""

    num_questions: int = Field(3, ge=1, le=20)
    custom_prompt: str | None = None
    kinds: dict[str, int] = Field(default_factory=dict)
    """Shares by kind, as whole numbers; empty leaves the choice to the model."""
    with_answers: bool = False
    only_without_questions: bool = False
    """Leave out the images that were asked about in this language; fixed questions do not count."""
    only_failed: bool = False
    """Only the images whose last item in a task of this kind failed."""
    top_up: bool = False
    """Count the questions that an image has already towards *num_questions*; leave out those that have enough."""

    @field_validator("custom_prompt")
    @classmethod
    def _known_variables(cls, text: str | None) -> str | None:
        if text is None or not text.strip():
            return None
        Prompt("of your own", text).check(PROMPT_VARIABLES)
        return text

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: dict[str, int]) -> dict[str, int]:
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            raise ValueError(f"{unknown[0]} is not a kind of question. Use {', '.join(KINDS)}")
        return {kind: share for kind, share in kinds.items() if share > 0}


class AnswerRecipe(Recipe):
    """The config of a task that answers questions, all those of an image in one call of each model."""

    question_ids: list[str] | None = None
    """None: those that *which* names."""
    which: Literal["unanswered", "all"] = "unanswered"
    models: list[dict[str, Any]] = Field(default_factory=lambda: [dict(OFFLINE)], min_length=1, max_length=5)
    """Each model answers every question, so that disagreement shows."""


def question_recipe(config: dict[str, Any]) -> QuestionRecipe:
    """Return the checked recipe of *config*.

    Raises:
        InvalidInputError: a value is out of its range or unknown; the message names it.
    """
    return _checked(QuestionRecipe, config)


def answer_recipe(config: dict[str, Any]) -> AnswerRecipe:
    """Return the checked recipe of *config*; see :func:`question_recipe`."""
    return _checked(AnswerRecipe, config)


def _checked(recipe: type[R], config: dict[str, Any]) -> R:
    try:
        return recipe.model_validate(config)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        cause = first.get("ctx", {}).get("error")
        named = f"{field}: {first['msg']}." if field else f"{first['msg']}."
        message = str(cause) if isinstance(cause, InvalidInputError) else named
        raise InvalidInputError(message.replace("Value error, ", ""), field=field or None) from error


def kinds_in_words(kinds: dict[str, int], count: int, turn: int) -> str:
    """Return how many questions of which kind to ask of one image: "2 x count, 1 x position".

    *turn* is the image's place in the task. Steps of the golden ratio spread the kinds so that the shares come
    out over many images, even when each is asked a single question.
    """
    if not kinds:
        return ", ".join(KINDS[:-1])
    total = sum(kinds.values())
    asked: Counter[str] = Counter()
    for number in range(turn * count, (turn + 1) * count):
        place = (number * _GOLDEN_RATIO) % 1.0 * total
        for kind in sorted(kinds, key=KINDS.index):
            place -= kinds[kind]
            if place < 0:
                asked[kind] += 1
                break
    return ", ".join(f"{asked[kind]} x {kind}" for kind in KINDS if asked[kind])
