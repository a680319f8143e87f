"""URLs of images and exports, including the base path of this server."""

from functools import cache

import streamlit as st

from core.api import media_urls


def image_url(image_id: str, sha256: str, size: media_urls.ImageSize = "thumb") -> str:
    """Return the URL of an image; *size* is thumb, view or original (a download)."""
    return base_path() + media_urls.image_url(image_id, sha256, size)


def tiles_url(image_id: str, sha256: str) -> str:
    """Return the URL of the tiles of an image, with {level}, {x} and {y}."""
    return base_path() + media_urls.tiles_url(image_id, sha256)


def export_url(export_id: str) -> str:
    """Return the download URL of a finished export."""
    return base_path() + media_urls.export_url(export_id)


def project_archive_url(task_id: str) -> str:
    """Return the download URL of the archive that a task made of a project."""
    return base_path() + media_urls.project_archive_url(task_id)


@cache
def base_path() -> str:
    """Return the base path of this server: empty, or ``/name``. Cached, because every image URL needs it."""
    prefix = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{prefix}" if prefix else ""
