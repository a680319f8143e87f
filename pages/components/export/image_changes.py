"""Changing the images of an export: preprocessing, variants, and a preview on three images."""

import base64
from typing import Any

import streamlit as st

from core.errors import VitrineError
from core.export import ChangedImage, ExportRecipe, Format
from pages.components.shared import change_form, figure, folded, media, numbers, page, variant_form
from pages.components.shared.numbers import pluralize

_FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP"}
_NORMALS: dict[str, tuple[str, dict[str, Any]]] = {
    "imagenet": ("ImageNet", {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}),
    "clip": ("CLIP", {"mean": (0.48145466, 0.4578275, 0.40821073), "std": (0.26862954, 0.26130258, 0.27577711)}),
    "half": ("Minus one to one", {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}),
}
_SHOWN_PER_IMAGE = 3


def form(format_: Format, shape: dict[str, Any]) -> dict[str, Any]:
    """Draw the collapsed form and return its part of the recipe; *shape* is the rest of the form's images and rows."""
    with folded.expander("Change the images", key="export-image-changes") as is_drawn:
        if not is_drawn:
            return {}
        if format_.is_lossless or shape.get("image_form") == "original" or shape.get("images") == "none":
            st.caption("Originals, and images that are only named, stay as they are.")
            return {}
        st.caption("Originals are never changed. Boxes move along, and the report says how each image was made.")
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown("**The same for every image**")
            preprocessing = _preprocessing(format_)
        with right:
            st.markdown("**Variants**")
            augmentation = variant_form.show("export", only_train=True)
        return {"preprocessing": preprocessing, "augmentation": augmentation}


def _preprocessing(format_: Format) -> dict[str, Any]:
    made = change_form.show("export") | _file(format_)
    return made | {"unfit": change_form.unfit("export")}


def _file(format_: Format) -> dict[str, Any]:
    if format_.writer.needs_jpeg:
        as_format = None
    else:
        as_format = change_form.select(
            "File type of the images", _FORMATS, "export-file-type", "JPEG, and PNG for a PNG"
        )
    made: dict[str, Any] = {"format": as_format}
    if as_format != "PNG":
        made["quality"] = st.slider("Quality", 30, 100, 92, key="export-quality", persist_state="session")
    normal = change_form.select(
        "Normalize", {name: label for name, (label, _) in _NORMALS.items()}, "export-normalize", "No normalization"
    )
    if normal:
        pixels = format_.name == "parquet" and st.toggle(
            "Write normalized pixels as numbers", key="export-floats", persist_state="session"
        )
        made["normalize"] = _NORMALS[normal][1] | {"write": "float" if pixels else "metadata"}
    return made


def preview(project_id: str, recipe: ExportRecipe) -> None:
    """Offer the first three images as *recipe* changes them."""
    if not recipe.changes_images:
        return
    if not st.toggle("Preview on three images", key="export-preview-changes", persist_state="session"):
        return
    try:
        found = page.services().exports.preview_changes(project_id, recipe)
    except VitrineError as error:
        st.warning(page.escape(str(error)), icon=":material/warning:")
        return
    for number, changed in enumerate(found):
        _show(changed, number)


def _show(changed: ChangedImage, number: int) -> None:
    original = changed.original
    with st.container(border=True, key=f"export-changed-{number}"):
        columns = st.grid(1 + _SHOWN_PER_IMAGE, min_column_width=150)
        with columns, st.container():
            figure.show(
                media.image_url(original.id, original.sha256), original.name, height_px=150,
                key=f"export-changed-{number}-original", fit="contain",
            )  # fmt: skip
            st.caption(f"Original, {numbers.text(original.width)} x {numbers.text(original.height)} px")
        for place, made in enumerate(changed.made[:_SHOWN_PER_IMAGE]):
            with columns, st.container():
                url = f"data:image/jpeg;base64,{base64.b64encode(made.data).decode()}" if made.data else None
                figure.show(
                    url, made.label, height_px=150, key=f"export-changed-{number}-{place}", fit="contain"
                )  # fmt: skip
                st.caption(f"{made.label}, {_size(made.size_wh)}, {pluralize(made.entries, 'entry')}")
        if changed.left_out:
            with st.expander("Left out, and why", key=f"export-changed-{number}-why"):
                st.text("\n".join(changed.left_out))


def _size(size_wh: tuple[int, int]) -> str:
    return f"{numbers.text(size_wh[0])} x {numbers.text(size_wh[1])} px"
