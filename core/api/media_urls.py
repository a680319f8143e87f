"""The URLs of the files of images and exports, without the base path. Pages need them and not the routes."""

from typing import Literal
from urllib.parse import quote

from core.accounts.actor import Actor
from core.api import credentials
from core.images.storage import RENDITION_VERSION

ImageSize = Literal["thumb", "view", "original"]


def image_url(image_id: str, sha256: str, size: ImageSize = "thumb", *, signed_for: Actor | None = None) -> str:
    """Return the URL of an image; equal bytes have equal URLs, so browsers cache them.

    Args:
        image_id: The image.
        sha256: Hash of its bytes.
        size: "thumb", "view" or "original".
        signed_for: With a password the URL can be read without credentials while those of this actor are valid; a
            page needs no signature, because its browser sends the session.
    """
    path = f"/img/{image_id}/{size}"
    signature = credentials.signature(path, signed_for) if signed_for is not None else ""
    return f"{path}?{_version(sha256)}" + (f"&s={quote(signature)}" if signature else "")


def tiles_url(image_id: str, sha256: str) -> str:
    """Return the URL of the tiles of an image; {level}, {x} and {y} stand for their places."""
    return f"/img/{image_id}/tile/{{level}}/{{x}}/{{y}}?{_version(sha256)}"


def _version(sha256: str) -> str:
    return f"v={sha256[:12]}-{RENDITION_VERSION}"


def export_url(export_id: str) -> str:
    """Return the URL of a finished export."""
    return f"/exports/{export_id}"


def project_archive_url(task_id: str) -> str:
    """Return the URL of the archive that a task made of a project."""
    return f"/exports/projects/{task_id}"
