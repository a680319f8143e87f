"""The preview of a generation task: its first request, a trial call, and a cost estimate."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from core.db import Database, Images, Questions
from core.errors import InvalidInputError
from core.llm import ChatRequest, CostEstimate, DatabaseLedger, ImagePart, LLMService, ModelConfig
from core.llm.batches.offer import HOURS, price_share
from core.questions import answering, asking, calibration, evidence, examples, grounding, store, targets, templates
from core.questions.answer_service import MAX_PER_CALL
from core.questions.evidence import ImageEvidence
from core.questions.examples import SentWith
from core.questions.image_sets import image_set
from core.questions.recipe import AnswerRecipe, QuestionRecipe, Recipe, answer_recipe, question_recipe
from core.questions.store import GeneratedQuestion

if TYPE_CHECKING:
    from core.images import ImageService

# Output tokens per question (a sentence, its kind, the JSON around it), and as many per answer.
_TOKENS_PER_PIECE = 45


@dataclass(frozen=True)
class RequestPreview:
    """The first request of a task, exactly as it will be sent."""

    images: tuple[Images, ...]
    """What the request is about: one image, or the images of a set in their order."""
    prompt: str
    sent_sizes_wh: tuple[tuple[int, int], ...]
    """Of each image."""
    sent_bytes: int
    """Of all images."""
    pieces: int
    """How many questions or answers the reply is to have."""
    fixed: int = 0
    """How many fixed questions a second call per image answers."""


@dataclass(frozen=True)
class Trial:
    """The reply of a model about one image; nothing is stored but the call in the ledger."""

    questions: list[GeneratedQuestion]
    missing_questions: int
    """How many questions were missing after the second request."""
    cost: float | None
    """US dollars; None when the price is unknown."""
    model: str
    unverifiable: int = 0
    """How many answers were refused, because no program can verify them."""


@dataclass(frozen=True)
class GenerationEstimate:
    """The expected calls, cost and duration of a task."""

    calls: int
    cost_low: float | None
    """US dollars; None when the price is unknown."""
    cost_high: float | None
    observed_calls: int = 0
    """How many earlier replies the range is based on; 0 when it is based on published rules."""
    seconds: float | None = None
    """Expected duration; None without earlier calls, and in batches."""
    batch_hours: int | None = None
    """The longest time until an answer, when the requests are sent in batches."""


@dataclass(frozen=True)
class _First:
    """The input of the first call of a task."""

    images: list[Images]
    part: ImagePart
    """The first image as it is sent."""
    sizes_wh: list[tuple[int, int]]
    size_bytes: int
    existing: list[str]
    questions: list[Questions]
    examples: SentWith

    @property
    def image_name(self) -> str:
        return self.images[0].image_name


class GenerationPreview:
    """Previews a recipe: an ``AnswerRecipe`` with *answers*, otherwise a ``QuestionRecipe``."""

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._llm = llm_service
        self._images = image_service
        self._evidence = ImageEvidence(db_session, llm_service, image_service)

    def request(self, project_id: str, config: dict[str, Any], *, answers: bool = False) -> RequestPreview:
        """Return the request for the first image of the recipe.

        Raises:
            InvalidInputError: the recipe is invalid, or selects no image.
        """
        recipe = _recipe(config, answers)
        first = self._first(project_id, recipe)
        request, pieces = _request(recipe, first)
        fixed = 0
        if isinstance(recipe, QuestionRecipe) and recipe.with_answers and not recipe.sets:
            with self._db.reading() as session:
                fixed = len(templates.of_project(session, project_id))
        return RequestPreview(
            tuple(first.images), request.prompt, tuple(first.sizes_wh), first.size_bytes, pieces, fixed
        )

    def count_requests(self, project_id: str, config: dict[str, Any], *, answers: bool = False) -> int:
        """Return how many requests the task sends to each model of the recipe, without those about fixed questions.

        Raises:
            InvalidInputError: the recipe is invalid.
        """
        recipe = _recipe(config, answers)
        with self._db.reading() as session:
            if isinstance(recipe, QuestionRecipe):
                ids = targets.image_ids(session, project_id, recipe)
                return len(targets.image_sets(self._db, session, ids, recipe)) if recipe.sets else len(ids)
            stored = targets.questions_to_answer(session, project_id, recipe)
            together = Counter(tuple(question.image_ids) for question in stored)
            return sum(-(-count // MAX_PER_CALL) for count in together.values())

    async def run_trial(self, project_id: str, config: dict[str, Any], *, answers: bool = False) -> Trial:
        """Send the first request of the recipe and return the reply; the task will reuse it without paying again.

        Raises:
            InvalidInputError: the recipe is invalid, or selects no image.
            LLMError: the call failed.
        """
        recipe = _recipe(config, answers)
        model = ModelConfig.from_dict(recipe.models[0])
        first = await asyncio.to_thread(self._first, project_id, recipe, model.max_side_px)
        first = replace(first, part=await self._evidence.complete(first.images[0], first.part, model))
        ledger = DatabaseLedger(self._db, purpose="try-out")
        if isinstance(recipe, QuestionRecipe):
            generated = await asking.ask(
                self._llm, model, recipe, first.part, first.image_name, first.existing, ledger=ledger,
                examples=first.examples,
            )  # fmt: skip
            questions, missing_questions, replies = generated.questions, generated.missing_questions, generated.replies
            unverifiable = generated.unverifiable
        else:
            answered = await answering.answer(
                self._llm, model, first.questions, first.part, recipe.language, ledger=ledger, examples=first.examples,
                fresh=recipe.fresh, verifiable=recipe.verifiable,
            )  # fmt: skip
            questions = [
                GeneratedQuestion(
                    question.question,
                    question.kind,
                    answered.answers.get(question.id),
                    answered.boxes.get(question.id),
                )
                for question in first.questions
            ]
            missing_questions = len(questions) - len(answered.answers) - answered.unverifiable
            replies, unverifiable = answered.replies, answered.unverifiable
        for reply in replies:
            await asyncio.to_thread(ledger.settle_now, reply, reusable=bool(questions))
        known = [reply.cost for reply in replies if reply.cost is not None]
        cost = sum(known) if known and len(known) == len(replies) else None
        return Trial(questions, missing_questions, cost, model.litellm_model, unverifiable)

    def estimate(
        self, config: dict[str, Any], calls: int, preview: RequestPreview, *, answers: bool = False
    ) -> GenerationEstimate:
        """Return the cost range of a task with *calls* requests like *preview* to each model of the recipe.

        Raises:
            InvalidInputError: the recipe is invalid.
        """
        recipe = _recipe(config, answers)
        replies = [(_fields(recipe), preview.pieces)]
        if preview.fixed:
            replies.append((frozenset({"answer"}), preview.fixed))
        estimates = [
            self._one_call(ModelConfig.from_dict(model), recipe, preview, *reply)
            for model in recipe.models for reply in replies
        ]  # fmt: skip
        concurrency = recipe.concurrency or self._db.settings.llm_concurrency
        costs = [cost for cost, _ in estimates if cost is not None]
        observed = [usage for _, usage in estimates if usage is not None]
        priced, seen = len(costs) == len(estimates), len(observed) == len(estimates)
        timed = seen and not recipe.batch and all(usage.seconds for usage in observed)
        return GenerationEstimate(
            calls=calls * len(estimates),
            cost_low=sum(cost.low for cost in costs) * calls if priced else None,
            cost_high=sum(cost.high for cost in costs) * calls if priced else None,
            observed_calls=min(usage.calls for usage in observed) if seen else 0,
            seconds=sum(usage.seconds for usage in observed) * calls / concurrency if timed else None,
            batch_hours=HOURS if recipe.batch else None,
        )

    def _one_call(
        self, model: ModelConfig, recipe: Recipe, preview: RequestPreview, fields: frozenset[str], pieces: int
    ) -> tuple[CostEstimate | None, calibration.ObservedUsage | None]:
        with self._db.reading() as session:
            usage = calibration.observed_usage(session, model.litellm_model, fields=fields, pieces=pieces)
        cost = self._llm.estimate_call(
            model.litellm_model, self._size_wh(model), len(preview.prompt),
            pieces * _TOKENS_PER_PIECE * (len(fields) + _has_boxes(recipe)),
            images=len(preview.images) + len(recipe.example_ids), observed=usage.tokens if usage else None,
        )  # fmt: skip
        if cost and recipe.batch:
            share = price_share(model)
            cost = CostEstimate(cost.low * share, cost.high * share)
        return cost, usage

    def _size_wh(self, model: ModelConfig) -> tuple[int, int]:
        """Return the largest size that an image may be sent in."""
        side_px = model.max_side_px or self._db.settings.model_side_px
        return side_px, side_px

    def _first(self, project_id: str, recipe: QuestionRecipe | AnswerRecipe, max_side_px: int | None = None) -> _First:
        max_side_px = max_side_px or recipe.models[0].get("max_side_px")
        with self._db.reading() as session:
            if isinstance(recipe, QuestionRecipe):
                ids = targets.image_ids(session, project_id, recipe, limit=None if recipe.sets else 1)
                questions = list[Questions]()
                ids = list(targets.image_sets(self._db, session, ids, recipe)[0]) if recipe.sets else ids
            else:
                ids, questions = self._first_questions(session, project_id, recipe)
            images = [image for id_ in ids if (image := session.get(Images, id_)) is not None]
            if not images:
                raise InvalidInputError("No image is chosen. Upload some, or choose others.", field="image_ids")
            existing = store.question_texts(session, ids, recipe.language)
            rows = examples.read(session, project_id, recipe.example_ids) if recipe.example_ids else []
        sent = [self._images.model_image(image, max_side_px) for image in images]
        seen = self._evidence.stored(images)
        parts = map(grounding.image_part, sent, images)
        part, *further = evidence.with_evidence(parts, [seen[image.id] for image in images])
        if further:
            names = [image.image_name for image in images]
            others: SentWith = image_set(names, further, recipe.language, asks=isinstance(recipe, QuestionRecipe))
        else:
            loaded = examples.load(rows, self._images, max_side_px)
            others = examples.build(loaded, recipe.language, without=images[0].id)
        sizes_wh, size_bytes = [one.size_wh for one in sent], sum(len(one.data) for one in sent)
        return _First(images, part, sizes_wh, size_bytes, existing, questions, others)

    def _first_questions(
        self, session: Session, project_id: str, recipe: AnswerRecipe
    ) -> tuple[list[str], list[Questions]]:
        chosen = set(recipe.image_ids) if recipe.image_ids is not None else None
        ids = targets.image_ids_to_answer(session, project_id, recipe.which)
        first = next((id_ for id_ in ids if chosen is None or id_ in chosen), None)
        if first is None:
            raise InvalidInputError("There is no unanswered question. Generate some first, or answer all again.")
        one_image = recipe.model_copy(update={"image_ids": [first]})
        stored = targets.questions_to_answer(session, project_id, one_image)
        together = stored[0].image_ids if stored else [first]
        stored = [question for question in stored if question.image_ids == together]
        if len(together) > 1:
            return together, stored[:MAX_PER_CALL]
        return [first], [*stored, *targets.missing_fixed_questions(session, project_id, first)][:MAX_PER_CALL]


def _recipe(config: dict[str, Any], answers: bool) -> QuestionRecipe | AnswerRecipe:
    return answer_recipe(config) if answers else question_recipe(config)


def _request(recipe: QuestionRecipe | AnswerRecipe, first: _First) -> tuple[ChatRequest, int]:
    """Return the request, and how many questions or answers its reply is to have."""
    model = ModelConfig.from_dict(recipe.models[0]).litellm_model
    if isinstance(recipe, QuestionRecipe):
        count = recipe.num_questions - (len(first.existing) if recipe.top_up else 0)
        request = asking.build_request(
            recipe, first.part, first.image_name, first.existing, count=count, examples=first.examples, model=model
        )
        return request, count
    request = answering.build_request(
        first.questions, first.part, recipe.language, examples=first.examples, model=model,
        verifiable=recipe.verifiable,
    )  # fmt: skip
    return request, len(first.questions)


def _has_boxes(recipe: Recipe) -> bool:
    """Return whether the reply has boxes, which are about as long as an answer."""
    return isinstance(recipe, QuestionRecipe) and recipe.with_answers and recipe.asks_for_places


def _fields(recipe: Recipe) -> frozenset[str]:
    """Return the fields of each piece of the reply."""
    if isinstance(recipe, QuestionRecipe):
        return frozenset({"question", "answer"} if recipe.with_answers else {"question"})
    return frozenset({"answer"})
