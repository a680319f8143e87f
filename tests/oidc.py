"""An OpenID provider without a network, which can be told to lie, for tests of the sign-in by one."""

import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

ISSUER = "https://sso.example.org"
CLIENT = "vitrine"
SECRET = "the secret of the client"
SETTINGS = {
    "VITRINE_SIGN_IN": "accounts", "VITRINE_OIDC_ISSUER": ISSUER, "VITRINE_OIDC_CLIENT_ID": CLIENT,
    "VITRINE_OIDC_CLIENT_SECRET": SECRET,
    "VITRINE_OIDC_ROLES": '{"admins": "admin", "annotators": {"Shelf": "annotator"}, "leads": {"Shelf": "owner"}, '
    '"guests": {}}',
}  # fmt: skip


@dataclass
class FakeProvider:
    """What it says of the person who signs in next, and how its next answers differ from right ones."""

    person: dict[str, Any] = field(default_factory=dict)
    id_token: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    is_down: bool = False
    is_disabled: bool = False
    is_unsigned: bool = False
    refusal: dict[str, str] = field(default_factory=lambda: {"error": "invalid_grant"})
    gives_refresh_token: bool = True
    accepts_codes_twice: bool = False
    signs_renewals: bool = False
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1"}))
    signing_key: ECKey | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    def authorize(self, url: str, **changes: str) -> str:
        """Let the person sign in at the address that a browser was sent to, and return where it is sent next."""
        assert url.startswith(f"{ISSUER}/authorize?")
        query = dict(parse_qsl(urlsplit(url).query))
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.asked)}"
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']} | changes)}"

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.fetched.append(path)
        if self.is_down:
            raise httpx2.ConnectError("refused")
        if path == "/.well-known/openid-configuration":
            return httpx2.Response(200, json=self._document() | self.document)
        if path == "/keys":
            return httpx2.Response(200, json={"keys": [self.key.as_dict(private=False)]})
        if path == "/userinfo":
            return httpx2.Response(200, json=self.userinfo or self.person)
        assert path == "/token"
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        if "client_secret_post" in self.document.get("token_endpoint_auth_methods_supported", ()):
            assert form["client_secret"] == SECRET
        else:
            assert request.headers["Authorization"].startswith("Basic ")
        return self._token(form)

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys", "userinfo_endpoint": f"{ISSUER}/userinfo",
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        }  # fmt: skip

    def _token(self, form: dict[str, str]) -> httpx2.Response:
        if self.is_disabled:
            return httpx2.Response(400, json=self.refusal)
        token: dict[str, Any] = {"access_token": "access", "token_type": "Bearer", "expires_in": 300}
        if form["grant_type"] == "authorization_code":
            query = self.asked.get(form["code"]) if self.accepts_codes_twice else self.asked.pop(form["code"], None)
            challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
            if query is None or query["code_challenge"] != challenge or query["redirect_uri"] != form["redirect_uri"]:
                return httpx2.Response(400, json={"error": "invalid_grant"})
            token["id_token"] = self._signed(query["nonce"])
        elif self.signs_renewals:
            token["id_token"] = self._signed("")
        if self.gives_refresh_token:
            token["refresh_token"] = f"refresh-{len(self.fetched)}"
        return httpx2.Response(200, json=token)

    def _signed(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= {"sub": self.person["sub"]} | self.id_token
        if self.is_unsigned:
            parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
            return ".".join([*(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])
        return jwt.encode({"alg": "ES256", "kid": "1"}, claims, self.signing_key or self.key)
