"""Answers errors inside the application, so that the connection stays usable."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.errors import bug_response, error_response
from core.errors import VitrineError


class ErrorResponses:
    """Middleware that answers an error: one of Vitrine's with its sentence, any other with its id in the log.

    Starlette's own handler raises the error again after its response. The server then closes the connection without
    having said so, and the next request that a client sends on it fails.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def watched_send(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            return  # nobody waits for an answer
        except Exception as error:
            if has_started:
                raise  # the response is cut: closing the connection tells the client so
            response = error_response(error) if isinstance(error, VitrineError) else bug_response(error, scope)
            await response(scope, receive, send)
