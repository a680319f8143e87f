"""Every name of litellm that is not part of its public interface, each with a fallback that works without it.

``tests/core/llm/test_litellm_private.py`` fails when a release of litellm no longer has one of them. Then remove
its use here, or adapt it to the new name.
"""

import contextlib
import functools
import json
import os
import pkgutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from core.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

SEEN_IN = "1.106.2"
"""The version of litellm in which all names below were last seen."""

TRANSPORT_FACTORY = "litellm.llms.custom_httpx.http_handler:AsyncHTTPHandler.create_async_transport"
CLIENT_FACTORY = "litellm.llms.custom_httpx.http_handler:AsyncHTTPHandler.create_client"
POOL_FACTORY = "litellm.llms.custom_httpx.http_handler:AsyncHTTPHandler.create_aiohttp_transport"
INTERNAL_CALL = "litellm._internal_context:is_internal_call"
SCHEMA_CONVERTER = "litellm.llms.base_llm.base_utils:type_to_response_format_param"
PROVIDER_ERROR = "litellm.llms.custom_llm:CustomLLMError"
NAMES = (TRANSPORT_FACTORY, CLIENT_FACTORY, POOL_FACTORY, INTERNAL_CALL, SCHEMA_CONVERTER, PROVIDER_ERROR)

PRICE_TABLE_FILE = "model_prices_and_context_window_backup.json"
_NOT_MODELS = ("sample_spec", "fallback_generalizations")


def prepare_import() -> None:
    """Keep litellm from downloading prices and headers, and from reading a ``.env`` file, while it is imported."""
    os.environ |= {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
        "LITELLM_MODE": "PRODUCTION",
    }


def install_transport(transport: "httpx.AsyncBaseTransport") -> None:
    """Make every asynchronous client of litellm, OpenAI's included, send through *transport*.

    One function of litellm makes all transports. Fallback: replace the clients, by the public
    ``litellm.aclient_session`` for OpenAI's interface and by the factory of clients for all others.

    Raises:
        ConfigurationError: litellm has neither; its requests and replies would not be limited.
    """
    import httpx
    import litellm
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    handler: Any = AsyncHTTPHandler
    if _resolve(TRANSPORT_FACTORY):
        handler.create_async_transport = staticmethod(lambda **_: transport)
    elif _resolve(CLIENT_FACTORY):
        litellm.aclient_session = httpx.AsyncClient(transport=transport)
        handler.create_client = lambda _self, timeout=None, *_, **__: httpx.AsyncClient(
            transport=transport, timeout=timeout
        )
    else:
        raise ConfigurationError(f"This release of litellm cannot be guarded. Install litellm {SEEN_IN}.")


def check_other_clients(check: Callable[[], None]) -> None:
    """Call *check* before every request of ``httpx`` and ``requests``: litellm uses them beside its own clients.

    Nothing here is private: a patch of these three public methods is the one way to see those requests.
    """
    import httpx
    import requests

    for owner, name in (
        (httpx.HTTPTransport, "handle_request"),
        (httpx.AsyncHTTPTransport, "handle_async_request"),
        (requests.adapters.HTTPAdapter, "send"),
    ):
        setattr(owner, name, _checked(getattr(owner, name), check))


def _checked(send: Callable[..., Any], check: Callable[[], None]) -> Callable[..., Any]:
    @functools.wraps(send)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check()
        return send(*args, **kwargs)

    return checked


def make_connection_pool(fallback: "Callable[[], httpx.AsyncBaseTransport]") -> "httpx.AsyncBaseTransport":
    """Return litellm's connection pool over aiohttp for the running event loop; it honors HTTPS_PROXY and NO_PROXY.

    httpx's own searches all idle connections for each request, which costs more than the rest of a call when dozens
    run at once. Fallback: *fallback*.
    """
    make = _resolve(POOL_FACTORY) or fallback
    pool: httpx.AsyncBaseTransport = make()
    return pool


def close_pool_of_closed_loop(pool: "httpx.AsyncBaseTransport") -> None:
    """Close the connections of an event loop that is closed already, where nothing can be awaited any more.

    The aiohttp session is an attribute of litellm's pool. Fallback: the garbage collector closes its sockets.
    """
    connector = getattr(getattr(pool, "client", None), "connector", None)
    if connector is not None and not connector.closed:
        for _ in connector.close().__await__():  # needs no loop once the connector's is closed
            pass


@contextlib.contextmanager
def without_cost_logging() -> Iterator[None]:
    """Turn litellm's log of calls off for this context: Vitrine has its own ledger.

    litellm's log computes the cost of each call twice and searches every image for data that must not be logged.
    Fallback: nothing; calls are slower and otherwise the same.
    """
    flag = _resolve(INTERNAL_CALL)
    if flag is None:
        yield
        return
    token = flag.set(True)
    try:
        yield
    finally:
        flag.reset(token)


def response_cost(response: Any, compute: Callable[[], float | None]) -> float | None:
    """Return the US dollars that litellm computed for *response*; None when the price is unknown.

    They are in the attribute ``_hidden_params``. Fallback: *compute*.
    """
    hidden = getattr(response, "_hidden_params", None)
    cost = compute() if hidden is None else hidden.get("response_cost")
    return float(cost) if cost else None  # litellm states zero for an unknown price


def response_format(schema: type[BaseModel]) -> Any:
    """Return *schema* as litellm states it to providers.

    Fallback: the class itself, which the public interface accepts; litellm then converts it for each call.
    """
    convert = _resolve(SCHEMA_CONVERTER)
    return convert(schema) if convert else schema


def price_table() -> dict[str, dict[str, Any]]:
    """Return litellm's table of models with their prices, abilities and dates; empty without litellm.

    It is read from a file of the package, because importing litellm takes seconds. Fallback: the import.
    """
    found = find_spec("litellm")
    if found is None or not found.submodule_search_locations:
        return {}
    path = Path(next(iter(found.submodule_search_locations))) / PRICE_TABLE_FILE
    rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else _imported_price_table()
    return {name: row for name, row in rows.items() if isinstance(row, dict) and name not in _NOT_MODELS}


def _imported_price_table() -> dict[str, Any]:
    prepare_import()
    import litellm

    return dict(litellm.model_cost)


def provider_error(http_status: int, message: str) -> Exception:
    """Return the error that a custom provider raises; litellm reads its status. Fallback: a class of the same form."""
    error: Exception = (_resolve(PROVIDER_ERROR) or _ProviderError)(http_status, message)
    return error


class _ProviderError(Exception):
    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message


def _resolve(name: str) -> Any | None:
    """Return the object called ``module:attribute``, None when litellm has none."""
    try:
        return pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return None
