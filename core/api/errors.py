"""Errors in one shape: ``{"code", "detail", "field"?}``, whichever route they come from."""

import logging
import secrets
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Scope

from core import errors

log = logging.getLogger(__name__)

_STATUS: dict[type[errors.VitrineError], int] = {
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.ImageRejectedError: 422,
    errors.InvalidInputError: 422,
    errors.ExportError: 422,
    errors.ConfigurationError: 503,
    errors.StorageError: 507,
    errors.MissingKeyError: 422,
    errors.NoVisionError: 422,
    errors.ModelUnavailableError: 422,
    errors.RateLimitedError: 429,
    errors.LLMError: 502,
}


def problem(
    status: int, code: str, detail: str, field: str | None = None, *, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return an error answer; *detail* says what to do, *more* are further members of the body."""
    body = {"code": code, "detail": detail} | ({"field": field} if field else {}) | more
    return JSONResponse(body, status, headers=headers)


def of_error(error: errors.VitrineError) -> JSONResponse:
    """Return the answer for an error that was raised on purpose."""
    return problem(status_of(error), error.code, str(error), error.field)


def of_bug(error: Exception, scope: Scope) -> JSONResponse:
    """Return the answer for an error that nobody meant, under an id that the log has too."""
    error_id = secrets.token_hex(4)
    where = {
        "error_id": error_id,
        "method": scope["method"],
        "route": scope["path"].encode("unicode_escape").decode(),
    }
    log.error("request failed [%s]", error_id, exc_info=error, extra=where)
    message = f"Something went wrong inside Vitrine. The log has the details under {error_id}."
    return problem(500, "bug", message, error_id=error_id)


def status_of(error: errors.VitrineError) -> int:
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
