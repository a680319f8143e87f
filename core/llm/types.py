"""What goes into a model call and what comes out of it; plain values that know nothing of litellm."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel

from core.errors import InvalidInputError

OFFLINE_MODEL = "offline/measure"

PurposeName = Literal[
    "questions",
    "answers",
    "questions_and_answers",
    "style_analysis",
    "style_image",
    "style_judgement",
    "connection_test",
    "free",
]

_ALIASES = {"google": "gemini", "claude": "anthropic"}

# A local server wants some key, any key.
NO_KEY = "none-needed"


@dataclass(frozen=True)
class ModelConfig:
    """Which model is called, where, and how; never stored with its key."""

    model: str
    provider: str = ""
    api_key: str | None = field(default=None, repr=False)
    """Typed for this session; without it the key comes from the environment or the secrets file."""
    api_base: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_s: float | None = None
    """Total time of one send; None is the setting VITRINE_LLM_TIMEOUT_S."""
    max_side_px: int | None = None
    """Longest side of the images sent to this model; None is the setting VITRINE_MODEL_SIDE_PX."""
    concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More parameters of this model, passed on as they are."""

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> "ModelConfig":
        """Read the promised configuration ``{"provider", "model", "api_key", "temperature", ...}``.

        Raises:
            InvalidInputError: the model is missing, or a name or a value makes no sense.
        """
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
        """Return what may be stored: everything that is set, without the key."""
        values = {known.name: getattr(self, known.name) for known in fields(self) if known.name != "api_key"}
        values["extra"] = dict(self.extra)
        return {name: value for name, value in values.items() if value not in (None, "", {})}

    @property
    def litellm_model(self) -> str:
        """The model as litellm names it: ``openai/gpt-4o``; a bare name is given to the maker it tells of."""
        provider = _ALIASES.get(self.provider.lower(), self.provider)
        if self.model.startswith(f"{provider}/") or (not provider and "/" in self.model):
            return self.model
        return f"{provider or _maker_of(self.model)}/{self.model}"

    @property
    def is_offline(self) -> bool:
        return self.litellm_model == OFFLINE_MODEL

    def _check(self) -> None:
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise InvalidInputError("The temperature must lie between 0 and 2.", field="temperature")
        positive = ("max_tokens", "timeout_s", "max_side_px", "concurrency", "requests_per_minute", "tokens_per_minute")
        for name in positive:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise InvalidInputError(f"{name} must be greater than zero.", field=name)


@dataclass(frozen=True)
class ImagePart:
    """An image as it is sent; *label* is the text that stands before it."""

    data: bytes = field(repr=False)
    mime_type: str = "image/jpeg"
    label: str = ""

    @cached_property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()


@dataclass(frozen=True)
class Purpose:
    """What a call is for; its details are handed to the offline provider only, which cannot read prompts."""

    name: str = "free"
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChatRequest:
    prompt: str
    images: tuple[ImagePart, ...] = ()
    system: str = ""
    schema: type[BaseModel] | None = None
    purpose: Purpose = Purpose()
    fresh: bool = False
    """Ask again even when the same request was paid for before."""


@dataclass(frozen=True)
class ChatReply:
    text: str
    parsed: BaseModel | None
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    """US dollars; None when the price is unknown."""
    finish_reason: str
    images: tuple[bytes, ...] = ()
    call_id: int | None = None
    cached: bool = False


@dataclass(frozen=True)
class ImageRequest:
    """A new image to be made: references first, in order, the prompt last."""

    prompt: str
    references: tuple[ImagePart, ...] = ()
    aspect_ratio: str = "1:1"
    size: str | None = None
    """1K, 2K or 4K where the model knows sizes; None leaves it to the model."""
    system: str = ""
    variant: int = 1
    """Which of several images of one prompt; told to the offline provider only, the others vary by themselves."""


@dataclass(frozen=True)
class ImageReply:
    images: tuple[bytes, ...]
    """The finished image; more than one when the model made several. Drafts are left out."""
    text: str
    finish_reason: str
    cost: float | None
    model: str
    call_id: int | None
    sent: dict[str, Any]
    """What was sent, without image bytes: parameters, prompt, sha256 of each reference in order."""


@dataclass(frozen=True)
class ModelInfo:
    model: str
    provider: str
    vision: bool | None
    """True and False are known; None means nobody knows: allowed, with a note."""
    image_output: bool = False
    input_price: float | None = None
    """US dollars per million tokens."""
    output_price: float | None = None
    deprecated_on: str | None = None
    key_source: str | None = None
    """Where its key would come from: "environment", "secrets", "none needed", or None when there is none."""
    note: str = ""
    api_base: str | None = None


@dataclass(frozen=True)
class CostEstimate:
    """US dollars of one call, as a range."""

    low: float
    high: float


@dataclass(frozen=True)
class ConnectionResult:
    ok: bool
    sentence: str
    latency_s: float
    cost: float | None


@dataclass(frozen=True)
class RetryPolicy:
    max_sends: int = 3
    """Of one request, whatever the reasons for sending again."""
    max_maybe_paid: int = 2
    """Sends whose reply never came; each of them may have been paid."""
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_pause_s: float = 600.0
    """A provider that asks for more than this fails the call instead of holding it."""


def _maker_of(model: str) -> str:
    bare = model.lower()
    return "anthropic" if bare.startswith("claude") else "gemini" if bare.startswith("gemini") else "openai"
