"""Error responses, which have the same JSON body on all routes: ``{"code", "detail", "field"?}``."""

import logging
import secrets
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Scope

from core import errors, request_ids

log = logging.getLogger(__name__)

_STATUS: dict[type[errors.VitrineError], int] = {
    errors.NotFoundError: 404,
    errors.ForbiddenError: 403,
    errors.TooManyTriesError: 429,
    errors.ConflictError: 409,
    errors.ImageRejectedError: 422,
    errors.InvalidInputError: 422,
    errors.ExportError: 422,
    errors.ConfigurationError: 503,
    errors.SignInProviderError: 503,
    errors.DatabaseAwayError: 503,
    errors.StorageError: 507,
    errors.MissingKeyError: 422,
    errors.NoVisionError: 422,
    errors.ModelUnavailableError: 422,
    errors.RateLimitedError: 429,
    errors.LLMError: 502,
}


_DATABASE_AGAIN_S = 5
"""A server that restarts takes a few seconds."""


def problem(
    status: int, code: str, detail: str, field: str | None = None, *, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return an error response.

    Args:
        status: HTTP status.
        code: Stable name of the error, for programs.
        detail: What is wrong and what to do next, for people.
        field: The parameter or body field that is invalid.
        headers: Additional headers.
        more: Additional members of the body.
    """
    body = {"code": code, "detail": detail} | ({"field": field} if field else {}) | more
    return JSONResponse(body, status, headers=headers)


def error_response(error: errors.VitrineError) -> JSONResponse:
    """Return the response for an error with a message for the user."""
    return problem(status_of(error), error.code, str(error), error.field, headers=retry_after(error))


def retry_after(error: errors.VitrineError) -> dict[str, str] | None:
    """Return the header that says how long to wait, for an error that states it."""
    if isinstance(error, errors.DatabaseAwayError):
        return {"Retry-After": str(_DATABASE_AGAIN_S)}
    return {"Retry-After": str(error.retry_after_s)} if isinstance(error, errors.TooManyTriesError) else None


def bug_response(error: Exception, scope: Scope) -> JSONResponse:
    """Log an unexpected error with its traceback, and return a response that contains only its id in the log."""
    error_id = request_ids.current() or secrets.token_hex(4)
    details = {
        "error_id": error_id,
        "method": scope["method"],
        "route": scope["path"].encode("unicode_escape").decode(),
    }
    log.error("request failed [%s]", error_id, exc_info=error, extra=details)
    message = f"Something went wrong inside Vitrine. The log has the details under {error_id}."
    return problem(500, "bug", message, error_id=error_id)


def status_of(error: errors.VitrineError) -> int:
    """Return the HTTP status of an error, by its class."""
    return next((status for class_, status in _STATUS.items() if isinstance(error, class_)), 400)
