"""The sign-in page: one HTML page without scripts or other files, served in place of the requested one."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse
from starlette.types import Scope

MAX_NAME_CHARS = 60

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
input, button { font: inherit; padding: .55rem .7rem; border-radius: 8px; border: 1px solid var(--line);
  color: inherit; background: var(--field); width: 100% }
button { background: var(--accent); border-color: var(--accent); color: #ffffff; font-weight: 600; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
[role=alert] { color: var(--bad); margin: 0 }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in - Vitrine</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>Vitrine</h1>
<p>Sign in to use this Vitrine.</p>
<form method="post" action="{action}">
<input type="hidden" name="next" value="{wanted}">
<label>Password
<input name="password" type="password" autocomplete="current-password" required autofocus{invalid}></label>
<label>Your name <small id="name-help">Shown in the history of what you change.</small>
<input name="name" autocomplete="username" maxlength="{max_name_chars}" value="{name}" aria-describedby="name-help">
</label>
{message}<button>Sign in</button>
</form>
</main>
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


def response(
    base: str, wanted: str, *, status: int, message: str = "", name: str = "", headers: dict[str, str] | None = None
) -> HTMLResponse:
    """Return the page.

    Args:
        base: Base path of the server.
        wanted: The address that opens after the sign-in; see :func:`landing_address`.
        status: HTTP status; 401 for a page that was asked for without a session.
        message: Why the last attempt was refused.
        name: The name that was typed with it.
        headers: Additional headers.
    """
    alert = f'<p role="alert" id="problem">{escape(message)}</p>\n' if message else ""
    html = _PAGE.format(
        style=_STYLE,
        action=escape(f"{base}/access/session"),
        wanted=escape(landing_address(wanted, base)),
        invalid=' aria-invalid="true" aria-describedby="problem"' if message else "",
        name=escape(name[:MAX_NAME_CHARS]),
        max_name_chars=MAX_NAME_CHARS,
        message=alert,
    )
    return HTMLResponse(html, status, headers=_HEADERS | (headers or {}))


def requested_address(scope: Scope) -> str:
    """Return path and query of a request as the client wrote them."""
    path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    query: bytes = scope.get("query_string", b"")
    return (path.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


def landing_address(wanted: str, base: str) -> str:
    """Return *wanted* when it is a path of this server, otherwise the address of its first page.

    A browser reads a backslash as a slash, skips tabs and line breaks, and takes ``//host`` for another server.
    """
    home = f"{base}/"
    is_plain = wanted.isascii() and wanted.isprintable() and not set(wanted) & set("\\ ")
    if not wanted.startswith(home) or wanted.startswith("//") or not is_plain:
        return home
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return home
    is_own = not parts.scheme and not parts.netloc and parts.path != f"{base}/access/session"
    return wanted if is_own else home
