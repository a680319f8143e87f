"""What an OpenID provider says of a person, read from the claims of its tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.accounts.service import MAX_NAME_CHARS
from core.config import Settings
from core.errors import InvalidInputError


@dataclass(frozen=True)
class Identity:
    """A person of a provider.

    Attributes:
        issuer: The provider.
        subject: Its id of the person, which never changes; names and email addresses do.
        name: What the person calls themselves there; nothing follows from it.
        display_name: The full name.
        email: An address that the provider has verified, otherwise empty.
        groups: None when the provider did not say.
    """

    issuer: str
    subject: str
    name: str
    display_name: str = ""
    email: str = ""
    groups: frozenset[str] | None = None


def read_identity(claims: Mapping[str, Any], settings: Settings) -> Identity:
    """Return whom *claims* are about.

    Raises:
        InvalidInputError: they name nobody.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise InvalidInputError("The provider did not say who signed in. Ask an admin of this server.")
    email = _text(claims, "email")
    is_verified = claims.get("email_verified") in (True, "true")
    name = _text(claims, "preferred_username") or email or _text(claims, "name") or subject
    return Identity(
        str(settings.oidc_issuer), subject, name[:MAX_NAME_CHARS], _text(claims, "name")[:MAX_NAME_CHARS],
        email.lower() if is_verified else "", _groups(claims, settings.oidc_groups_claim),
    )  # fmt: skip


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    printable = "".join(char for char in value if char.isprintable()) if isinstance(value, str) else ""
    return " ".join(printable.split())


def _groups(claims: Mapping[str, Any], path: str) -> frozenset[str] | None:
    """Return the groups; the name of a claim may have dots itself, as an address has."""
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset({value})
    return frozenset(map(str, value)) if isinstance(value, list) else None
