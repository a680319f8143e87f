"""The form for changes that are the same for every image: redact, crop, resize, a border, grayscale."""

from typing import Any

import streamlit as st

_REDACT = {"text": "Lines of text", "objects": "Objects", "entries": "Boxes of entries"}
HOW = {"blur": "Blurred", "black": "Black"}
_CROPS = {"center": "To the center", "ratio": "To a shape", "regions": "Around objects or boxes"}
_AROUND = {"objects": "Objects", "entries": "Boxes of entries", "text": "Lines of text"}
_RATIOS = ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16")
_SIZES = {"fit": "Fit inside", "fill": "Fill and cut", "exact": "Stretch"}
_COLORS = {"#ffffff": "White", "#000000": "Black", "#7f7f7f": "Gray"}


def show(prefix: str) -> dict[str, Any]:
    """Draw the form and return its part of a ``Preprocessing``; *prefix* is that of the keys of its widgets."""
    made: dict[str, Any] = {}
    if redact := _redact(prefix):
        made["redact"] = redact
    if crop := _crop(prefix):
        made["crop"] = crop
    if resize := _resize(prefix):
        made["resize"] = resize
    ratio = select("Add a border to the shape", {ratio: ratio for ratio in _RATIOS}, f"{prefix}-pad", "No border")
    if ratio:
        color = st.segmented_control(
            "Border", list(_COLORS), format_func=_COLORS.__getitem__, default="#ffffff", required=True,
            key=f"{prefix}-pad-color", persist_state="session",
        )  # fmt: skip
        made["pad"] = {"ratio": ratio, "color": color}
    made["grayscale"] = st.toggle("Grayscale", key=f"{prefix}-grayscale", persist_state="session")
    return made


def unfit(prefix: str) -> str:
    """Draw the switch for entries that a change breaks, and return what happens to them."""
    keeps = st.toggle(
        "Keep broken entries", key=f"{prefix}-keep-broken", persist_state="session",
        help="By default an entry is left out when a change makes its answer wrong: one about colors when images "
        "become gray, one that counts when they are cropped.",
    )  # fmt: skip
    return "keep" if keeps else "leave_out"


def _redact(prefix: str) -> dict[str, Any] | None:
    sources = st.multiselect(
        "Make unrecognizable", list(_REDACT), format_func=_REDACT.__getitem__, key=f"{prefix}-redact",
        persist_state="session", placeholder="Nothing",
        help="Images whose text or objects were not analyzed are left out, because something could stay readable.",
    )  # fmt: skip
    if not sources:
        return None
    labels = ""
    if sources != ["text"]:
        labels = st.text_input(
            "Only these labels", key=f"{prefix}-redact-labels", persist_state="session", placeholder="person, car"
        )
    how = st.segmented_control(
        "How", list(HOW), format_func=HOW.__getitem__, default="blur", required=True, key=f"{prefix}-redact-how",
        persist_state="session",
    )  # fmt: skip
    return {"sources": sources, "labels": words(labels), "how": how}


def _crop(prefix: str) -> dict[str, Any] | None:
    to = select("Crop", _CROPS, f"{prefix}-crop", "No crop")
    if to == "center":
        percent = st.slider(
            "Kept, in % of each side", 10, 100, 80, 5, key=f"{prefix}-crop-share", persist_state="session"
        )
        return {"to": to, "share": percent / 100}
    if to == "ratio":
        ratio = st.selectbox("Width to height", _RATIOS, key=f"{prefix}-crop-ratio", persist_state="session")
        return {"to": to, "ratio": ratio}
    if to == "regions":
        source = st.selectbox(
            "Around",
            list(_AROUND),
            format_func=_AROUND.__getitem__,
            key=f"{prefix}-crop-source",
            persist_state="session",
        )  # fmt: skip
        labels = st.text_input(
            "Only with these labels", key=f"{prefix}-crop-labels", persist_state="session", placeholder="person, car"
        )
        return {"to": to, "source": source, "labels": words(labels)}
    return None


def _resize(prefix: str) -> dict[str, Any] | None:
    how = select("Size", _SIZES, f"{prefix}-size", "As it is")
    made: dict[str, Any] = {}
    if how:
        with st.container(horizontal=True):
            width = st.number_input("Width, px", 8, 8192, 512, key=f"{prefix}-width", persist_state="session")
            height = st.number_input("Height, px", 8, 8192, 512, key=f"{prefix}-height", persist_state="session")
        made = {"how": how, "width": width, "height": height}
    multiple = st.number_input(
        "Sides as a multiple of, px", 1, 256, 1, key=f"{prefix}-multiple", persist_state="session",
        help="Vision models cut images into squares, often of 14, 16 or 28 px.",
    )  # fmt: skip
    return made | {"multiple_of": multiple} if made or multiple > 1 else None


def select(label: str, options: dict[str, str], key: str, nothing: str) -> str | None:
    """Draw a choice of which none is made at first; *nothing* says what that means."""
    chosen: str | None = st.selectbox(
        label, list(options), index=None, format_func=options.__getitem__, key=key, persist_state="session",
        placeholder=nothing,
    )  # fmt: skip
    return chosen


def words(text: str | None) -> list[str]:
    """Return the words of a text that commas separate."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]
