"""Addresses of images and exports, as a browser of this server needs them."""

from functools import cache

import streamlit as st

from core.api import media


def image_url(image_id: str, sha256: str, size: media.ImageSize = "thumb") -> str:
    """Return the address of an image; *size* is thumb, view or original (a download)."""
    return base_path() + media.image_url(image_id, sha256, size)


def export_url(export_id: str) -> str:
    """Return the address a finished export is downloaded from."""
    return base_path() + media.export_url(export_id)


@cache
def base_path() -> str:
    """Return what stands before every path of this server: empty, or ``/name``.

    Kept, since it is asked for each image of a page.
    """
    prefix = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{prefix}" if prefix else ""
