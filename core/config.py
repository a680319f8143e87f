"""Settings, read from ``VITRINE_*`` environment variables, each with the reason for its default."""

import json
import os
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from core import allowed_hosts
from core.errors import ConfigurationError
from core.oidc_settings import OidcSettings
from core.password import check_password
from core.storage_settings import StorageSettings

MEGABYTE = 1_000_000

SignIn = Literal["none", "password", "accounts"]


class Settings(OidcSettings, StorageSettings):
    """Immutable settings; read for each database that is opened, never a module global."""

    model_config = SettingsConfigDict(env_prefix="VITRINE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(
        Path("data"),
        description="Where the database, images, exports and signing keys are stored.",
    )
    database_url: str | None = Field(
        None,
        description="SQLAlchemy database URL. Empty means SQLite in the data directory, which needs no server.",
    )

    max_image_bytes: int = Field(
        100 * MEGABYTE,
        gt=0,
        description="Larger files are refused: the documented limit of the public API.",
    )
    max_image_pixels: int = Field(
        100_000_000,
        gt=0,
        description="Phones reach 100 megapixels; beyond that a file is more likely an attack.",
    )
    thumbnail_side_px: int = Field(
        320, ge=64, le=1024, description="Sharp in a grid of 150 px cells on a high-density screen."
    )
    model_side_px: int = Field(
        1024,
        ge=128,
        le=4096,
        description="Enough for questions about a scene; larger costs more and reads no better.",
    )

    decode_workers: int = Field(
        2, ge=1, le=64, description="Processes that open images; each may use decode_memory_bytes."
    )
    decode_memory_bytes: int = Field(
        1500 * MEGABYTE, description="A 100 megapixel image needs about 900 MB; a decompression bomb needs more."
    )
    decode_timeout_s: float = Field(30.0, gt=0, description="A 100 megapixel image takes about 5 s on a slow machine.")

    vision_workers: int = Field(
        0, ge=0, le=64, description="Processes that analyze images by local models. 0: one for each core."
    )
    vision_memory_bytes: int = Field(
        4000 * MEGABYTE, description="Of each such process; reading text in a photograph reserves 1.6 GB."
    )
    vision_timeout_s: float = Field(
        120.0,
        gt=0,
        description="For a group of images in one such process; a photograph with text takes 1 to 2 s.",
    )

    models_dir: Path | None = Field(
        None,
        description="Where local models are stored that `vitrine models add` brings. Empty: models in the data "
        "directory; several data directories can share one.",
    )

    import_roots: Annotated[list[Path], NoDecode] = Field(
        default_factory=list,
        description="Directories that may be imported from, separated by ':'. Empty: all, or none with a password.",
    )

    max_upload_bytes: int = Field(
        2000 * MEGABYTE,
        gt=0,
        description="One archive or table sent by a browser; larger ones are imported by their path.",
    )
    upload_quota_bytes: int = Field(
        10_000 * MEGABYTE,
        gt=0,
        description="All uploads that wait for their import: a forgotten browser tab must not fill the disk.",
    )

    llm_timeout_s: float = Field(
        120.0, gt=0, description="Total time of one model call; slow local models need more than a minute."
    )
    llm_concurrency: int = Field(
        4, ge=1, le=64, description="Calls in flight per task; small enough for the lowest provider tiers."
    )

    allowed_model_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Model servers inside the own network that may be called once a password is set, separated by "
        "commas: hosts, host:port or networks. Without a password every server may be.",
    )

    allowed_webhook_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Receivers of webhooks inside the own network, separated by commas: hosts, host:port or networks. "
        "Others are sent to public addresses by https only.",
    )

    access_password: SecretStr | None = Field(
        None,
        description="Password of the sign-in page, or its Argon2id hash. Required to listen beyond this machine.",
    )
    sign_in: SignIn | None = Field(
        None,
        validate_default=True,
        description="Who gets in: none (one person on this machine), password (everybody who knows the one password), "
        "accounts (people with roles). Empty: password when one is set, else none.",
    )
    trusted_proxies: Annotated[list[IPv4Network | IPv6Network], NoDecode] = Field(
        default_factory=list,
        description="Reverse proxies, addresses or networks separated by commas, whose X-Forwarded-For, -Proto and "
        "-Host headers count. Empty: none.",
    )

    framed_by: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts whose pages may show Vitrine in a frame, separated by commas, such as localhost for a "
        "notebook; without a sign-in only. Empty: none.",
    )

    bin_days: int = Field(
        30, ge=1, le=3650, description="How long deleted projects, images, entries and style datasets can be restored."
    )
    audit_months: int = Field(
        0, ge=0, le=1200, description="Whole months of the audit that are kept besides the present one. 0 keeps all."
    )

    backup_dir: Path | None = Field(
        None,
        description="Where the server makes backups while it runs, on another disk. Empty: it makes none.",
    )
    backup_every_h: float = Field(24.0, ge=0.1, description="Hours between two backups of the server.")
    backup_keep: int = Field(
        7, ge=1, description="Backups that stay; each has its own copy of the database and shares the images."
    )

    database_prepares: bool = Field(
        True,
        description="Whether PostgreSQL prepares statements. false behind a pooler that loses them.",
    )
    postgres_bin: Path | None = Field(
        None,
        description="Directory of pg_dump and pg_restore, by which PostgreSQL is backed up. Empty: those on PATH.",
    )

    task_engine: Literal["embedded", "dbos"] = Field(
        "embedded",
        description="What runs tasks: embedded, the server itself; dbos, the processes started by vitrine worker, on "
        "PostgreSQL.",
    )

    min_free_bytes: int = Field(
        200 * MEGABYTE,
        ge=0,
        description="With less free space on the disk, uploads, tasks and exports stop: a full disk stops everything.",
    )

    keep_exports_d: float | None = Field(
        None,
        gt=0,
        description="Days after which the files of an export are removed; it can be run again. Empty: never.",
    )
    project_max_images: int | None = Field(
        None, ge=0, description="Quota of a new project, in images. Empty: none; vitrine project quota changes it."
    )
    project_max_image_bytes: int | None = Field(
        None, ge=0, description="Quota of a new project, in bytes of its images. Empty: none."
    )

    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port of the metrics for Prometheus, without a sign-in. Empty: none."
    )
    metrics_address: str = Field("127.0.0.1", description="Address of that port: this machine only.")
    log_json: bool = Field(False, description="Log one JSON object per line, for log collectors.")

    @property
    def images_dir(self) -> Path:
        return self.data_dir / "uploads" / "images"

    @property
    def local_models_dir(self) -> Path:
        return self.models_dir or self.data_dir / "models"

    @property
    def has_sign_in(self) -> bool:
        """Whether people sign in, by the one password or by accounts."""
        return self.sign_in_mode != "none"

    @property
    def has_accounts(self) -> bool:
        return self.sign_in_mode == "accounts"

    @property
    def sign_in_mode(self) -> SignIn:
        return self.sign_in or ("password" if self.access_password is not None else "none")

    @field_validator("access_password")
    @classmethod
    def _check_password(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_password(value.get_secret_value())
        return value

    @field_validator("models_dir", "backup_dir", "postgres_bin", mode="before")
    @classmethod
    def _no_directory(cls, value: object) -> object:
        return None if value == "" else value  # otherwise it would be the directory in which Vitrine was started

    @field_validator("sign_in", mode="before")
    @classmethod
    def _check_sign_in(cls, value: object, info: ValidationInfo) -> object:
        has_password = info.data.get("access_password") is not None
        if value == "password" and not has_password and "access_password" in info.data:
            raise ValueError("it is password, but VITRINE_ACCESS_PASSWORD is not set; set it")
        if value == "none" and has_password:
            raise ValueError("it is none, but VITRINE_ACCESS_PASSWORD is set; remove one of them")
        if value != "accounts" and info.data.get("oidc_issuer"):
            raise ValueError(f"it is {value or 'not set'}, but VITRINE_OIDC_ISSUER is set; set it to accounts")
        return value or None

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        return (
            [_network(part.strip()) for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("framed_by", mode="before")
    @classmethod
    def _split_frame_hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip().lower() for name in value.split(",") if name.strip())

    @field_validator("import_roots", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

    @field_validator("allowed_model_hosts", "allowed_webhook_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        items = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        if isinstance(items, list):
            allowed_hosts.parse(items)
        return items


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(f"{text} is neither an address nor a network such as 10.1.0.0/16") from None


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: a variable has a value that is not valid.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        variable = f"VITRINE_{str(first['loc'][0]).upper()}"
        reason = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{variable} is not usable: {reason}. Correct it or remove it.") from error


@dataclass(frozen=True)
class SettingInfo:
    """A setting with its variable, value, source and the reason for its default."""

    variable: str
    value: str
    source: str
    reason: str


def describe(settings: Settings) -> list[SettingInfo]:
    """Return every setting in the order of the class; of a secret only whether it is set."""
    described = []
    for name, info in Settings.model_fields.items():
        variable = f"VITRINE_{name.upper()}"
        value = getattr(settings, name)
        shown = ("set" if value else "not set") if isinstance(value, SecretStr) or name == "access_password" else value
        if isinstance(shown, list):
            shown = ", ".join(map(str, shown))
        if isinstance(shown, dict):
            shown = json.dumps(shown, ensure_ascii=False) if shown else ""
        if shown is None or shown == "":
            shown = "-"
        source = "environment" if variable in os.environ else "default"
        described.append(SettingInfo(variable, str(shown), source, info.description or ""))
    return described
