"""The drop zone: a component that uploads files to the REST API, which streams them to disk."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.api import credentials
from pages.components.shared import media, page


@dataclass(frozen=True)
class Dropped:
    """The outcomes of one drop: the count of each, and a row for each file whose outcome is not "added"."""

    counts: dict[str, int]
    rows: list[dict[str, str]]
    seconds: float


def show(project_id: str, hint: str) -> Dropped | None:
    """Draw the drop zone and return the outcomes of the latest drop in the project, None before the first."""
    key = page.component_key(f"drop-{project_id}")
    component = st.components.v2.component(
        "vitrine_drop", html=_part("drop.html"), css=_part("drop.css"), js=_part("drop.js")
    )
    result = component(
        key=key,
        data={
            "url": f"{media.base_path()}/api/projects/{project_id}/images",
            "token": credentials.page_token(),
            "hint": hint,
            "finished": "finished" in st.session_state.get(key, {}),
        },
        on_finished_change=lambda: None,
        on_done_change=lambda: None,
    )
    return _read(result.finished)


def _read(finished: Any) -> Dropped | None:
    return Dropped(finished["counts"], finished["rows"], finished["seconds"]) if finished else None


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
