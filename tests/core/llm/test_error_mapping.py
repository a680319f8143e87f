import inspect
from typing import Any

import httpx
import litellm
import pytest

from core.errors import (
    AccessDeniedError,
    BadReplyError,
    LLMError,
    ModelUnavailableError,
    ProviderDownError,
    QuotaExceededError,
    RateLimitedError,
    RequestRefusedError,
    VitrineError,
)
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


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, "", RequestRefusedError),
        (400, "insufficient_quota", QuotaExceededError),
        (400, "API key not valid", AccessDeniedError),
        (400, '{"error": {"message": "The model `x` does not exist"}}', ModelUnavailableError),
        (401, "", AccessDeniedError),
        (402, "", QuotaExceededError),
        (403, "", AccessDeniedError),
        (403, "insufficient_quota", QuotaExceededError),
        (404, "", ModelUnavailableError),
        (404, "insufficient_quota", ModelUnavailableError),
        (404, "API key not valid", ModelUnavailableError),
        (408, "", ProviderDownError),
        (409, "", ProviderDownError),
        (413, "", RequestRefusedError),
        (422, '{"error": {"message": "The model `x` does not exist"}}', RequestRefusedError),
        (422, "API key not valid", RequestRefusedError),
        (425, "", ProviderDownError),
        (429, "", RateLimitedError),
        (429, "insufficient_quota", QuotaExceededError),
        (499, "", RequestRefusedError),
        (500, "", ProviderDownError),
        (500, "insufficient_quota", ProviderDownError),
        (503, "", ProviderDownError),
        (529, "", RateLimitedError),
    ],
)
def test_a_status_and_its_body_decide_what_the_error_is(status: int, body: str, error: type[LLMError]) -> None:
    mapped = map_error(ValueError("x"), Exchange(sends=1, http_status=status, head=body.encode()), CONFIG, 60)

    assert (type(mapped), mapped.http_status) == (error, status)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"error": {"message": "No <b>room</b>. "}}', "No room"),
        ('[{"error": {"message": "First"}}, {"error": {"message": "Second"}}]', "First"),
        ('{"error": "As text"}', "As text"),
        ('{"error": {"message": ""}}', "status 500"),
        ('{"error": {"message": 3}}', "status 500"),
        ("[]", "status 500"),
        ("no JSON", "status 500"),
        ('{"error": "' + "x" * 200 + '"}', "x" * 200),
        ('{"error": "' + "x" * 201 + '"}', "x" * 199 + "…"),
    ],
)
def test_the_words_of_the_provider_are_one_short_line(body: str, message: str) -> None:
    mapped = map_error(ValueError("x"), Exchange(sends=1, http_status=500, head=body.encode()), CONFIG, 60)

    assert f"has a problem: {message}. Try again later." in str(mapped)


@pytest.mark.parametrize(
    ("body", "error"),
    [('{"error": {"message": "Overloaded"}}', ProviderDownError), ("<html>", BadReplyError)],
)
def test_a_status_of_success_with_an_error_inside_is_an_error_of_the_provider(body: str, error: type[LLMError]) -> None:
    mapped = map_error(ValueError("x"), Exchange(sends=1, http_status=200, head=body.encode()), CONFIG, 60)

    assert type(mapped) is error
    assert getattr(mapped, "reply_head", "") == ("" if error is ProviderDownError else body)


@pytest.mark.parametrize(
    ("problem", "error", "maybe_paid"),
    [
        ("unreachable", ProviderDownError, False),
        ("redirect", RequestRefusedError, False),
        ("not allowed", ModelUnavailableError, False),
        ("foreign key", RequestRefusedError, False),
        ("other client", RequestRefusedError, False),
        ("stream", BadReplyError, False),
        ("too large", BadReplyError, False),
        ("compressed", BadReplyError, False),
        ("broken", ProviderDownError, True),
    ],
)
def test_a_problem_of_the_connection_decides_what_the_error_is(
    problem: str, error: type[LLMError], maybe_paid: bool
) -> None:
    exchange = Exchange(sends=1, problem=problem, http_status=302, head=b"x" * 3000, detail="10.0.0.1")

    mapped = map_error(ValueError("x"), exchange, CONFIG, 60)

    assert (type(mapped), mapped.maybe_paid) == (error, maybe_paid)
    assert len(getattr(mapped, "reply_head", "x" * 2048)) == 2048


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(sends=1, http_status=402),
        Exchange(sends=1, http_status=500),
        Exchange(sends=1, http_status=200, head=b"<html>"),
        Exchange(sends=1, http_status=200, problem="too large"),
        Exchange(sends=1, http_status=200, problem="broken"),
        Exchange(problem="unreachable"),
    ],
)
def test_a_server_of_ones_own_has_a_capital_only_at_the_start_of_a_sentence(exchange: Exchange) -> None:
    config = ModelConfig("openai/moondream", api_base="http://box:1/v1")
    text = str(map_error(ValueError("x"), exchange, config, 60))
    assert "he server at http://box:1/v1" in text
    assert text.startswith("The ")
    assert " The server" not in text
