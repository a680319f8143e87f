"""The REST API as its OpenAPI document has it, made once per process of tests: that takes two seconds."""

from functools import cache
from typing import TYPE_CHECKING, Any

from core.runtime import runtime

if TYPE_CHECKING:
    from fastapi import FastAPI


@cache
def api() -> "FastAPI":
    """Return the application over the services of this process."""
    from core.api.rest import build_api

    return build_api(lambda: runtime.services)


def paths() -> dict[str, dict[str, Any]]:
    """Return what the document says of each path, by the method in small letters."""
    described: dict[str, dict[str, Any]] = api().openapi()["paths"]
    return described
