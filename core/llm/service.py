"""The service that talks to models; the only door to litellm for everybody else."""

import base64
import binascii
from dataclasses import replace
from typing import Any

from core.config import Settings
from core.errors import BadReplyError, InvalidInputError, NoVisionError
from core.llm import connection, costs, image_generation, local, models, replies
from core.llm.conversation import Conversation
from core.llm.costs import SeenTokens
from core.llm.ledger import Ledger, request_hash
from core.llm.types import (
    ChatReply,
    ChatRequest,
    ConnectionResult,
    CostEstimate,
    ImagePart,
    ImageReply,
    ImageRequest,
    ModelConfig,
    ModelInfo,
    RetryPolicy,
)


class LLMService:
    """Calls models. Holds no state: lanes, clients and what was learned of a model live once per process."""

    def __init__(self, policy: RetryPolicy | None = None) -> None:
        self._policy = policy or RetryPolicy()

    async def chat(self, config: ModelConfig, request: ChatRequest, *, ledger: Ledger | None = None) -> ChatReply:
        """Ask a model, and return a reply that can be used.

        Transient trouble is waited for and repeated, a structured reply is asked for in the best form the model
        knows. With a *ledger* every send is written down first, and a request that was paid for before is
        answered from there unless it is ``fresh``.

        Raises:
            LLMError: as drawn in :mod:`core.errors`.
        """
        config = self._with_deadline(config)
        if request.images:
            self.require_vision(config)
        digest = request_hash(config, request)
        if ledger is not None and not request.fresh:
            found = await self._paid_before(config, request, digest, ledger)
            if found is not None:
                return found
        return await Conversation(config, request, digest, ledger, self._policy).run()

    async def vision_chat(
        self, config: dict[str, Any], prompt: str, image_data: str, mime_type: str = "image/jpeg"
    ) -> dict[str, Any]:
        """Ask about one image given as a data URL or as base64, and return ``{"text", "model", "usage", ...}``.

        Raises:
            InvalidInputError: *image_data* is not base64, or *config* makes no sense.
            LLMError: as drawn in :mod:`core.errors`.
        """
        image = _image_from(image_data, mime_type)
        reply = await self.chat(ModelConfig.from_dict(config), ChatRequest(prompt, images=(image,)))
        return {
            "text": reply.text,
            "model": reply.model,
            "usage": {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens},
            "cost": reply.cost,
            "finish_reason": reply.finish_reason,
        }

    async def create_image(
        self, config: ModelConfig, request: ImageRequest, *, ledger: Ledger | None = None
    ) -> ImageReply:
        """Make one image from a prompt and references, each reference in its order and the prompt last.

        Raises:
            RefusedReplyError: the model answered in words; the message carries them.
            LLMError: as drawn in :mod:`core.errors`.
        """
        return await image_generation.make(self._with_deadline(config), request, ledger, self._policy)

    def models(self) -> list[ModelInfo]:
        """Return the models to offer, best known first."""
        return models.models()

    def model_info(self, model: str, api_base: str | None = None) -> ModelInfo:
        """Return what is known about a model: whether it sees, its prices, when it is withdrawn."""
        return models.model_info(model, api_base)

    async def find_local_models(self) -> list[ModelInfo]:
        """Return the models of the model servers on this machine."""
        return await local.find_local_models()

    def require_vision(self, config: ModelConfig) -> None:
        """Refuse a model that is known not to see images, before anything is sent.

        Raises:
            NoVisionError: naming some that can.
        """
        if models.sees(config) is False:
            instead = ", ".join(models.models_that_see())
            raise NoVisionError(f"{config.litellm_model} cannot see images. Use one that can, for example {instead}.")

    def estimate_call(
        self,
        model: str,
        image_size_wh: tuple[int, int] | None,
        prompt_chars: int,
        reply_tokens: int,
        *,
        images: int = 1,
        seen: SeenTokens | None = None,
    ) -> CostEstimate | None:
        """Return what one call will cost, as a range; None when the price is unknown.

        *seen* is what earlier replies of this model really used, in place of the makers' published rules.
        """
        return costs.estimate_call(model, image_size_wh, prompt_chars, reply_tokens, images=images, seen=seen)

    async def test_connection(self, config: ModelConfig) -> ConnectionResult:
        """Send one small image and say in a sentence what came of it."""
        return await connection.test(self, config)

    def warm_up(self) -> None:
        """Import litellm and register the offline provider; blocks for seconds, so call it from a thread."""
        from core.llm import litellm_client

        litellm_client.litellm()

    def _with_deadline(self, config: ModelConfig) -> ModelConfig:
        return config if config.timeout_s else replace(config, timeout_s=Settings().llm_timeout_s)

    async def _paid_before(
        self, config: ModelConfig, request: ChatRequest, digest: str, ledger: Ledger
    ) -> ChatReply | None:
        paid = await ledger.find_paid(digest)
        if paid is None:
            return None
        try:
            parsed = replies.parse(paid.text, request.schema) if request.schema else None
        except BadReplyError:
            return None
        return ChatReply(
            text=paid.text, parsed=parsed, model=config.litellm_model, prompt_tokens=0, completion_tokens=0, cost=0.0,
            finish_reason="stop", call_id=paid.call_id, cached=True,
        )  # fmt: skip


def _image_from(image_data: str, mime_type: str) -> ImagePart:
    head, comma, encoded = image_data.partition(",")
    if comma and head.startswith("data:"):
        mime_type = head[5:].split(";")[0] or mime_type
    else:
        encoded = image_data
    try:
        return ImagePart(base64.b64decode(encoded, validate=True), mime_type)
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError(
            "image_data is neither a data URL nor base64. Use ImageService.get_image_data_url.", field="image_data"
        ) from error
