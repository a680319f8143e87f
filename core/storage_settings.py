"""The settings of object storages: where the originals are, and how buckets are reached."""

import re
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

_PLACE = r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}(/[^\s?#@]*)?"
_SERVER = re.compile(r"[a-z0-9_]+|(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}")
_ADDRESS = re.compile(f"s3://{_PLACE}")


class StorageSettings(BaseSettings):
    """The fields of :class:`core.config.Settings` about buckets."""

    storage_url: str | None = Field(
        None,
        description="Bucket of the originals, such as s3://bucket/prefix; of one database only. Empty: the data "
        "directory.",
    )
    storage_endpoint: str | None = Field(
        None,
        description="Address of an S3-compatible server such as MinIO, SeaweedFS, R2 or GCS. Empty: AWS_ENDPOINT_URL, "
        "or Amazon.",
    )
    storage_region: str | None = Field(None, description="Empty: AWS_REGION, or us-east-1.")
    storage_access_key_id: SecretStr | None = Field(
        None, description="Key of the buckets. Empty: AWS_ACCESS_KEY_ID, or the role of this machine."
    )
    storage_secret_access_key: SecretStr | None = Field(
        None, description="Its secret. Empty: AWS_SECRET_ACCESS_KEY, or the role of this machine."
    )
    storage_session_token: SecretStr | None = Field(
        None, description="Of credentials that expire. Empty: AWS_SESSION_TOKEN, or none."
    )
    storage_timeout_s: float = Field(
        60.0,
        gt=0,
        le=280,
        description="How long a request to a bucket is repeated before the work that needs it stops.",
    )
    storage_cache_bytes: int = Field(
        10_000 * 1_000_000, ge=0, description="Originals of a bucket that are kept on this disk, the last used ones."
    )

    storage_links_s: int = Field(
        0,
        ge=0,
        le=604_800,
        description="Seconds for which a browser may fetch an original from the bucket itself, by an address that "
        "Vitrine signs after it has checked who asks. 0: Vitrine sends it, as a browser may not reach the bucket.",
    )
    storage_send_urls: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Providers, or own model servers as host:port, that fetch images from the bucket by signed "
        "addresses, separated by commas, such as openai,localhost:8000. Empty: images are sent as base64, as a model "
        "server may not reach the bucket.",
    )
    allowed_buckets: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Buckets, or prefixes in them, that may be imported from and exported to, separated by commas, "
        "such as s3://photos/2026. Empty: all, or none for REST and with a sign-in.",
    )

    @field_validator("allowed_buckets", mode="before")
    @classmethod
    def _split_buckets(cls, value: object) -> object:
        items = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        for item in items if isinstance(items, list) else []:
            if not re.fullmatch(rf"(gs|gcs|az|abfs)://{_PLACE}|s3://{_PLACE}", str(item)):
                raise ValueError(f"{item} is not the address of a bucket; write it as s3://bucket/prefix")
        return items

    @field_validator("storage_send_urls", mode="before")
    @classmethod
    def _split_servers(cls, value: object) -> object:
        items = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        for item in items if isinstance(items, list) else []:
            if not _SERVER.fullmatch(str(item)):
                raise ValueError(f"{item} is no provider and no host:port; write it as openai or localhost:8000")
        return items

    @field_validator("storage_url")
    @classmethod
    def _check_storage(cls, value: str | None) -> str | None:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError(
                "it is not the address of a bucket; write it as s3://bucket/prefix, keys have own settings"
            )
        return value or None
