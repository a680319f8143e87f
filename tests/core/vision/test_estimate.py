"""What a vision model costs when it analyzes images."""

from typing import Any, cast

from core.llm import CostEstimate, LLMService
from core.vision.estimate import estimate


class Priced:
    """Costs a dollar for each 1,000 characters and for each 1,000 tokens of a reply; at most twice as much."""

    def __init__(self, *, is_known: bool = True) -> None:
        self.sizes: set[Any] = set()
        self.is_known = is_known

    def estimate_call(self, model: str, size_wh: Any, chars: int, tokens: int) -> CostEstimate | None:
        self.sizes.add(size_wh)
        cost = (chars + tokens) / 1000
        return CostEstimate(cost, 2 * cost) if self.is_known else None


def test_the_calls_of_all_analyzers_that_ask_add_up() -> None:
    llm = Priced()

    found = estimate(cast(LLMService, llm), "m", 1000, {"objects": 10, "tags": 100, "caption": 1000, "text": 5})

    assert found is not None
    assert (round(found.low, 6), round(found.high, 6)) == (8 + 31 + 260, 16 + 62 + 520)
    assert llm.sizes == {(1000, 750)}
    assert estimate(cast(LLMService, llm), "m", 1000, {"text": 5}) == CostEstimate(0.0, 0.0)


def test_without_a_price_nothing_is_told_unless_nothing_is_asked() -> None:
    llm = cast(LLMService, Priced(is_known=False))

    assert estimate(llm, "m", 1000, {"tags": 1}) is None
    assert estimate(llm, "m", 1000, {"text": 1}) == CostEstimate(0.0, 0.0)
