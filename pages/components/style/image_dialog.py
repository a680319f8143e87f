"""The dialog of one image of a style dataset: its analysis, which can be edited, and its measurements."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.style.analysis import FIELDS, LISTS
from core.style.datasets import StyleImage
from pages.components.shared import figure, media, numbers, page
from pages.components.style.request_draft import Draft


@st.dialog("Image of the style dataset")
def show(row_id: str) -> None:
    """Draw the image with its description and measurements."""
    entry = page.services().style_datasets.get_image(row_id)
    analysis = entry.row.analysis_result
    if entry.image is not None:
        url = media.image_url(entry.image.id, entry.image.sha256, "view")
        figure.show(url, entry.name, height_px=220, fit="contain", key=f"style-about-{row_id}")
    st.text(entry.name)
    _pin(entry)
    if measured := analysis.get("measured"):
        st.text(_measurements(measured))
    with st.form(f"style-about-form-{row_id}", border=False):
        fields = {}
        for name in FIELDS:
            value = ", ".join(analysis.get(name, [])) if name in LISTS else str(analysis.get(name, ""))
            fields[name] = st.text_input(name.capitalize(), value, key=f"style-about-{name}-{row_id}")
        author = entry.row.analysis_model
        described = f"Described by {page.escape(author)}." if author else "Not described yet."
        st.caption(f"{described} Vibe and lighting are used in the prompt.")
        if st.form_submit_button("Save", key=f"style-about-save-{row_id}"):
            page.services().style_analysis.edit_analysis(row_id, fields)
            st.rerun()


def _pin(entry: StyleImage) -> None:
    """Offer to always send the image as a reference."""
    services = page.services()
    draft = Draft.of(services.style_datasets.get_style_dataset(entry.row.dataset_id).draft)
    if entry.row.id in draft.pinned:
        st.caption("Pinned: always sent as a reference.")
    elif st.button("Always send as a reference", icon=":material/push_pin:", key=f"style-about-pin-{entry.row.id}"):
        services.style_datasets.save_draft(entry.row.dataset_id, pinned(draft, entry.row.id).to_dict())
        st.rerun()


def pinned(draft: Draft, row_id: str) -> Draft:
    """Return the draft with image *row_id* pinned, also when it was switched off before."""
    pins = (*draft.pinned, row_id)
    off = tuple(id_ for id_ in draft.excluded if id_ != row_id)
    return replace(draft, pinned=pins, excluded=off, count=max(draft.count, len(pins)))


def _measurements(measured: dict[str, Any]) -> str:
    """Return the measurements as text."""
    colors = ", ".join(
        f"{color['name']} {color['hex']} {numbers.percent(color['share'])}" for color in measured["palette"]
    )
    measures = (
        f"Lightness {numbers.text(measured['lightness'])} of 100, contrast {numbers.text(measured['contrast'])}, "
        f"warmth {measured['warmth']:+.2f}, saturation {numbers.text(measured['saturation'], 2)}, "
        f"sharpness {numbers.text(measured['sharpness'])}."
    )
    placed = measured["composition"]
    where = [placed["orientation"]]
    where += [f"brightest {placed['brightest']}"] if placed["brightest"] else []
    where += [f"darkest {placed['darkest']}"] if placed["darkest"] else []
    where += [f"{placed['background']} background over {numbers.percent(placed['background_share'])}"]
    return f"Palette: {colors}.\n{measures}\nComposition: {', '.join(where)}."
