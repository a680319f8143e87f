"""What a vision model costs when it analyzes images, before it is asked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from core.llm import CostEstimate, LLMService


class _Call(NamedTuple):
    prompt_chars: int
    reply_tokens: int


# Objects reply with a box each, of about 25 tokens; 15 of them are usual in a photograph.
_CALLS: Mapping[str, _Call] = {"objects": _Call(420, 380), "tags": _Call(260, 50), "caption": _Call(220, 40)}

ASK_MODEL = tuple(_CALLS)
"""The analyzers that ask the model of their task, when it names one."""


def estimate(llm: "LLMService", model: str, side_px: int, calls: Mapping[str, int]) -> "CostEstimate | None":
    """Return the cost of so many calls by analyzer; None when the price of the model is unknown.

    Args:
        side_px: the longer side of the images that are sent.
    """
    from core.llm import CostEstimate

    size_wh = side_px, round(side_px * 0.75)
    low = high = 0.0
    for name, count in calls.items():
        if name in _CALLS:
            one = llm.estimate_call(model, size_wh, *_CALLS[name])
            if one is None:
                return None
            low, high = low + one.low * count, high + one.high * count
    return CostEstimate(low, high)
