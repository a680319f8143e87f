"""Changing the images of an export: preprocessing, variants, and a preview on three images."""

import base64
from typing import Any

import streamlit as st

from core.errors import VitrineError
from core.export import ChangedImage, ExportRecipe, Format
from core.pluralize import pluralize
from pages.components.shared import figure, media, page, variant_form

_REDACT = {"text": "Lines of text", "objects": "Objects", "entries": "Boxes of entries"}
_HOW = {"blur": "Blurred", "black": "Black"}
_CROPS = {"center": "To the center", "ratio": "To a shape", "regions": "Around objects or boxes"}
_AROUND = {"objects": "Objects", "entries": "Boxes of entries", "text": "Lines of text"}
_RATIOS = ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16")
_SIZES = {"fit": "Fit inside", "fill": "Fill and cut", "exact": "Stretch"}
_FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP"}
_NORMALS: dict[str, tuple[str, dict[str, Any]]] = {
    "imagenet": ("ImageNet", {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}),
    "clip": ("CLIP", {"mean": (0.48145466, 0.4578275, 0.40821073), "std": (0.26862954, 0.26130258, 0.27577711)}),
    "half": ("Minus one to one", {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}),
}
_COLORS = {"#ffffff": "White", "#000000": "Black", "#7f7f7f": "Gray"}
_SHOWN_PER_IMAGE = 3


def form(format_: Format, shape: dict[str, Any]) -> dict[str, Any]:
    """Draw the collapsed form and return its part of the recipe; *shape* is the rest of the form's images and rows."""
    with st.expander("Change the images", key="export-image-changes"):
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
    made: dict[str, Any] = {}
    if redact := _redact():
        made["redact"] = redact
    if crop := _crop():
        made["crop"] = crop
    if resize := _resize():
        made["resize"] = resize
    ratio = _select("Add a border to the shape", {ratio: ratio for ratio in _RATIOS}, "export-pad", "No border")
    if ratio:
        color = st.segmented_control(
            "Border", list(_COLORS), format_func=_COLORS.__getitem__, default="#ffffff", required=True,
            key="export-pad-color", persist_state="session",
        )  # fmt: skip
        made["pad"] = {"ratio": ratio, "color": color}
    made["grayscale"] = st.toggle("Grayscale", key="export-grayscale", persist_state="session")
    made |= _file(format_)
    keeps = st.toggle(
        "Keep broken entries", key="export-keep-broken", persist_state="session",
        help="By default an entry is left out when a change makes its answer wrong: one about colors when images "
        "become gray, one that counts when they are cropped.",
    )  # fmt: skip
    return made | {"unfit": "keep" if keeps else "leave_out"}


def _redact() -> dict[str, Any] | None:
    sources = st.multiselect(
        "Make unrecognizable", list(_REDACT), format_func=_REDACT.__getitem__, key="export-redact",
        persist_state="session", placeholder="Nothing",
        help="Images whose text or objects were not analyzed are left out, because something could stay readable.",
    )  # fmt: skip
    if not sources:
        return None
    labels = ""
    if sources != ["text"]:
        labels = st.text_input(
            "Only these labels", key="export-redact-labels", persist_state="session", placeholder="person, car"
        )
    how = st.segmented_control(
        "How", list(_HOW), format_func=_HOW.__getitem__, default="blur", required=True, key="export-redact-how",
        persist_state="session",
    )  # fmt: skip
    return {"sources": sources, "labels": _words(labels), "how": how}


def _crop() -> dict[str, Any] | None:
    to = _select("Crop", _CROPS, "export-crop", "No crop")
    if to == "center":
        percent = st.slider("Kept, in % of each side", 10, 100, 80, 5, key="export-crop-share", persist_state="session")
        return {"to": to, "share": percent / 100}
    if to == "ratio":
        ratio = st.selectbox("Width to height", _RATIOS, key="export-crop-ratio", persist_state="session")
        return {"to": to, "ratio": ratio}
    if to == "regions":
        source = st.selectbox(
            "Around", list(_AROUND), format_func=_AROUND.__getitem__, key="export-crop-source", persist_state="session"
        )
        labels = st.text_input(
            "Only with these labels", key="export-crop-labels", persist_state="session", placeholder="person, car"
        )
        return {"to": to, "source": source, "labels": _words(labels)}
    return None


def _resize() -> dict[str, Any] | None:
    how = _select("Size", _SIZES, "export-size", "As it is")
    made: dict[str, Any] = {}
    if how:
        with st.container(horizontal=True):
            width = st.number_input("Width, px", 8, 8192, 512, key="export-width", persist_state="session")
            height = st.number_input("Height, px", 8, 8192, 512, key="export-height", persist_state="session")
        made = {"how": how, "width": width, "height": height}
    multiple = st.number_input(
        "Sides as a multiple of, px", 1, 256, 1, key="export-multiple", persist_state="session",
        help="Vision models cut images into squares, often of 14, 16 or 28 px.",
    )  # fmt: skip
    return made | {"multiple_of": multiple} if made or multiple > 1 else None


def _file(format_: Format) -> dict[str, Any]:
    if format_.writer.needs_jpeg:
        as_format = None
    else:
        as_format = _select("File type of the images", _FORMATS, "export-file-type", "JPEG, and PNG for a PNG")
    made: dict[str, Any] = {"format": as_format}
    if as_format != "PNG":
        made["quality"] = st.slider("Quality", 30, 100, 92, key="export-quality", persist_state="session")
    normal = _select(
        "Normalize", {name: label for name, (label, _) in _NORMALS.items()}, "export-normalize", "No normalization"
    )
    if normal:
        pixels = format_.name == "parquet" and st.toggle(
            "Write normalized pixels as numbers", key="export-floats", persist_state="session"
        )
        made["normalize"] = _NORMALS[normal][1] | {"write": "float" if pixels else "metadata"}
    return made


def _select(label: str, options: dict[str, str], key: str, nothing: str) -> str | None:
    chosen: str | None = st.selectbox(
        label, list(options), index=None, format_func=options.__getitem__, key=key, persist_state="session",
        placeholder=nothing,
    )  # fmt: skip
    return chosen


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


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
            st.caption(f"Original, {original.width:,} x {original.height:,} px")
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
    return f"{size_wh[0]:,} x {size_wh[1]:,} px"
