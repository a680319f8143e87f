"""Recipes: the validated configs of tasks that generate questions or answers."""

from collections import Counter
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import InvalidInputError
from core.questions import quoting
from core.questions.image_sets import MAX_IMAGES, MIN_IMAGES, SetsBy
from core.questions.prompts import Prompt
from core.questions.text import GROUNDING
from core.tasks import with_models

_KINDS_BY_DEFAULT = ("object", "attribute", "count", "position", "text", "reasoning", "yes/no")
KINDS = (*_KINDS_BY_DEFAULT, "unanswerable", GROUNDING)
MAX_EXAMPLES = 4
OFFLINE = {"provider": "offline", "model": "measure"}
_GOLDEN_RATIO = (5**0.5 - 1) / 2
PROMPT_VARIABLES = frozenset({"count", "language", "kinds", "existing", "image_name", *quoting.VARIABLES})


class Recipe(BaseModel):
    """The fields that both kinds of recipe have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image_ids: list[str] | None = None
    """None: every image of the project."""
    language: str = Field("en", min_length=1, max_length=60)
    concurrency: int | None = Field(None, ge=1, le=64)
    """Items at a time; None: the setting ``VITRINE_LLM_CONCURRENCY``."""
    models: list[dict[str, Any]] = Field(default_factory=lambda: [dict(OFFLINE)], min_length=1, max_length=1)
    """Model configs; ``llm_config`` and ``more_models`` are read too."""
    example_ids: list[str] = Field(default_factory=list, max_length=MAX_EXAMPLES)
    """Ids of confirmed entries that are sent before the image, each with its own image."""
    fresh: bool = False
    """Send requests again whose replies were paid for before."""
    verifiable: bool = False
    """Store only answers that a program can verify, see :mod:`core.questions.verifiable`."""
    batch: bool = False
    """Send the requests in batches: the provider answers them within a day, at a lower price."""

    @model_validator(mode="before")
    @classmethod
    def _read_models(cls, config: Any) -> Any:
        """Accept the documented ``llm_config``, and ``more_models`` of older stored tasks, as ``models``."""
        if not isinstance(config, dict) or not {"llm_config", "more_models"} & config.keys():
            return config
        if "models" in config:
            raise ValueError("Name the models either in models or in llm_config, not in both")
        return with_models(config)


R = TypeVar("R", bound=Recipe)


class QuestionRecipe(Recipe):
    """The config of a task that generates questions, and their answers in the same call when *with_answers*."""

    num_questions: int = Field(3, ge=1, le=20)
    custom_prompt: str | None = None
    kinds: dict[str, int] = Field(default_factory=dict)
    """Weight of each kind of question; empty leaves the choice to the model."""
    with_answers: bool = False
    only_without_questions: bool = False
    """Only images without a question in this language; fixed questions do not count."""
    only_failed: bool = False
    """Only images whose last item in a task of this kind failed."""
    sets: SetsBy | None = None
    """Ask about sets of images, see :func:`core.questions.image_sets.sets_of`; None asks about each image alone."""
    set_size: int = Field(4, ge=MIN_IMAGES, le=MAX_IMAGES)
    """The most images of a set."""
    top_up: bool = False
    """Count an image's existing questions towards *num_questions*; images that have enough are left out."""

    @model_validator(mode="after")
    def _fit_sets(self) -> "QuestionRecipe":
        for name in ("only_without_questions", "only_failed", "top_up", "example_ids"):
            if self.sets and getattr(self, name):
                raise ValueError(f"Questions about sets of images cannot be combined with {name}. Leave it out")
        if self.sets and self.asks_for_places:
            raise ValueError("Questions about sets of images have no boxes. Choose other kinds than grounding")
        return self

    @property
    def asks_for_places(self) -> bool:
        """Whether questions of the kind ``grounding`` are wanted."""
        return GROUNDING in self.kinds

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
    """The config of a task that answers questions, those of one image together in one call per model."""

    question_ids: list[str] | None = None
    """None: those that *which* selects."""
    which: Literal["unanswered", "all"] = "unanswered"
    models: list[dict[str, Any]] = Field(default_factory=lambda: [dict(OFFLINE)], min_length=1, max_length=5)
    """Each model answers every question, so that disagreement shows."""


def question_recipe(config: dict[str, Any]) -> QuestionRecipe:
    """Validate *config*.

    Raises:
        InvalidInputError: a field is unknown or its value out of range; the message and ``field`` name it.
    """
    return _validated(QuestionRecipe, config)


def answer_recipe(config: dict[str, Any]) -> AnswerRecipe:
    """Validate *config*; see :func:`question_recipe`."""
    return _validated(AnswerRecipe, config)


def _validated(recipe: type[R], config: dict[str, Any]) -> R:
    try:
        return recipe.model_validate(config)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        cause = first.get("ctx", {}).get("error")
        named = f"{field}: {first['msg']}." if field else f"{first['msg']}."
        message = str(cause) if isinstance(cause, InvalidInputError) else named
        raise InvalidInputError(message.replace("Value error, ", ""), field=field or None) from error


def describe_kinds(kinds: dict[str, int], count: int, position: int) -> str:
    """Return how many questions of each kind to request for one image, for example "2 x count, 1 x position".

    The kinds follow a low-discrepancy sequence (multiples of the golden ratio modulo 1), so that over many images
    they come out in proportion to their weights, even with one question per image.

    Args:
        kinds: The weight of each kind; empty allows every kind except "unanswerable" and "grounding".
        position: The position of the image in its task.
    """
    if not kinds:
        return ", ".join(_KINDS_BY_DEFAULT)
    total = sum(kinds.values())
    counts: Counter[str] = Counter()
    for number in range(position * count, (position + 1) * count):
        point = (number * _GOLDEN_RATIO) % 1.0 * total
        for kind in sorted(kinds, key=KINDS.index):
            point -= kinds[kind]
            if point < 0:
                counts[kind] += 1
                break
    return ", ".join(f"{counts[kind]} x {kind}" for kind in KINDS if counts[kind])
