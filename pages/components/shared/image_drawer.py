"""The image drawer: a large view with zoom, and the metadata, questions, entries and history of the image."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import Images
from core.vision.layers import layers_of
from pages.components.shared import page, zoom

_SHOWN = "drawer-image"
MAX_BOXES = 500


def show(image_id: str, neighbors: Sequence[str]) -> None:
    """Open the drawer on an image; *neighbors* are the ids that Previous and Next step through."""
    st.session_state[_SHOWN] = image_id
    _drawer(list(neighbors))


@st.dialog("Image", width="medium", position="right")
def _drawer(neighbors: list[str]) -> None:
    with page.show_errors():
        id_ = st.session_state[_SHOWN]
        image = page.services().images.get_image(id_)
        if image is None:
            st.text("This image no longer exists.")
            return
        _step_buttons(id_, neighbors)
        _large(image, neighbors)
        st.text(image.image_name)
        facts, questions, history = st.tabs(["About", "Questions and entries", "History"], key="drawer-tabs")
        with facts:
            _facts(image)
        with questions:
            _questions(image)
        with history:
            _history(image)


def _step_buttons(id_: str, neighbors: list[str]) -> None:
    at = neighbors.index(id_) if id_ in neighbors else 0
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, icon, step, key in (
            ("Previous", "arrow_back", -1, "Left"),
            ("Next", "arrow_forward", 1, "Right"),
        ):
            target = at + step
            inside = 0 <= target < len(neighbors)
            st.button(
                label, icon=f":material/{icon}:", key=f"drawer-{label.lower()}", disabled=not inside, shortcut=key,
                on_click=_open, args=(neighbors[target] if inside else id_,),
            )  # fmt: skip
        if len(neighbors) > 1:
            st.caption(f"{at + 1} of {len(neighbors)} on this page")


def _open(id_: str) -> None:
    st.session_state[_SHOWN] = id_


def _large(image: Images, neighbors: list[str]) -> None:
    at = neighbors.index(image.id) if image.id in neighbors else -1
    around = page.services().library.get_images([n for n in neighbors[max(at - 1, 0) : at + 2] if n != image.id])
    layers = layers_of(page.services().analysis.get_analysis(image.id))
    zoom.show(image, key="drawer-large", prefetch=around, layers={"boxes": _boxes(image), **layers}, has_shortcuts=True)


def _boxes(image: Images) -> list[dict[str, Any]]:
    """Return the boxes that the entries of the image have on it, each once."""
    found = {}
    for entry in page.services().library.entries_of(image.id):
        for box in entry.boxes or ():
            if entry.image_ids[box["image"]] == image.id:
                found[box["label"], tuple(box["xyxy"])] = box
    return list(found.values())[:MAX_BOXES]


def _facts(image: Images) -> None:
    rows = [
        ("Size", f"{image.width:,} x {image.height:,} px, {image.size / 1000:,.0f} KB {image.format}"),
        ("Colors", image.colors.replace(",", ", ")),
        ("Brightness", f"{image.brightness:.0f} of 100, contrast {image.contrast:.0f} of 50"),
        ("Sharpness", f"{image.sharpness:,.0f} (higher is sharper)"),
        ("Tags", image.tags.replace(",", ", ") or "none"),
        ("Source", " ".join(part for part in (image.source, image.source_ref) if part)),
        ("Added", f"{image.create_at:%Y-%m-%d %H:%M} UTC"),
        ("SHA-256", f"{image.sha256[:16]}…"),
    ]
    if image.near_duplicate_of:
        first = page.services().images.get_image(image.near_duplicate_of)
        rows.insert(0, ("Similar to", first.image_name if first else "a deleted image"))
    if image.variant_of:
        original = page.services().images.get_image(image.variant_of)
        steps = ", ".join(dict.fromkeys(step["operation"] for step in image.variant_steps or ()))
        rows.insert(0, ("Variant of", f"{original.image_name if original else 'a deleted image'}: {steps}"))
    for label, value in rows:
        left, right = st.columns([1, 3])
        left.caption(label)
        right.text(value)


def _questions(image: Images) -> None:
    library = page.services().library
    questions, entries = library.questions_of(image.id), library.entries_of(image.id)
    if not questions and not entries:
        st.caption("This image has no questions yet.")
        page.link("generate", "Ask about this image", icon="auto_awesome")
    for entry in entries:
        with st.container(border=True, key=f"drawer-entry-{entry.id}"):
            st.text(entry.question)
            st.text(entry.answer)
            st.caption(entry.decision)
    answered = {entry.question_id for entry in entries}
    for question in questions:
        if question.id not in answered:
            with st.container(border=True, key=f"drawer-question-{question.id}"):
                st.text(question.question)
                st.caption("No answer yet")


def _history(image: Images) -> None:
    st.caption(f"{image.create_at:%Y-%m-%d %H:%M} UTC: added, source: {page.escape(image.source)}")
    for event in reversed(page.services().library.history(image.id)):
        changes = ", ".join(f"{name} {value}" for name, value in event.new.items())
        st.caption(page.escape(f"{event.at:%Y-%m-%d %H:%M} UTC: {event.action} by {event.actor} {changes}"))
