"""Estimates what a call will cost before it is sent, as a range; None when the price is unknown."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.llm import providers
from core.llm.models import entry_of
from core.llm.types import OFFLINE_MODELS, CostEstimate, ModelConfig

TokenRange = tuple[float, float]

# Characters per token, for the low and the high end: about four in Latin text, about one and a half in Chinese.
_CHARS_PER_TOKEN = (4.0, 1.5)
# Replies come out shorter or longer than asked for; reasoning models write several times as much.
_REPLY_FACTORS = (0.6, 1.5)
_REASONING_FACTOR = 6.0


@dataclass(frozen=True)
class ObservedTokens:
    """What earlier replies of a model used, each as a range from low to high."""

    image: TokenRange
    """Input tokens of one image."""
    reply: TokenRange
    """Output tokens of a whole reply as it is asked for now."""


def estimate_call(
    model: str,
    image_size_wh: tuple[int, int] | None,
    prompt_chars: int,
    reply_tokens: int,
    *,
    images: int = 1,
    observed: ObservedTokens | None = None,
) -> CostEstimate | None:
    """Return the cost of one call, None when the model has no known price.

    Args:
        image_size_wh: width and height of each image in pixels; None for a call without images.
        reply_tokens: expected length of the reply.
        images: how many images of that size are sent.
        observed: what earlier replies used; takes the place of the published rules.
    """
    if model in OFFLINE_MODELS:
        return CostEstimate(0.0, 0.0)
    entry = entry_of(model)
    input_price, output_price = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if not input_price or not output_price:
        return None
    prompt = prompt_tokens(model, image_size_wh, prompt_chars, images=images, observed=observed)
    highest = _REPLY_FACTORS[1] * (_REASONING_FACTOR if entry.get("supports_reasoning") else 1)
    reply = observed.reply if observed else (reply_tokens * _REPLY_FACTORS[0], reply_tokens * highest)
    low, high = (prompt[end] * input_price + reply[end] * output_price for end in (0, 1))
    return CostEstimate(low, high)


def prompt_tokens(
    model: str,
    image_size_wh: tuple[int, int] | None,
    prompt_chars: int,
    *,
    images: int = 1,
    observed: ObservedTokens | None = None,
) -> TokenRange:
    """Return the input tokens of one call at least and at most; see :func:`estimate_call` for the arguments."""
    per_image: TokenRange = (0, 0)
    if image_size_wh is not None:
        per_image = observed.image if observed else image_tokens(model, image_size_wh)
    low, high = (per_image[end] * images + prompt_chars / _CHARS_PER_TOKEN[end] for end in (0, 1))
    return low, high


def image_tokens(model: str, size_wh: tuple[int, int]) -> tuple[int, int]:
    """Return the input tokens of an image at least and at most, by the rule its maker published.

    Args:
        model: the model's name, with or without its provider.
        size_wh: width and height in pixels.
    """
    model = ModelConfig(model=model).litellm_model
    rule = providers.maker_of(model).image_token_rule
    return _RULES[rule](model, *size_wh) if rule else _unknown_tokens(*size_wh)


def _unknown_tokens(width: int, height: int) -> tuple[int, int]:
    return 200, max(_anthropic_area(width, height) * 2, 1500)


def _anthropic_tokens(_model: str, width: int, height: int) -> tuple[int, int]:
    """Anthropic: width x height / 750."""
    tokens = _anthropic_area(width, height)
    return tokens, math.ceil(tokens * 1.1)


def _anthropic_area(width: int, height: int) -> int:
    return math.ceil(width * height / 750)


def _gemini_tokens(_model: str, width: int, height: int) -> tuple[int, int]:
    """Gemini: 258 tokens a tile; small images are one tile."""
    return 258, max(1290, _gemini_tiles(width, height) * 258)


def _gemini_tiles(width: int, height: int) -> int:
    if max(width, height) <= 384:
        return 1
    side = max(min(width, height) / 1.5, 256)
    return math.ceil(width / side) * math.ceil(height / side)


def _openai_tokens(model: str, width: int, height: int) -> tuple[int, int]:
    """OpenAI: tiles of 512 px for older models, patches of 32 px for newer ones; both as a range where unsure."""
    scale = min(1.0, 2048 / max(width, height))
    scale = min(scale, 768 / min(width * scale, height * scale) * scale)
    tiles = math.ceil(width * scale / 512) * math.ceil(height * scale / 512)
    if "4o-mini" in model:
        return 2833 + 5667 * tiles, 2833 + 5667 * tiles
    tiled = 85 + 170 * tiles
    patches = min(math.ceil(width / 32) * math.ceil(height / 32), 1536)
    if "gpt-4o" in model or "gpt-4-turbo" in model:
        return tiled, tiled
    return min(tiled, patches), math.ceil(max(tiled, patches * 2.46))


_RULES: dict[providers.ImageTokenRule, Callable[[str, int, int], tuple[int, int]]] = {
    "openai": _openai_tokens,
    "anthropic": _anthropic_tokens,
    "gemini": _gemini_tokens,
}
