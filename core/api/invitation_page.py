"""The page of an invitation: a form for a new account, or one button for somebody who has one."""

from html import escape

from starlette.responses import HTMLResponse

from core.accounts.invitations import OpenInvitation
from core.accounts.passwords import MIN_CHARS
from core.accounts.service import MAX_NAME_CHARS
from core.api import plain_page

_NEW = """<p>{what}</p>
<form method="post">
<label>Name <small id="name-help">For signing in, and shown in the history of what you change.</small>
<input name="name" autocomplete="username" maxlength="{max_name_chars}" value="{name}" required{focus_name}
aria-describedby="name-help"></label>
<label>Password <small id="password-help">At least {min_chars} characters; several words are good.</small>
<input name="password" type="password" autocomplete="new-password" minlength="{min_chars}" required{focus_password}
aria-describedby="password-help"></label>
{message}<button>Make my account</button>
</form>
{provider}"""
_JOIN = """<p>{what}</p>
<form method="post">
<input type="hidden" name="join" value="1">
{message}<button>Accept as {name}</button>
</form>
"""
_FOCUS = " autofocus"


def form(
    invitation: OpenInvitation,
    *,
    status: int = 200,
    message: str = "",
    name: str = "",
    signed_in_as: str | None = None,
    provider: str = "",
) -> HTMLResponse:
    """Return the page.

    Args:
        invitation: What is accepted.
        status: HTTP status.
        message: Why the last attempt was refused.
        name: The name that was typed with it.
        signed_in_as: The name of the account that the visitor has already.
        provider: HTML of the link to the OpenID provider, empty without one.
    """
    alert = f'<p role="alert" id="problem">{escape(message)}</p>\n' if message else ""
    what = escape(_what(invitation))
    if signed_in_as is not None:
        body = _JOIN.format(what=what, message=alert, name=escape(signed_in_as))
    else:
        body = _NEW.format(
            what=what, message=alert, name=escape(name[:MAX_NAME_CHARS]), max_name_chars=MAX_NAME_CHARS,
            min_chars=MIN_CHARS, focus_name="" if name else _FOCUS, focus_password=_FOCUS if name else "",
            provider=provider,
        )  # fmt: skip
    return plain_page.response("Invitation", body, status)


def not_valid(message: str, home: str) -> HTMLResponse:
    """Return the page of a link that does not work (any more)."""
    body = f'<p role="alert">{escape(message)}</p>\n<p><a href="{escape(home)}">Sign in</a></p>\n'
    return plain_page.response("Invitation", body, 404)


def _what(invitation: OpenInvitation) -> str:
    row = invitation.row
    by = f"{row.created_by} invites you" if row.created_by else "You are invited"
    if invitation.project_name is not None:
        return f"{by} to the project {invitation.project_name}, as {row.role}."
    return f"{by} to this Vitrine, as an admin." if row.makes_admin else f"{by} to this Vitrine."
