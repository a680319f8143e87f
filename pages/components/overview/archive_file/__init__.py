"""The file field for the archive of a project: a component that sends it in chunks, however large it is."""

from functools import cache
from pathlib import Path

import streamlit as st

from core.api import credentials
from pages.components.shared import controls, media

_HERE = Path(__file__).parent
_CHUNKS = _HERE.parents[1] / "upload" / "drop"


def show() -> str | None:
    """Draw the field, and return the id of the upload in the run after it was completed."""
    component = st.components.v2.component("vitrine_archive", html=_html(), css=controls.styled(_css()), js=_script())
    result = component(
        key="project-archive-file",
        data={"uploadsUrl": f"{media.base_path()}/uploads", "token": credentials.page_token()},
        on_uploaded_change=lambda: None,
    )
    return str(result.uploaded) if result.uploaded else None


@cache
def _html() -> str:
    return (_HERE / "archive.html").read_text(encoding="utf-8")


@cache
def _css() -> str:
    return (_CHUNKS / "drop.css").read_text(encoding="utf-8")


@cache
def _script() -> str:
    files = (_CHUNKS / "crc.js", _CHUNKS / "chunks.js", _HERE / "archive.js")
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
