"""Plain HTML pages without scripts or other files, for what a browser opens instead of a page of the app."""

import json
from base64 import b64encode
from hashlib import sha256
from html import escape

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response

from core.api.origin import shows_answer

# Colors and sizes of .streamlit/config.toml.
_STYLE = """
:root { color-scheme: light dark; --text: #1f2428; --back: #ffffff; --field: #f5f5f4; --line: #8b8f93;
  --accent: #2c5f7c; --bad: #b3261e; --quiet: #5c6368 }
@media (prefers-color-scheme: dark) { :root { --text: #e8e8e6; --back: #16181a; --field: #222528; --line: #7d848a;
  --accent: #3a7a9e; --bad: #ff9d94; --quiet: #a9afb4 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back) }
main { width: 100%; max-width: 21rem }
h1 { font-size: 1.7rem; font-weight: 600; margin: 0 0 .25rem }
p { margin: 0 0 1.25rem; color: var(--quiet) }
form { display: grid; gap: 1rem }
label { display: grid; gap: .3rem; font-size: .93rem }
small { color: var(--quiet); font-size: .85rem }
input, button, .button { font: inherit; padding: .55rem .7rem; border-radius: 8px; border: 1px solid var(--line);
  color: inherit; background: var(--field); width: 100% }
.button { display: block; font-weight: 600; text-align: center; text-decoration: none; overflow-wrap: anywhere }
.or { margin: .75rem 0; text-align: center }
button { background: var(--accent); border-color: var(--accent); color: #ffffff; font-weight: 600; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
[role=alert] { color: var(--bad); margin: 0 }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Vitrine</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>Vitrine</h1>
{body}</main>
</body>
</html>
"""
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # With no-referrer the browser would send "Origin: null" with the form, which the gate refuses.
    "Referrer-Policy": "same-origin",
    "Vary": "Cookie",
}


def response(title: str, body: str, status: int, headers: dict[str, str] | None = None) -> HTMLResponse:
    """Return a page; *body* is HTML, *title* is text."""
    html = _PAGE.format(title=escape(title), style=_STYLE, body=body)
    return HTMLResponse(html, status, headers=_HEADERS | (headers or {}))


def for_browser(request: HTTPConnection, refusal: Response) -> Response:
    """Return an error response as a page with its message when a browser shows it to a person."""
    if not isinstance(refusal, JSONResponse) or not shows_answer(request):
        return refusal
    detail = json.loads(bytes(refusal.body))["detail"]
    return response("Not available", f'<p role="alert">{escape(detail)}</p>\n', refusal.status_code)
