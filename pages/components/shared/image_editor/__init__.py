"""Drawing on an image: the parts that are redacted, and the part that is kept, as boxes; a component."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from core import Images
from pages.components.shared import boxes, controls, media, page, zoom

Mode = Literal["redact", "crop"]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in px of the upright original."""


def show(image: Images, mode: Mode, offered: Sequence[Mapping[str, Any]], *, key: str) -> dict[str, list[Box]]:
    """Draw the image and return the boxes that are drawn on it, by mode; of ``crop`` at most one.

    Args:
        mode: what the next box is for.
        offered: objects and lines that were found, each with ``label``, ``xyxy`` and perhaps ``score``; a click
            makes one of them a box.
    """
    component = st.components.v2.component(
        "vitrine_image_editor", html=_part("editor.html"), css=controls.styled(_css()), js=_js()
    )
    result = component(
        key=page.component_key(key),
        data={
            "id": image.id,
            "url": media.image_url(image.id, image.sha256, "view"),
            "tiles": media.tiles_url(image.id, image.sha256),
            "name": image.image_name,
            "width": image.width or 4,
            "height": image.height or 3,
            "mode": mode,
            "offered": list(offered),
        },
        on_boxes_change=lambda: None,
    )
    drawn = result.boxes or {}
    if drawn.get("id") != image.id:
        return {}
    return {name: [_box(one) for one in found] for name, found in drawn["boxes"].items()}


def _box(corners: Sequence[float]) -> Box:
    left, top, right, bottom = (float(side) for side in corners)
    return left, top, right, bottom


@cache
def _js() -> str:
    return "\n".join([boxes.script(), zoom.script(), boxes.editor_script(), _part("editor.js")])


@cache
def _css() -> str:
    return "\n".join([boxes.css(), zoom.style(), boxes.editor_css(), _part("editor.css")])


def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
