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


def _instance_of(found: type[Exception]) -> Exception:
    """Return an exception of class *found* with a value for each required argument."""
    response = httpx.Response(400, request=httpx.Request("POST", "http://x"))
    fillers: dict[str, Any] = {
        "response": response,
        "request": response.request,
        "status_code": 500,
        "body": None,
        "failures": (),
    }
    arguments = {
        name: fillers.get(name, "sk-canary-0123456789")
        for name, parameter in inspect.signature(found.__init__).parameters.items()
        if name != "self" and parameter.default is inspect.Parameter.empty and parameter.kind not in (2, 4)
    }
    try:
        return found(**arguments)
    except TypeError:  # some want a mapping with a message
        return found(
            **{name: {"message": value} if isinstance(value, str) else value for name, value in arguments.items()}
        )


def test_litellm_has_many_exceptions_to_map() -> None:
    assert len(CLASSES) >= 30


@pytest.mark.parametrize("found", CLASSES, ids=lambda found: found.__name__)
@pytest.mark.parametrize("status", [None, 200, 400, 401, 402, 403, 404, 413, 422, 429, 500, 503, 529])
def test_every_exception_of_litellm_becomes_an_llm_error_without_key(
    found: type[Exception], status: int | None
) -> None:
    exchange = Exchange(sends=int(status is not None), http_status=status, head=b"the key sk-canary-0123456789 leaks")
    mapped = map_error(_instance_of(found), exchange, CONFIG, 60)
    assert isinstance(mapped, LLMError)
    assert "sk-canary" not in f"{mapped} {vars(mapped)}"
    assert str(mapped).endswith(".")


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), KeyError("usage"), TimeoutError()])
def test_any_other_exception_becomes_a_vitrine_error(error: Exception) -> None:
    assert isinstance(map_error(error, Exchange(), CONFIG, 60), VitrineError)


@pytest.mark.parametrize("problem", ["unreachable", "broken", "redirect", "too large", "compressed"])
def test_the_http_exchange_takes_precedence_over_the_exception(problem: str) -> None:
    mapped = map_error(ValueError("x"), Exchange(problem=problem), CONFIG, 60)
    assert mapped.maybe_paid is (problem == "broken")


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("7", "", 7.0),
        ("0.5", "", 0.5),
        ("-3", "", 0.0),
        ("", "", None),
        ("soon", "", None),
        ("nan", "", None),
        ("inf", "", None),
        ("-inf", "", None),
        ("1e308", "", 31_536_000.0),
        ("9" * 400, "", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "", 31_536_000.0),
        ("Fri, 31 Dec 99999 23:59:59 GMT", "", None),
        ("", '{"details": [{"retryDelay": "1.2.3s"}]}', None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "", 0.0),
        ("", '{"details": [{"retryDelay": "38s"}]}', 38.0),
        ("", '{"details": [{"retryDelay": "1.5s"}]}', 1.5),
    ],
)
def test_the_requested_wait_is_read_from_header_or_body(header: str, body: str, seconds: float | None) -> None:
    assert retry_after_s(header, body) == seconds
