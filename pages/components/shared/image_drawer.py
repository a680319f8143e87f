"""The image drawer: a large view with zoom, the tags, what was found, questions, entries and history of the image."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import ImageDatasets, Images
from core.accounts.permissions import Act
from core.dataset import EntryFilter
from core.vision.layers import layers_of
from pages.components.shared import (
    answer_form,
    entry_messages,
    found_in_image,
    image_edit,
    moment,
    numbers,
    page,
    people,
    similar,
    sizes,
    tags,
    zoom,
)

_SHOWN = "drawer-image"
_ENTRY = "drawer-entry"
_EDITED = "drawer-edited"
"""The id of the image that is being edited."""
MAX_BOXES = 500


def show(image_id: str, neighbors: Sequence[str], entry_id: str | None = None) -> None:
    """Open the drawer on an image, with *entry_id* on one of its entries.

    Args:
        neighbors: the ids of the images that Previous and Next step through.
    """
    st.session_state[_SHOWN] = image_id
    st.session_state[_ENTRY] = entry_id
    st.session_state.pop(_EDITED, None)
    _drawer(list(neighbors))


@st.dialog("Image", width="medium", position="right")
def _drawer(neighbors: list[str]) -> None:
    with page.show_errors():
        id_ = st.session_state[_SHOWN]
        image = page.services().images.get_image(id_)
        if image is None:
            st.text("This image no longer exists.")
            return
        if st.session_state.get(_EDITED) == id_:
            image_edit.show(image, _close_editor)
            return
        _step_buttons(id_, neighbors)
        _large(image, neighbors)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(image.image_name, width="stretch")
            st.button(
                "Edit image", icon=":material/crop:", key="drawer-edit", on_click=_edit, args=(id_,),
                **page.only(Act.MANAGE_IMAGES, image.project_id),
            )  # fmt: skip
        may_change = page.may(Act.MANAGE_IMAGES, image.project_id)
        if may_change:
            image_edit.undo(image, _show_again)
        results = page.services().analysis.get_analysis(id_)
        scores = {item["tag"]: item["score"] for item in results.get("tags", {}).get("tags", ())}
        if may_change:
            tags.show(image, page.services().tag_review.tags(id_), scores, key="drawer-tags")
        elif image.tags:
            st.caption(page.escape(f"Tags: {image.tags}"))
        entry_id = st.session_state.get(_ENTRY)
        facts, found, questions, history = st.tabs(
            ["About", "Found", "Questions and entries", "History"], key=f"drawer-tabs-{entry_id or ''}",
            default="Questions and entries" if entry_id else None,
        )  # fmt: skip
        with facts:
            _facts(image)
        with found:
            found_in_image.show(id_, results)
        with questions:
            _questions(image, entry_id)
        with history:
            _history(image)


def _step_buttons(id_: str, neighbors: list[str]) -> None:
    at = neighbors.index(id_) if id_ in neighbors else 0
    with st.container(horizontal=True, vertical_alignment="center"):
        # Their keys are those of the large view: a button that is not drawn yet loses a key.
        for label, icon, step, key in (("Previous", "arrow_back", -1, "←"), ("Next", "arrow_forward", 1, "→")):
            inside = 0 <= at + step < len(neighbors)
            st.button(
                label, help=f"Key: {key}", icon=f":material/{icon}:", key=f"drawer-{label.lower()}",
                disabled=not inside, on_click=_step, args=(step, neighbors),
            )  # fmt: skip
        if st.button("More like this", icon=":material/filter_none:", key="drawer-similar", shortcut="M"):
            similar.go(id_)
        if len(neighbors) > 1:
            st.caption(f"{at + 1} of {len(neighbors)} on this page")


def _step(by: int, neighbors: list[str]) -> None:
    """Show the next image of the one that is shown by now: of two fast clicks the second was drawn for the first."""
    shown = st.session_state[_SHOWN]
    target = (neighbors.index(shown) if shown in neighbors else 0) + by
    if 0 <= target < len(neighbors):
        _open(neighbors[target])


def _open(id_: str) -> None:
    st.session_state[_SHOWN] = id_


def _edit(id_: str) -> None:
    st.session_state[_EDITED] = id_


def _close_editor(version_id: str | None) -> None:
    """Show the image again, or the version that was saved."""
    st.session_state.pop(_EDITED, None)
    _show_again(version_id or st.session_state[_SHOWN])


def _show_again(id_: str) -> None:
    st.session_state[_SHOWN] = id_
    st.rerun(scope="fragment")


def _large(image: Images, neighbors: list[str]) -> None:
    at = neighbors.index(image.id) if image.id in neighbors else -1
    around = page.services().library.get_images([n for n in neighbors[max(at - 1, 0) : at + 2] if n != image.id])
    layers = layers_of(page.services().analysis.get_analysis(image.id))
    zoom.show(
        image, key="drawer-large", prefetch=around, layers={"boxes": _boxes(image), **layers}, has_shortcuts=True,
        steps=neighbors, on_step=_open,
    )  # fmt: skip


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
        (
            "Size",
            f"{sizes.pixels(image.width, image.height)}, {sizes.readable(image.size)} {image.format}",
        ),
        ("Colors", image.colors.replace(",", ", ")),
        *_measured(image),
        ("Source", " ".join(part for part in (image.source, image.source_ref) if part)),
        ("Added", moment.text(image.create_at)),
        ("SHA-256", f"{image.sha256[:16]}…"),
    ]
    if image.near_duplicate_of:
        first = page.services().images.get_image(image.near_duplicate_of)
        rows.insert(0, ("Similar to", first.image_name if first else "a deleted image"))
    if image.variant_of:
        _origin(image, image.variant_of)
    if image.pinned_split:
        rows.append(("Split", f"{image.pinned_split}, put there by hand"))
    for label, value in rows:
        left, right = st.columns([1, 3])
        left.caption(label)
        right.text(value)


def _measured(image: Images) -> list[tuple[str, str]]:
    """Return what was measured in the pixels; rows that were written to the database directly may have nothing."""
    if image.brightness is None or image.contrast is None or image.sharpness is None:
        return []
    return [
        ("Brightness", f"{numbers.text(image.brightness)} of 100, contrast {numbers.text(image.contrast)} of 50"),
        ("Sharpness", f"{numbers.text(image.sharpness)} (higher is sharper)"),
    ]


def _origin(image: Images, original_id: str) -> None:
    """Draw what the image was made of and how, with a button that opens it while it is in the library."""
    services = page.services()
    steps = ", ".join(dict.fromkeys(step["operation"] for step in image.variant_steps or ()))
    how = f"by {steps}" if steps else ""
    original, replaced = services.images.get_image(original_id), services.versions.original_of(image.id)
    left, right = st.columns([1, 3])
    left.caption("New version of" if replaced else "Variant of")
    if original is None:
        right.text(" ".join(filter(None, (replaced.image_name if replaced else "an image that was deleted", how))))
        return
    with right.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            page.escape(original.image_name), key="drawer-original", type="tertiary", help="Opens the original.",
            on_click=_open, args=(original_id,),
        )  # fmt: skip
        if how:
            st.text(how)


def _questions(image: Images, first_id: str | None) -> None:
    """Draw the entries and the open questions of an image, the entry *first_id* before the others."""
    library = page.services().library
    questions, entries = library.questions_of(image.id), library.entries_of(image.id)
    if not questions and not entries:
        st.caption("This image has no questions yet.")
        if page.may(Act.GENERATE_PAID, image.project_id):
            page.link("generate", "Ask about this image", icon="auto_awesome")
    for entry in sorted(entries, key=lambda entry: entry.id != first_id):
        with st.container(border=True, key=f"drawer-entry-{entry.id}"):
            _entry(entry)
    answered = {entry.question_id for entry in entries}
    for question in questions:
        if question.id not in answered:
            with st.container(border=True, key=f"drawer-question-{question.id}"):
                st.text(question.question)
                st.caption("No answer yet")


def _entry(entry: ImageDatasets) -> None:
    st.text(entry.question)
    st.text(answer_form.readable_answer(entry.answer) if entry.answer_type == "label" else entry.answer)
    decision = f"{entry.decision}: {entry.reject_reason}" if entry.rejected and entry.reject_reason else entry.decision
    facts = [decision, entry.kind, entry.model or entry.origin or "a person", entry.tags.replace(",", ", ")]
    st.caption(page.escape(" · ".join(filter(None, facts))))
    at_desk = page.only(Act.REVIEW, entry.project_id)
    if st.button("Open at the desk", icon=":material/checklist:", key=f"drawer-desk-{entry.id}", **at_desk):
        page.go("curate", q=str(EntryFilter().with_term("id", entry.id)))
    entry_messages.show(entry)


def _history(image: Images) -> None:
    st.caption(f"{moment.text(image.create_at)}: added, source: {page.escape(image.source)}")
    for event in reversed(page.services().library.history(image.id)):
        changes = ", ".join(f"{name} {value}" for name, value in event.new.items())
        st.caption(page.escape(f"{moment.text(event.at)}: {event.action} {people.by(event.actor)} {changes}"))
