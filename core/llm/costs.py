"""What a call will cost before it is sent, as an honest range; None when the price is unknown."""

import math
from dataclasses import dataclass

from core.llm import keys
from core.llm.models import entry_of
from core.llm.types import OFFLINE_MODEL, CostEstimate, ModelConfig

# Characters per token: Latin text about four, Chinese about one and a half.
_CHARS_PER_TOKEN = (4.0, 1.5)
# Replies come out shorter or longer than asked; models that think first write several times as much.
_REPLY_SPREAD = (0.6, 1.5)
_THINKING_FACTOR = 6.0


@dataclass(frozen=True)
class SeenTokens:
    """What earlier replies of a model really used, each as a range."""

    image: tuple[float, float]
    """Input tokens of one image."""
    reply: tuple[float, float]
    """Output tokens of a whole reply as it is asked for now."""


def estimate_call(
    model: str,
    image_size_wh: tuple[int, int] | None,
    prompt_chars: int,
    reply_tokens: int,
    *,
    images: int = 1,
    seen: SeenTokens | None = None,
) -> CostEstimate | None:
    """Return the cost of one call with *images* of this size (None: without an image)."""
    if model == OFFLINE_MODEL:
        return CostEstimate(0.0, 0.0)
    entry = entry_of(model)
    input_price, output_price = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if not input_price or not output_price:
        return None
    each = (0, 0) if image_size_wh is None else seen.image if seen else image_tokens(model, image_size_wh)
    thinks = bool(entry.get("supports_reasoning"))
    spread = _REPLY_SPREAD[0], _REPLY_SPREAD[1] * (_THINKING_FACTOR if thinks else 1)
    reply = seen.reply if seen else (reply_tokens * spread[0], reply_tokens * spread[1])
    totals = [
        (each[end] * images + prompt_chars / _CHARS_PER_TOKEN[end]) * input_price + reply[end] * output_price
        for end in (0, 1)
    ]
    return CostEstimate(totals[0], totals[1])


def image_tokens(model: str, size_wh: tuple[int, int]) -> tuple[int, int]:
    """Return how many input tokens an image takes at least and at most, by the makers' published rules."""
    provider = keys.provider_of(ModelConfig(model=model))
    width, height = size_wh
    area_tokens = math.ceil(width * height / 750)
    if "claude" in model or provider == "anthropic":
        return area_tokens, math.ceil(area_tokens * 1.1)
    if "gemini" in model:
        return 258, max(1290, _gemini_tiles(width, height) * 258)
    if provider in ("openai", "azure"):
        return _openai_tokens(model, width, height)
    return 200, max(area_tokens * 2, 1500)


def _gemini_tiles(width: int, height: int) -> int:
    if max(width, height) <= 384:
        return 1
    side = max(min(width, height) / 1.5, 256)
    return math.ceil(width / side) * math.ceil(height / side)


def _openai_tokens(model: str, width: int, height: int) -> tuple[int, int]:
    """Tiles of 512 px for the older models, patches of 32 px for the newer ones; both bounds where unsure."""
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
