"""Requests, replies and configuration of model calls: plain values without any dependency on litellm."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel

from core.arguments import require_config
from core.errors import InvalidInputError
from core.llm import providers

OFFLINE_MODEL = "offline/measure"
"""It measures pixels; there is nothing that it needs."""
SEE_MODEL = "offline/see"
"""It answers from what analyzers found in the image, which the request brings along."""
OFFLINE_MODELS = (SEE_MODEL, OFFLINE_MODEL)

PurposeName = Literal[
    "questions",
    "answers",
    "questions_and_answers",
    "style_analysis",
    "style_image",
    "style_judgement",
    "embedding",
    "connection_test",
    "free",
]

NO_KEY = "none-needed"
"""Sent to servers that need no key: clients insist on some value."""


@dataclass(frozen=True)
class ModelConfig:
    """Which model is called, at which API base URL and with which parameters; stored without its key."""

    model: str
    provider: str = ""
    api_key: str | None = field(default=None, repr=False)
    """Typed for this session; without it the key comes from the environment or the secrets file."""
    api_base: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_s: float | None = None
    """Total time of one attempt; None is the setting VITRINE_LLM_TIMEOUT_S."""
    max_side_px: int | None = None
    """Longest side of the images sent to this model; None is the setting VITRINE_MODEL_SIDE_PX."""
    concurrency: int | None = None
    """Most calls in flight with this key, of all tasks together; None is the rate limiter's default."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More parameters of this model, passed on unchanged."""

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> "ModelConfig":
        """Read the documented configuration ``{"provider", "model", "api_key", "temperature", ...}``.

        Raises:
            InvalidInputError: the model is missing, a field is unknown, or a value is out of range.
        """
        require_config(config, "the model")
        known = {known.name for known in fields(cls)}
        unknown = sorted(set(config) - known)
        if unknown:
            raise InvalidInputError(
                f"A model configuration has no field {', '.join(unknown)}. Use {', '.join(sorted(known))}.",
                field=unknown[0],
            )
        if not str(config.get("model") or "").strip():
            raise InvalidInputError("No model is chosen. Name one, for example openai/gpt-4o.", field="model")
        made = cls(**{name: value for name, value in config.items() if value is not None})
        made._check()
        return made

    def to_dict(self) -> dict[str, Any]:
        """Return every field that is set except the key, so that it can be stored."""
        values = {known.name: getattr(self, known.name) for known in fields(self) if known.name != "api_key"}
        values["extra"] = dict(self.extra)
        return {name: value for name, value in values.items() if value not in (None, "", {})}

    @cached_property
    def litellm_model(self) -> str:
        """The model as ``provider/model``: ``openai/gpt-4o``; the provider of a bare name follows from the name."""
        provider = providers.resolve_alias(self.provider)
        if self.model.startswith(f"{provider}/") or (not provider and "/" in self.model):
            return self.model
        return f"{provider or providers.of_bare_name(self.model)}/{self.model}"

    @property
    def is_offline(self) -> bool:
        """Whether this is a built-in model, which needs no network."""
        return self.litellm_model in OFFLINE_MODELS

    def _check(self) -> None:
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise InvalidInputError("The temperature must lie between 0 and 2.", field="temperature")
        if "://" in self.model:
            raise InvalidInputError("The name of a model contains no address. Write it as api_base.", field="model")
        if self.api_base and not _is_web_address(self.api_base):
            raise InvalidInputError(
                "The address of a model begins with https:// or http:// and names no user.", field="api_base"
            )
        positive = ("max_tokens", "timeout_s", "max_side_px", "concurrency", "requests_per_minute", "tokens_per_minute")
        for name in positive:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise InvalidInputError(f"{name} must be greater than zero.", field=name)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return False


@dataclass(frozen=True)
class ImagePart:
    """An image as it is sent; *label* is the text before it in the request."""

    data: bytes = field(repr=False)
    mime_type: str = "image/jpeg"
    label: str = ""
    size_wh: tuple[int, int] | None = None
    """px; None when nothing depends on it."""
    original_wh: tuple[int, int] | None = None
    """Of the upright original, in px."""
    seen: Mapping[str, Any] | None = field(default=None, repr=False)
    """What analyzers found in it, see ``core/questions/evidence.py``; it is not sent with the image."""

    @cached_property
    def sha256(self) -> bytes:
        """Digest of the image's bytes."""
        return hashlib.sha256(self.data).digest()


@dataclass(frozen=True)
class Purpose:
    """What a call is for; only the offline models get the details, because they cannot read prompts."""

    name: str = "free"
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChatRequest:
    """One chat message with images, optionally with a schema for the reply."""

    prompt: str
    images: tuple[ImagePart, ...] = ()
    system: str = ""
    schema: type[BaseModel] | None = None
    purpose: Purpose = Purpose()
    fresh: bool = False
    """Send it even when the ledger has a good reply to the same request."""
    expected_items: int | None = None
    """How many questions or answers are asked for; None for another kind of reply."""
    variant: str = ""
    """Tells requests of the same content apart that are each to be sent: a reply paid for one answers no other."""


@dataclass(frozen=True)
class ChatReply:
    """A usable reply; *parsed* is an instance of the request's schema."""

    text: str
    parsed: BaseModel | None
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    """US dollars; None when the price is unknown."""
    finish_reason: str
    call_id: int | None = None
    """Row of the call ledger; None without a ledger."""
    cached: bool = False
    """Taken from the ledger; nothing was sent."""


@dataclass(frozen=True)
class ImageRequest:
    """A request for a new image; references are sent first, in order, and the prompt last."""

    prompt: str
    references: tuple[ImagePart, ...] = ()
    aspect_ratio: str = "1:1"
    size: str | None = None
    """1K, 2K or 4K for models that take a size; None leaves it to the model."""
    system: str = ""
    variant: int = 1
    """Number of the image when one prompt makes several; only sent to the offline provider, others vary anyway."""


@dataclass(frozen=True)
class ImageReply:
    """A generated image with what it cost and what was sent for it."""

    images: tuple[bytes, ...]
    """The finished image; several when the model made more than one. Drafts are left out."""
    text: str
    finish_reason: str
    cost: float | None
    model: str
    call_id: int | None
    sent: dict[str, Any]
    """What was sent, without image bytes: parameters, prompt, sha256 of each reference in order."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True)
class ModelInfo:
    """What is known about a model; nothing is sent to find it out."""

    model: str
    provider: str
    vision: bool | None
    """Whether it accepts images; None when unknown, which is allowed."""
    image_output: bool = False
    input_price: float | None = None
    """US dollars per million tokens."""
    output_price: float | None = None
    deprecated_on: str | None = None
    key_source: str | None = None
    """Where its key comes from: "environment", "secrets", "none needed", or None when there is none."""
    api_base: str | None = None


@dataclass(frozen=True)
class CostEstimate:
    """US dollars of one call, as a range."""

    low: float
    high: float


@dataclass(frozen=True)
class ConnectionResult:
    """Outcome of a connection test; *message* describes it for the user, *cost* is in US dollars."""

    ok: bool
    message: str
    latency_s: float
    cost: float | None


@dataclass(frozen=True)
class RetryPolicy:
    """How often a request is sent and how long it waits in between."""

    max_sends: int = 3
    """Limit for one request, over all reasons to send it again."""
    max_maybe_paid: int = 2
    """Limit for attempts that ended without a reply; each of them may have been charged."""
    first_wait_s: float = 1.0
    """Base of the exponential backoff."""
    longest_wait_s: float = 60.0
    """Upper limit of the exponential backoff."""
    longest_pause_s: float = 600.0
    """When a provider asks to wait longer than this, the call fails instead of waiting."""
