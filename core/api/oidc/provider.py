"""The OpenID provider, by Authlib's client for Starlette: where to send a person, and whom the answer is about.

Authlib makes state, nonce and PKCE, and checks signature, issuer, audience, nonce and times of an ID token. Here are
the rest: that the discovery document is that of the configured issuer, that a token is signed by a public key, and that
the user info is about the same person.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import RedirectResponse

from core.accounts.oidc_discovery import check_issuer, discovery_url
from core.accounts.oidc_identity import Identity, read_identity
from core.config import Settings
from core.errors import ForbiddenError, SignInProviderError, VitrineError

TIMEOUT_S = 10.0
DISCOVERY_LIFE_S = 3600.0
_LEEWAY_S = 60
_AUTH_METHODS = "token_endpoint_auth_methods_supported"
_BY_PUBLIC_KEY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")


@dataclass(frozen=True)
class Answer:
    """Whom a provider has signed in, and by what it can be asked again; empty where it gave no refresh token."""

    identity: Identity
    refresh_token: str


class OidcProvider:
    """The configured provider. Its discovery document is kept for an hour, for all threads and event loops.

    Args:
        settings: With an issuer.
        transport: Instead of the network, for tests.
    """

    def __init__(self, settings: Settings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._transport = transport
        self._metadata: dict[str, Any] = {}

    async def sign_in_redirect(self, request: Request, callback: str, **parameters: str) -> RedirectResponse:
        """Return the redirect to the provider, and leave state, nonce and code verifier in the session of *request*.

        Raises:
            SignInProviderError: the provider cannot be reached.
            ConfigurationError: its discovery document is that of another issuer.
        """
        with self._problems():
            app = await self._app()
            redirect: RedirectResponse = await app.authorize_redirect(request, callback, **parameters)
        return redirect

    async def answer(self, request: Request) -> Answer:
        """Return whom the provider has signed in, by the code in its redirect back to us.

        Raises:
            ForbiddenError: the answer is not one to what this browser asked for, or is not valid.
            SignInProviderError: the provider cannot be reached.
        """
        with self._problems():
            issuer = str(self._settings.oidc_issuer)
            if request.query_params.get("iss", issuer).rstrip("/") != issuer:  # RFC 9207
                raise OAuthError("wrong_issuer")
            app = await self._app()
            token = await app.authorize_access_token(request, claims_options=self._claims(), leeway=_LEEWAY_S)
            if "userinfo" not in token:
                raise OAuthError("no_id_token")
            return await self._answer(app, token, token["userinfo"])

    async def renew(self, refresh_token: str, subject: str) -> Answer:
        """Return what the provider says now of a person who has signed in before.

        Raises:
            ForbiddenError: it no longer vouches for the person, or its answer is not valid.
            SignInProviderError: the provider cannot be reached.
        """
        with self._problems():
            app = await self._app()
            token = await app.fetch_access_token(grant_type="refresh_token", refresh_token=refresh_token)
            if "access_token" not in token:
                raise ValueError("an answer that is neither a token nor an error")
            claims: Mapping[str, Any] = {"sub": subject}
            if "id_token" in token:
                claims = await app.parse_id_token(token, nonce=None, claims_options=self._claims(), leeway=_LEEWAY_S)
                if claims["sub"] != subject:
                    raise OAuthError("another_person")
            answer = await self._answer(app, token, claims)
        return Answer(answer.identity, answer.refresh_token or refresh_token)

    async def _app(self) -> StarletteOAuth2App:
        if self._metadata.get("_loaded_at", 0.0) < time.time() - DISCOVERY_LIFE_S:
            app = self._new_app()
            metadata = dict(await app.load_server_metadata())
            check_issuer(metadata, self._settings)
            stated = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
            metadata["id_token_signing_alg_values_supported"] = [one for one in stated if one in _BY_PUBLIC_KEY]
            self._metadata = metadata
        app = self._new_app()
        app.server_metadata = self._metadata
        return app

    def _new_app(self) -> StarletteOAuth2App:
        secret = self._settings.oidc_client_secret
        client = {"scope": self._settings.oidc_scopes, "code_challenge_method": "S256", "timeout": TIMEOUT_S}
        if secret is None:
            client["token_endpoint_auth_method"] = "none"  # noqa: S105 - a public client
        elif "client_secret_basic" not in self._metadata.get(_AUTH_METHODS, ["client_secret_basic"]):
            client["token_endpoint_auth_method"] = "client_secret_post"  # noqa: S105 - a way, no secret
        if self._transport is not None:
            client["transport"] = self._transport
        return OAuth().register(
            "vitrine", client_id=self._settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret is not None else None,
            server_metadata_url=discovery_url(self._settings), client_kwargs=client,
        )  # fmt: skip

    def _claims(self) -> dict[str, Any]:
        issuer = {"essential": True, "values": [self._metadata["issuer"]]}
        return {"iss": issuer, "aud": {"essential": True, "values": [self._settings.oidc_client_id]}}

    async def _answer(self, app: StarletteOAuth2App, token: Mapping[str, Any], claims: Mapping[str, Any]) -> Answer:
        """Return what the ID token and the user info say together."""
        said = dict(claims)
        if self._metadata.get("userinfo_endpoint"):
            info = await app.userinfo(token=dict(token))
            if info.get("sub") != claims["sub"]:
                raise OAuthError("another_person")
            said = {**info, **claims}
        return Answer(read_identity(said, self._settings), str(token.get("refresh_token") or ""))

    @contextmanager
    def _problems(self) -> Iterator[None]:
        name = self._settings.oidc_provider
        try:
            yield
        except (OAuthError, JoseError) as error:
            raise ForbiddenError(
                f"The sign-in at {name} was not accepted. Start again from the sign-in page."
            ) from error
        except VitrineError:
            raise
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RuntimeError) as error:
            raise SignInProviderError(
                f"{name} cannot be reached at this moment. Try again later, or sign in with a password."
            ) from error
