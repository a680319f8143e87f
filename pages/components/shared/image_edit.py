"""Editing an image: redact, crop, resize and more, with a preview, saved as a new version of it."""

import base64
from collections.abc import Callable
from typing import Any

import streamlit as st
from pydantic import ValidationError

from core import Images
from core.errors import VitrineError
from core.transform import Preprocessing
from core.vision.layers import layers_of
from pages.components.shared import change_form, figure, image_editor, page, reviewer_name, sizes
from pages.components.shared.numbers import pluralize

_MODES = {"redact": "Redact", "crop": "Crop"}


def show(image: Images, after: Callable[[str | None], None]) -> None:
    """Draw the editor; *after* is called with the id of the saved version, or with None when nothing was saved."""
    mode = st.segmented_control(
        "Draw to", list(_MODES), format_func=_MODES.__getitem__, default="redact", required=True, key="edit-mode"
    )
    layers = layers_of(page.services().analysis.get_analysis(image.id))
    offered = [part for name in ("objects", "text") for part in layers.get(name, ())]
    drawn = image_editor.show(image, "crop" if mode == "crop" else "redact", offered, key=f"edit-{image.id}")
    with st.expander("More changes", key="edit-more"):
        st.caption("Images are always upright. A drawn crop takes the place of one that is chosen here.")
        made = change_form.show("edit") | {"unfit": change_form.unfit("edit")}
    recipe = _recipe(image, made, drawn)
    if recipe is not None and recipe.changes_images:
        _preview(image, recipe)
    _buttons(image, recipe, after)


def _recipe(image: Images, made: dict[str, Any], drawn: dict[str, list[image_editor.Box]]) -> Preprocessing | None:
    if drawn.get("redact"):
        made["redact"] = made.get("redact", {"how": _how()}) | {"drawn": {image.id: drawn["redact"]}}
    if drawn.get("crop") and image.width and image.height:
        left, top, right, bottom = drawn["crop"][0]
        shares = left / image.width, top / image.height, right / image.width, bottom / image.height
        made["crop"] = {"to": "box", "box": shares}
    try:
        return Preprocessing.model_validate(made)
    except ValidationError as error:
        st.error(page.escape(f"This cannot be made: {error.errors()[0]['msg']}."), icon=":material/error:")
        return None


def _how() -> str:
    return str(
        st.segmented_control(
            "Redacted parts", list(change_form.HOW), format_func=change_form.HOW.__getitem__, default="blur",
            required=True, key="edit-how",
        )
    )  # fmt: skip


def _preview(image: Images, recipe: Preprocessing) -> None:
    if not st.toggle("Preview", key="edit-preview"):
        return
    try:
        found = page.services().versions.preview(image.id, recipe)
    except VitrineError as error:
        st.warning(page.escape(str(error)), icon=":material/warning:")
        return
    figure.show(
        f"data:image/jpeg;base64,{base64.b64encode(found.data).decode()}", f"Preview of {image.image_name}",
        height_px=320, key="edit-preview-image", fit="contain",
    )  # fmt: skip
    width, height = found.size_wh
    st.caption(f"{sizes.pixels(width, height)}, {pluralize(found.entries, 'entry')} come along with their boxes.")
    _left_out(found.left_out)


def _left_out(left_out: dict[str, int]) -> None:
    for reason, count in left_out.items():
        st.caption(page.escape(f"{pluralize(count, 'entry')} left out: {reason}."))


def _buttons(image: Images, recipe: Preprocessing | None, after: Callable[[str | None], None]) -> None:
    replaces = st.toggle(
        "Use it in place of the original", True, key="edit-replaces",
        help="The original leaves the library with its questions and entries, and comes back with all of them when the "
        "version is undone. Off: the version is a variant beside the original.",
    )  # fmt: skip
    with st.container(horizontal=True):
        if st.button(
            "Save as a new version", type="primary", icon=":material/save:", key="edit-save",
            disabled=recipe is None or not recipe.changes_images,
        ) and recipe is not None:  # fmt: skip
            with page.show_errors():
                saved = page.services().versions.save(image.id, recipe, replaces=replaces, actor=reviewer_name.name())
                page.services().analyze_new_images(image.project_id)
                after(saved.image.id)
        if st.button("Cancel", key="edit-cancel"):
            after(None)


def undo(version: Images, after: Callable[[str], None]) -> None:
    """Draw which image a version has replaced, with the button that brings it back; nothing for other images."""
    original = page.services().versions.original_of(version.id)
    if original is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="drawer-version"):
        st.text(
            f"New version of {original.image_name}, {sizes.pixels(original.width, original.height)}",
            width="stretch",
        )
        if st.button(
            "Back to the original", icon=":material/undo:", key="drawer-version-undo",
            help="Deletes this version with its questions and entries, and brings back the original with its own.",
        ):  # fmt: skip
            with page.show_errors():
                after(page.services().versions.undo(version.id, actor=reviewer_name.name()).id)
