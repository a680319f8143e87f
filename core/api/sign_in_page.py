"""The sign-in page: one HTML page without scripts or other files, served in place of the requested one."""

from html import escape
from urllib.parse import urlencode, urlsplit

from starlette.responses import HTMLResponse
from starlette.types import Scope

from core.api import plain_page

MAX_NAME_CHARS = 60

LEAD = "Sign in to use this Vitrine."
_FORM = """<p>{lead}</p>
<form method="post" action="{action}">
<input type="hidden" name="next" value="{wanted}">
{fields}{message}<button>Sign in</button>
</form>
"""
_PASSWORD_FIELD = """<label>Password
<input name="password" type="password" autocomplete="current-password" required{focus}{invalid}></label>
"""  # noqa: S105 - a field of a form
_ACCOUNT_FIELD = """<label>Name
<input name="name" autocomplete="username" maxlength="{max_name_chars}" value="{name}" required{focus}></label>
"""
_NAME_FIELD = """<label>Your name <small id="name-help">Shown in the history of what you change.</small>
<input name="name" autocomplete="username" maxlength="{max_name_chars}" value="{name}" aria-describedby="name-help">
</label>
"""
_PROVIDER = """<p class="or">or</p>
<a class="button" href="{address}">Sign in with {provider}</a>
"""
_FOCUS = " autofocus"
PROVIDER_PATH = "/access/oidc/start"


def response(
    base: str,
    wanted: str,
    *,
    status: int,
    message: str = "",
    name: str = "",
    has_accounts: bool = False,
    provider: str = "",
    lead: str = LEAD,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    """Return the page.

    Args:
        base: Base path of the server.
        wanted: The address that opens after the sign-in; see :func:`landing_address`.
        status: HTTP status; 401 for a page that was asked for without a session.
        message: Why the last attempt was refused.
        name: The name that was typed with it.
        has_accounts: Whether people sign in by the name of their account; else the name is for the history only.
        provider: Host name of the OpenID provider by which people can sign in; empty without one.
        lead: The sentence above the form.
        headers: Additional headers.
    """
    alert = f'<p role="alert" id="problem">{escape(message)}</p>\n' if message else ""
    invalid = ' aria-invalid="true" aria-describedby="problem"' if message else ""
    focus_name = has_accounts and not name
    shown_name = (_ACCOUNT_FIELD if has_accounts else _NAME_FIELD).format(
        name=escape(name[:MAX_NAME_CHARS]), max_name_chars=MAX_NAME_CHARS, focus=_FOCUS if focus_name else ""
    )
    password = _PASSWORD_FIELD.format(focus="" if focus_name else _FOCUS, invalid=invalid)
    form = _FORM.format(
        lead=escape(lead),
        action=escape(f"{base}/access/session"),
        wanted=escape(landing_address(wanted, base)),
        fields=shown_name + password if has_accounts else password + shown_name,
        message=alert,
    )
    if provider:
        form += provider_link(base, provider, next=landing_address(wanted, base))
    return plain_page.response("Sign in", form, status, headers)


def provider_link(base: str, provider: str, **query: str) -> str:
    """Return the HTML of the link that leads to the OpenID provider; no form, whose redirect the policy would stop."""
    address = f"{base}{PROVIDER_PATH}?{urlencode(query)}"
    return _PROVIDER.format(address=escape(address), provider=escape(provider))


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
    is_own = not parts.scheme and not parts.netloc and not parts.path.startswith(f"{base}/access/")
    return wanted if is_own else home
