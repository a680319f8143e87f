"""The drop zone: a component that sends images to the library, and archives and annotations in chunks to the disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.api import credentials
from core.importing.upload import Upload
from pages.components.shared import controls, media, page

_DISMISSED = "drop-dismissed"
_SCRIPTS = ("crc.js", "pack.js", "chunks.js", "drop.js")


@dataclass(frozen=True)
class Dropped:
    """The outcomes of one drop: the count of each, and a row for each file whose outcome is not "added"."""

    counts: dict[str, int]
    rows: list[dict[str, str]]
    seconds: float
    at_ms: int
    """Milliseconds since 1970, by the clock of the browser."""


def show(
    project_id: str, hint: str, unfinished: Sequence[Upload], *, compact: bool, on_drop: Callable[[], None]
) -> Dropped | None:
    """Draw the drop zone and return the outcomes of the latest drop in the project, None before the first.

    Args:
        project_id: The project that gets the images.
        hint: What is accepted.
        unfinished: Uploads that were begun and can be continued.
        compact: Draw it as one line, for a project that has images.
        on_drop: Called when the images of a drop are in the library, or an upload is complete.
    """
    key = page.component_key(f"drop-{project_id}")
    scripts = "\n".join([controls.press_script(), *map(_part, _SCRIPTS)])
    component = st.components.v2.component(
        "vitrine_drop", html=_part("drop.html"), css=controls.styled(_part("drop.css")), js=scripts
    )
    result = component(
        key=key,
        data={
            "url": f"{media.base_path()}/api/projects/{project_id}/images",
            "uploadsUrl": f"{media.base_path()}/uploads",
            "projectId": project_id,
            "token": credentials.page_token(),
            "hint": hint,
            "compact": compact,
            "maxBytes": page.services().db.settings.max_upload_bytes,
            "unfinished": [
                {"id": one.id, "name": one.name, "size": one.size_bytes, "received": one.received_bytes}
                for one in unfinished
            ],
            "finished": "finished" in st.session_state.get(key, {}),
            "dismissed": st.session_state.get(_DISMISSED, 0),
        },
        on_finished_change=lambda: None,
        on_done_change=on_drop,
        on_uploaded_change=on_drop,
    )
    dropped = _read(result.finished)
    return dropped if dropped is not None and dropped.at_ms > st.session_state.get(_DISMISSED, -1) else None


def dismiss(project_id: str) -> None:
    """Take the outcomes of the latest drop off the page."""
    finished = st.session_state.get(page.component_key(f"drop-{project_id}"), {}).get("finished")
    if dropped := _read(finished):
        st.session_state[_DISMISSED] = dropped.at_ms


def _read(finished: Any) -> Dropped | None:
    if not finished:
        return None
    return Dropped(finished["counts"], finished["rows"], finished["seconds"], int(finished.get("at") or 0))


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
