import inspect
from typing import Any

import httpx
import litellm
import pytest

from core.errors import LLMError, VitrineError
from core.llm import ModelConfig
from core.llm.error_mapping import map_error, retry_after_s
from core.llm.transport import Exchange

CONFIG = ModelConfig("openai/gpt-4o", api_key="sk-canary-0123456789")
CLASSES = sorted(
    {
        found
        for found in vars(litellm.exceptions).values()
        if inspect.isclass(found) and issubclass(found, Exception) and found.__module__.startswith("litellm")
    },
    key=lambda found: found.__name__,
)


def _made(kind: type[Exception]) -> Exception:
    """Make an exception of *kind* with something in each argument it insists on."""
    response = httpx.Response(400, request=httpx.Request("POST", "http://x"))
    fillers: dict[str, Any] = {
        "response": response,
        "request": response.request,
        "status_code": 500,
        "body": None,
        "failures": (),
    }
    wanted = {
        name: fillers.get(name, "sk-canary-0123456789")
        for name, parameter in inspect.signature(kind.__init__).parameters.items()
        if name != "self" and parameter.default is inspect.Parameter.empty and parameter.kind not in (2, 4)
    }
    try:
        return kind(**wanted)
    except TypeError:  # some want a mapping with a message
        return kind(**{name: {"message": value} if isinstance(value, str) else value for name, value in wanted.items()})


def test_there_are_many_exceptions_to_translate() -> None:
    assert len(CLASSES) >= 30


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("status", [None, 200, 400, 401, 402, 403, 404, 413, 422, 429, 500, 503, 529])
def test_every_exception_of_litellm_becomes_one_of_ours(kind: type[Exception], status: int | None) -> None:
    exchange = Exchange(sends=int(status is not None), http_status=status, head=b"the key sk-canary-0123456789 leaks")
    translated = map_error(_made(kind), exchange, CONFIG, 60)
    assert isinstance(translated, LLMError)
    assert "sk-canary" not in f"{translated} {vars(translated)}"
    assert str(translated).endswith(".")


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), KeyError("usage"), TimeoutError()])
def test_any_other_exception_becomes_one_of_ours(error: Exception) -> None:
    assert isinstance(map_error(error, Exchange(), CONFIG, 60), VitrineError)


@pytest.mark.parametrize("problem", ["unreachable", "broken", "redirect", "too large", "compressed"])
def test_trouble_on_the_wire_counts_before_what_litellm_says(problem: str) -> None:
    translated = map_error(ValueError("x"), Exchange(problem=problem), CONFIG, 60)
    assert translated.maybe_paid is (problem == "broken")


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("7", "", 7.0),
        ("0.5", "", 0.5),
        ("-3", "", 0.0),
        ("", "", None),
        ("soon", "", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "", 0.0),
        ("", '{"details": [{"retryDelay": "38s"}]}', 38.0),
        ("", '{"details": [{"retryDelay": "1.5s"}]}', 1.5),
    ],
)
def test_the_wait_is_what_the_provider_asks_for(header: str, body: str, seconds: float | None) -> None:
    assert retry_after_s(header, body) == seconds
