"""Zoom and pan of an image up to its original pixels: a component, and the scripts that it shares with the desk."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core import Images
from pages.components.shared import boxes as boxes_parts
from pages.components.shared import controls, media

# Joined into one browser module, in the order of their dependencies.
_SCRIPTS = ("tiles.js", "zoom.js")


def show(
    image: Images,
    *,
    key: str,
    prefetch: Sequence[Images] = (),
    layers: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    has_shortcuts: bool = False,
    steps: Sequence[str] = (),
    on_step: Callable[[str], None] = lambda image_id: None,
) -> None:
    """Draw the image with zoom.

    Args:
        prefetch: images that may be shown next.
        layers: what can be drawn over the image: ``boxes`` as in :class:`ImageDatasets`, and those of
            :func:`core.vision.layers.layers_of`.
        has_shortcuts: whether Z zooms it and B hides its layers, wherever the focus is.
        steps: ids that the arrow keys step through. The browser knows where it is: keys that are pressed before this
            image is drawn count too.
        on_step: is called with the id that the keys have come to.
    """

    def stepped() -> None:
        on_step(steps[int(st.session_state[key]["step"]["at"])])

    component = st.components.v2.component(
        "vitrine_zoom", html=_part("figure.html"), css=controls.styled(_css()), js=_js()
    )
    component(
        key=key,
        data={
            "url": media.image_url(image.id, image.sha256, "view"),
            "thumb": media.image_url(image.id, image.sha256),
            "tiles": media.tiles_url(image.id, image.sha256),
            "name": image.image_name,
            "width": image.width or 4,
            "height": image.height or 3,
            "layers": {name: list(boxes) for name, boxes in (layers or {}).items()},
            "has_shortcuts": has_shortcuts,
            "prefetch": [media.image_url(other.id, other.sha256, "view") for other in prefetch],
            "at": steps.index(image.id) if image.id in steps else 0,
            "count": len(steps),
            "presses": ((st.session_state.get(key) or {}).get("step") or {}).get("presses", 0),
        },
        on_step_change=stepped,
    )


@cache
def script() -> str:
    """Return the classes ``Tiles`` and ``Zoom``.

    The element given to ``Zoom`` needs a part that shows the image, a canvas, and an element ``data-part="percent"``.
    """
    return "\n".join(map(_part, _SCRIPTS))


@cache
def style() -> str:
    """Return the style of that element, which has the class ``stage``, and of the buttons in it, ``zoom``."""
    return _part("zoom.css")


@cache
def _js() -> str:
    return "\n".join([boxes_parts.script(), script(), _part("figure.js")])


@cache
def _css() -> str:
    return "\n".join([boxes_parts.css(), style(), _part("figure.css")])


def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
