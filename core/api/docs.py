"""The page to read and try the API; everything it needs comes from this server."""

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_PAGE = Path(__file__).with_name("docs.html")
# The page may run its own script and ask this server, nothing else.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:"


@router.get("/api/docs")
def docs(request: Request) -> HTMLResponse:
    page = _PAGE.read_text("utf-8").replace("{base}", request.scope.get("root_path", ""))
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"})
