"""LLMService: all calls to models. Other packages use it and nothing else of this one that needs litellm."""

import base64
import binascii
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core import allowed_hosts
from core.allowed_hosts import AllowedHosts
from core.arguments import require_text
from core.config import Settings, load_settings
from core.db import Database
from core.errors import BadReplyError, InvalidInputError, NoVisionError
from core.llm import (
    connection_test,
    costs,
    destination,
    embeddings,
    image_generation,
    local_servers,
    models,
    replies,
    sent_links,
)
from core.llm.batches.offer import BatchOffer, has_batches, offer_of
from core.llm.correction_loop import CorrectionLoop
from core.llm.costs import ObservedTokens
from core.llm.ledger import Ledger, request_hash
from core.llm.rate_limiter import counted_in
from core.llm.types import (
    OFFLINE_MODELS,
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

if TYPE_CHECKING:
    from core.llm.batches.task_batches import TaskBatches


class LLMService:
    """Calls models. Stateless: rate limiters, clients and what was learned about models exist once per process."""

    def __init__(
        self,
        policy: RetryPolicy | None = None,
        settings: Settings | None = None,
        db_session: Database | None = None,
    ) -> None:
        """Without *settings* they are read from the environment, once.

        Calls without a ledger share the limits per minute of *db_session*; those with one share those of its database.

        Raises:
            ConfigurationError: a ``VITRINE_*`` variable is invalid, and no *settings* were given.
        """
        self._policy = policy or RetryPolicy()
        self._settings = settings or load_settings()
        self._db = db_session

    async def chat(self, config: ModelConfig, request: ChatRequest, *, ledger: Ledger | None = None) -> ChatReply:
        """Send *request* to a model and return a usable reply.

        Transient errors are retried, and a structured reply is requested in the best form that the model supports.
        With a *ledger* every attempt is recorded before it is sent, and a request that was paid for before is
        answered from the ledger unless it is ``fresh``.

        Raises:
            LLMError: as listed in :mod:`core.errors`.
        """
        with self._sending(ledger):
            return await self._chat(self._with_time_limit(config), request, ledger)

    async def _chat(self, config: ModelConfig, request: ChatRequest, ledger: Ledger | None) -> ChatReply:
        if request.images:
            self.require_vision(config)
        digest = request_hash(config, request)
        if ledger is not None and not request.fresh:
            reply = await self._reply_from_ledger(config, request, digest, ledger)
            if reply is not None:
                return reply
        return await CorrectionLoop(config, request, digest, ledger, self._policy).run()

    async def vision_chat(
        self, config: dict[str, Any], prompt: str, image_data: str, mime_type: str = "image/jpeg"
    ) -> dict[str, Any]:
        """Ask about one image, given as a data URL or base64; return ``{"text", "model", "usage", ...}``.

        Raises:
            InvalidInputError: *image_data* is not base64, or *config* is invalid.
            LLMError: as listed in :mod:`core.errors`.
        """
        image = _image_from(image_data, mime_type)
        require_text(prompt, "prompt")
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
        """Generate one image from references, in their order, and a prompt, which is sent last.

        Raises:
            RefusedReplyError: the model replied with text; the message contains it.
            LLMError: as listed in :mod:`core.errors`.
        """
        with self._sending(ledger):
            return await image_generation.generate_image(self._with_time_limit(config), request, ledger, self._policy)

    async def embed_image(
        self, config: ModelConfig, image: ImagePart, *, ledger: Ledger | None = None
    ) -> tuple[list[float], ChatReply]:
        """Return the vector of an image by an embedding model, and the reply that it came in.

        Raises:
            LLMError: as listed in :mod:`core.errors`.
        """
        with self._sending(ledger):
            return await embeddings.embed_image(self._with_time_limit(config), image, ledger, self._policy)

    def makes_vectors(self, config: ModelConfig) -> bool:
        """Return whether a model answers with vectors, by litellm's table or by its name."""
        return models.makes_vectors(config.litellm_model)

    def models(self) -> list[ModelInfo]:
        """Return the suggested models, best known first, then all that have a key."""
        return models.models()

    def model_info(self, model: str, api_base: str | None = None) -> ModelInfo:
        """Return what is known about a model: whether it accepts images, its prices, when it is withdrawn."""
        return models.model_info(model, api_base)

    async def find_local_models(self) -> list[ModelInfo]:
        """Return the models of the model servers on this machine; with a password, of those that are allowed."""
        return await local_servers.find_local_models(self._allowed_hosts)

    def require_vision(self, config: ModelConfig) -> None:
        """Check that the model is not known to reject images, before anything is sent.

        Raises:
            NoVisionError: it is known to; the message names models that accept images.
        """
        if models.supports_vision(config) is False:
            instead = ", ".join(models.vision_models())
            raise NoVisionError(f"{config.litellm_model} cannot see images. Use one that can, for example {instead}.")

    def estimate_call(
        self,
        model: str,
        image_size_wh: tuple[int, int] | None,
        prompt_chars: int,
        reply_tokens: int,
        *,
        images: int = 1,
        observed: ObservedTokens | None = None,
    ) -> CostEstimate | None:
        """Return what one call will cost, as a range; None when the price is unknown.

        See :func:`core.llm.costs.estimate_call` for the arguments.
        """
        return costs.estimate_call(model, image_size_wh, prompt_chars, reply_tokens, images=images, observed=observed)

    def estimate_prompt(
        self, model: str, image_size_wh: tuple[int, int] | None, prompt_chars: int, *, images: int = 1
    ) -> tuple[float, float]:
        """Return the input tokens of one call at least and at most; for the built-in models, which read none, 0."""
        if model in OFFLINE_MODELS:
            return 0, 0
        return costs.prompt_tokens(model, image_size_wh, prompt_chars, images=images)

    async def test_connection(self, config: ModelConfig) -> ConnectionResult:
        """Send one small image and describe the outcome for the user."""
        return await connection_test.test_connection(self.chat, config)

    def batch_offer(self, config: ModelConfig) -> BatchOffer | None:
        """Return what the provider of a model offers for requests that it may answer later; None: nothing is known."""
        return offer_of(config)

    def require_batches(self, config: ModelConfig) -> None:
        """Check that the provider of a model has batches.

        Raises:
            InvalidInputError: it has none.
        """
        if not has_batches(config):
            raise InvalidInputError(
                f"{config.litellm_model} has no batches. Ask at once, or use another model.", field="batch"
            )

    def batches_of(self, db_session: Database, task_id: str, models: Sequence[ModelConfig]) -> "TaskBatches":
        """Return the batches of a task; see :class:`core.llm.batches.task_batches.TaskBatches`."""
        from core.llm.batches.task_batches import TaskBatches

        return TaskBatches(db_session, task_id, models, self._allowed_hosts)

    def warm_up(self) -> None:
        """Import litellm and register the offline provider; blocks for seconds, so call it in a thread."""
        from core.llm import litellm_client

        litellm_client.litellm()

    @contextlib.contextmanager
    def _sending(self, ledger: Ledger | None) -> Iterator[None]:
        """Set where the calls of this context may go, which of them count together, and how images are sent."""
        db = self._db if ledger is None else ledger.database
        with destination.limited_to(self._allowed_hosts), counted_in(db), sent_links.linking(self._settings):
            yield

    @property
    def _allowed_hosts(self) -> AllowedHosts | None:
        """The servers beside public ones that calls may reach; None without a password: then one person works here."""
        has_sign_in = self._settings.has_sign_in
        return allowed_hosts.parse(self._settings.allowed_model_hosts) if has_sign_in else None

    def _with_time_limit(self, config: ModelConfig) -> ModelConfig:
        return config if config.timeout_s else replace(config, timeout_s=self._settings.llm_timeout_s)

    async def _reply_from_ledger(
        self, config: ModelConfig, request: ChatRequest, digest: str, ledger: Ledger
    ) -> ChatReply | None:
        paid = await ledger.find_paid(digest)
        if paid is None:
            return None
        try:
            parsed = (
                await replies.parse_off_loop(paid.text, request.schema, request.expected_items)
                if request.schema else None
            )  # fmt: skip
        except BadReplyError:
            return None
        return ChatReply(
            text=paid.text, parsed=parsed, model=config.litellm_model, prompt_tokens=0, completion_tokens=0, cost=0.0,
            finish_reason="stop", call_id=paid.call_id, cached=True,
        )  # fmt: skip


def _image_from(image_data: str, mime_type: str) -> ImagePart:
    require_text(image_data, "image_data")
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
