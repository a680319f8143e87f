"""The documentation page of the REST API, with a form to send each request; it loads nothing from other servers."""

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_PAGE = Path(__file__).with_name("docs.html")
# The page may run its inline script and send requests to this server, nothing else.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:"


@router.get("/api/docs")
def docs(request: Request) -> HTMLResponse:
    """Return the documentation page."""
    page = _PAGE.read_text("utf-8").replace("{base}", request.scope.get("root_path", ""))
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"})
