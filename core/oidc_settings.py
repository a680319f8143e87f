"""Settings of the sign-in by an OpenID provider, read from ``VITRINE_OIDC_*``; without an issuer there is none."""

import json
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, TypeAdapter, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode

from core.addresses import is_loopback

RoleName = Literal["viewer", "annotator", "editor", "owner"]
Granted = Literal["admin"] | dict[str, RoleName]
"""What a group gets: the server, or a role in each of some projects, by their name or id."""
_ROLES = TypeAdapter(dict[str, Granted])


class OidcSettings(BaseSettings):
    """The provider, what it is asked for, and who of its people gets in."""

    oidc_issuer: str | None = Field(
        None,
        description="Address of the OpenID provider by which people sign in, as its discovery document states it. "
        "Empty: none; needs VITRINE_SIGN_IN=accounts.",
    )
    oidc_client_id: str | None = Field(
        None, validate_default=True, description="Name under which the provider knows this Vitrine."
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="Secret of that client. Empty for a public client, which PKCE protects."
    )
    oidc_scopes: str = Field(
        "openid profile email",
        description="What the provider is asked for, separated by spaces. Some give a refresh token for offline_access "
        "only.",
    )
    oidc_groups_claim: str = Field(
        "groups",
        description="Claim with the groups of a person; dots lead into objects, as in realm_access.roles.",
    )
    oidc_roles: Annotated[dict[str, Granted], NoDecode] = Field(
        default_factory=dict,
        description="What groups may do, as JSON: each group with admin, or with projects and the role in them. "
        "Whoever is in one of these groups gets an account.",
    )
    oidc_email_domains: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Domains, separated by commas; whoever has a verified email address in one gets an account.",
    )
    oidc_session_minutes: float = Field(
        60.0,
        ge=2,
        le=14 * 24 * 60,
        description="How long a session goes on without the provider, which is asked after half of that time; after it "
        "nobody is signed in whose account the provider has closed.",
    )
    oidc_token_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="How long after their last sign-in the API tokens of people without a password are valid.",
    )

    @property
    def has_oidc(self) -> bool:
        return self.oidc_issuer is not None

    @property
    def oidc_provider(self) -> str:
        """Host name of the provider, by which people know it; empty without one."""
        return urlsplit(self.oidc_issuer or "").hostname or ""

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        is_plain = bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
        if is_plain and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))):
            return value.rstrip("/")
        raise ValueError("it is no https address (http is for a provider on this machine only)")

    @field_validator("oidc_client_id")
    @classmethod
    def _check_client(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not value and info.data.get("oidc_issuer"):
            raise ValueError("it is not set, but VITRINE_OIDC_ISSUER is; set it")
        return value or None

    @field_validator("oidc_scopes")
    @classmethod
    def _check_scopes(cls, value: str) -> str:
        if "openid" not in value.split():
            raise ValueError("openid is not among them; add it")
        return " ".join(value.split())

    @field_validator("oidc_roles", mode="before")
    @classmethod
    def _read_roles(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return _ROLES.validate_python(json.loads(value or "{}"))
        except (ValueError, ValidationError):
            raise ValueError(
                'it is no JSON such as {"lab-admins": "admin", "annotators": {"Shelf": "annotator"}}'
            ) from None

    @field_validator("oidc_email_domains", mode="before")
    @classmethod
    def _split_domains(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        domains = [part.strip().lower().removeprefix("@") for part in value.split(",") if part.strip()]
        if odd := [domain for domain in domains if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", domain)]:
            raise ValueError(f"{odd[0]} is no domain; write them as lab.example,school.example")
        return domains
