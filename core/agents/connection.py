"""The REST API as agents call it: of a data directory in this process, or of a server with a token."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from core.errors import ConfigurationError, VitrineError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from core.services import Services

AGENT = "agent"
"""Who acts on a data directory of this machine, in the history of entries; on a server it is the name of the token."""
_TIMEOUT_S, _LOCAL_TIMEOUT_S = 120.0, 3600.0


class Connection:
    """Requests to the REST API; errors are raised with the sentence of their response."""

    def __init__(self, http: httpx.AsyncClient, *, is_local: bool) -> None:
        self._http = http
        self.is_local = is_local

    async def get(self, path: str, /, **query: Any) -> Any:
        """Return the decoded answer; a query parameter that is None is left out."""
        return (await self.send("GET", path, params=_given(query))).json()

    async def post(self, path: str, /, **body: Any) -> Any:
        """Return the decoded answer; a member of the body that is None is left out."""
        return (await self.send("POST", path, json=_given(body))).json()

    async def content(self, path: str) -> bytes:
        """Return the bytes of a file."""
        return (await self.send("GET", path)).content

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a request.

        Raises:
            VitrineError: it was refused, or the server cannot be reached.
        """
        try:
            answer = await self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise VitrineError(
                f"The server {self._http.base_url} cannot be reached ({error}). Check the address."
            ) from error
        if answer.is_success:
            return answer
        raise VitrineError(_sentence(answer))


@contextlib.asynccontextmanager
async def on_services(services: "Services") -> AsyncIterator[Connection]:
    """Yield the connection to services of this process: who may read their directory may do everything."""
    from starlette.applications import Starlette

    from core.api import build_routes

    app = _ByAgent(Starlette(routes=build_routes(lambda: services)))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=_LOCAL_TIMEOUT_S) as http:
        yield Connection(http, is_local=True)


@contextlib.asynccontextmanager
async def on_server(address: str, token: str) -> AsyncIterator[Connection]:
    """Yield the connection to a server; the token says what may be done there.

    Raises:
        ConfigurationError: *address* is no address of a server.
    """
    if not address.startswith(("http://", "https://")):
        raise ConfigurationError("Write the address of the server as https://vitrine.example.org.")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # Redirects would send the token to another server.
    async with httpx.AsyncClient(base_url=address.rstrip("/"), headers=headers, timeout=_TIMEOUT_S) as http:
        yield Connection(http, is_local=False)


class _ByAgent:
    """Middleware that names the agent as who acts."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        from core.accounts.actor import Actor
        from core.api.guard import ACTOR

        await self._app({**scope, ACTOR: Actor(name=AGENT)} if scope["type"] == "http" else scope, receive, send)


def one(id_: str) -> str:
    """Return an id or name as one part of a path, whatever an agent wrote."""
    return quote(id_, safe="")


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _sentence(answer: httpx.Response) -> str:
    """Return what an error response says."""
    try:
        problem = answer.json()
        return str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The server answered {answer.status_code} to {answer.request.url.path}. Is it the address of Vitrine?"
