import pytest

from core.errors import InvalidInputError
from core.llm import Lane, ModelConfig, lane_of, lanes_of, require_lane


@pytest.mark.parametrize(
    ("api_base", "lane"),
    [
        ("http://GPU-1:8000/v1", "gpu-1:8000"),
        ("https://llm.example.org/v1", "llm.example.org:443"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
        (None, "openai"),
    ],
)
def test_a_lane_is_named_by_the_address_and_without_one_by_the_provider(api_base: str | None, lane: str) -> None:
    assert lane_of(ModelConfig("openai/gpt-4o", api_base=api_base)).name == lane


def test_the_lanes_of_a_task_are_named_once_each_with_the_lowest_limit() -> None:
    gpu = "http://gpu-1:8000/v1"
    models = [
        {"model": "hosted_vllm/qwen", "api_base": gpu, "concurrency": 64},
        {"model": "gemini/gemini-2.5-flash"},
        {"model": "hosted_vllm/llava", "api_base": f"{gpu}/", "concurrency": 16},
    ]
    assert lanes_of(models) == (Lane("gpu-1:8000", 16), Lane("gemini"))
    assert lanes_of([]) == ()


def test_a_lane_of_a_worker_is_an_address_or_a_provider_that_exists() -> None:
    for name in ("gpu-1:8000", "[::1]:8000", "openai", "cerebras"):  # the last one is known to litellm alone
        require_lane(name)
    for name in ("GPU-1:8000", "gpu-1:80000", "gpu-1:", "http://gpu-1:8000", "gpt-4o", ""):
        with pytest.raises(InvalidInputError, match=r"There is no lane called .* or one of anthropic, azure, "):
            require_lane(name)
