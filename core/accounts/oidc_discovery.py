"""The discovery document of the OpenID provider: where it is, and whether it belongs to the configured issuer."""

from collections.abc import Mapping
from typing import Any

from core.config import Settings
from core.errors import ConfigurationError, SignInProviderError

CALLBACK_PATH = "/access/oidc/callback"
"""Where the provider sends people back to, below the address of this server."""
_TIMEOUT_S = 5.0


def discovery_url(settings: Settings) -> str:
    """Return the address of the discovery document."""
    return f"{settings.oidc_issuer}/.well-known/openid-configuration"


def check_issuer(metadata: Mapping[str, Any], settings: Settings) -> None:
    """Check that a discovery document is that of the configured issuer (OpenID Connect Discovery, section 4.3).

    Raises:
        ConfigurationError: it is not.
    """
    stated = metadata.get("issuer")
    if not isinstance(stated, str) or stated.rstrip("/") != settings.oidc_issuer:
        raise ConfigurationError(
            f"{discovery_url(settings)} is the document of another issuer, {stated!r}. Correct VITRINE_OIDC_ISSUER."
        )


def fetch_discovery(settings: Settings) -> Mapping[str, Any]:
    """Fetch and check the discovery document, waiting at most 5 seconds.

    Raises:
        SignInProviderError: it cannot be fetched.
        ConfigurationError: it is that of another issuer.
    """
    import httpx2

    try:
        reply = httpx2.get(discovery_url(settings), timeout=_TIMEOUT_S)
        reply.raise_for_status()
        metadata = reply.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise SignInProviderError(
            f"{discovery_url(settings)} cannot be read ({error}). Correct VITRINE_OIDC_ISSUER or wait for it."
        ) from error
    check_issuer(metadata if isinstance(metadata, dict) else {}, settings)
    return dict(metadata)
