"""What a generation would do, before it is started: the request, one real try, and what it costs."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.db import Database, Images
from core.errors import InvalidInputError
from core.llm import DatabaseLedger, ImagePart, LLMService, ModelConfig
from core.questions import asking, store
from core.questions.recipe import QuestionRecipe, question_recipe
from core.questions.store import Asked

if TYPE_CHECKING:
    from core.images import ImageService

# What a model writes per question, in tokens: one sentence, its kind, the JSON around it; twice that with an answer.
_TOKENS_PER_QUESTION = 45


@dataclass(frozen=True)
class RequestPreview:
    """The first request of a task, exactly as it will be sent."""

    image: Images
    prompt: str
    sent_size_wh: tuple[int, int]
    sent_bytes: int


@dataclass(frozen=True)
class TryOut:
    """What a model really replied about one image; nothing of it is stored but the call."""

    asked: list[Asked]
    short_by: int
    cost: float | None
    model: str


@dataclass(frozen=True)
class GenerationEstimate:
    calls: int
    cost_low: float | None
    """US dollars; None when the price is unknown."""
    cost_high: float | None


class GenerationPreview:
    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._llm = llm_service
        self._images = image_service

    def request(self, project_id: str, config: dict[str, Any]) -> RequestPreview:
        """Return the request for the first image of the recipe.

        Raises:
            InvalidInputError: the recipe has no image, or something in it makes no sense.
        """
        recipe = question_recipe(config)
        image = self._first_image(project_id, recipe)
        sent = self._images.model_image(image)
        with self._db.reading() as session:
            existing = store.question_texts(session, image.id, recipe.language)
        part = ImagePart(sent.data, sent.mime_type)
        request = asking.build_request(recipe, part, image.image_name, existing, count=recipe.num_questions)
        return RequestPreview(image, request.prompt, sent.size_wh, len(sent.data))

    async def try_out(self, project_id: str, config: dict[str, Any]) -> TryOut:
        """Send the first request of the recipe and return what came back; the run will not pay for it again.

        Raises:
            LLMError: the call failed; the message says what to do.
        """
        recipe = question_recipe({**config, "llm_config": {}})
        model = ModelConfig.from_dict(config["llm_config"])
        image = await asyncio.to_thread(self._first_image, project_id, recipe)
        sent = await asyncio.to_thread(self._images.model_image, image)
        with self._db.reading() as session:
            existing = store.question_texts(session, image.id, recipe.language)
        ledger = DatabaseLedger(self._db, purpose="try-out")
        part = ImagePart(sent.data, sent.mime_type)
        made = await asking.ask(self._llm, model, recipe, part, image.image_name, existing, ledger=ledger)
        for reply in made.replies:
            await asyncio.to_thread(ledger.settle_now, reply)
        costs = [reply.cost for reply in made.replies]
        known = [cost for cost in costs if cost is not None]
        return TryOut(
            asked=made.asked,
            short_by=made.short_by,
            cost=sum(known) if known and len(known) == len(costs) else None,
            model=made.replies[-1].model,
        )

    def estimate(self, config: dict[str, Any], calls: int, prompt_chars: int) -> GenerationEstimate:
        """Return what *calls* requests of this recipe cost, as a range; images are taken at their largest."""
        recipe = question_recipe({**config, "llm_config": {}})
        model = ModelConfig.from_dict(config["llm_config"])
        side_px = model.max_side_px or self._db.settings.model_side_px
        tokens = recipe.num_questions * _TOKENS_PER_QUESTION * (2 if recipe.with_answers else 1)
        one = self._llm.estimate_call(model.litellm_model, (side_px, side_px), prompt_chars, tokens)
        if one is None:
            return GenerationEstimate(calls, None, None)
        return GenerationEstimate(calls, one.low * calls, one.high * calls)

    def _first_image(self, project_id: str, recipe: QuestionRecipe) -> Images:
        with self._db.reading() as session:
            ids = store.image_ids(session, project_id, recipe, limit=1)
        image = self._images.get_image(ids[0]) if ids else None
        if image is None:
            raise InvalidInputError("No image is chosen. Upload some, or choose others.", field="image_ids")
        return image
