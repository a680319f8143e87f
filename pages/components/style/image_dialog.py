"""One image of a style dataset: what was found out about it, in words and numbers, to be put in better words."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.style.analysis import FIELDS, LISTS
from core.style.datasets import StyleImage
from pages.components.shared import figure, media, page
from pages.components.style.request_draft import Draft


@st.dialog("An image of the style dataset")
def show(row_id: str) -> None:
    """Show an image with its words and numbers."""
    entry = page.services().style_datasets.get_image(row_id)
    said = entry.row.analysis_result
    if entry.image is not None:
        url = media.image_url(entry.image.id, entry.image.sha256, "view")
        figure.show(url, entry.name, height_px=220, fit="contain", key=f"style-about-{row_id}")
    st.text(entry.name)
    _pin(entry)
    if measured := said.get("measured"):
        st.text(in_numbers(measured))
    with st.form(f"style-about-form-{row_id}", border=False):
        words = {}
        for name in FIELDS:
            value = ", ".join(said.get(name, [])) if name in LISTS else str(said.get(name, ""))
            words[name] = st.text_input(name.capitalize(), value, key=f"style-about-{name}-{row_id}")
        author = page.escape(entry.row.analysis_model or "nobody yet")
        st.caption(f"Written by {author}. Vibe and lighting go into the prompt.")
        if st.form_submit_button("Save", key=f"style-about-save-{row_id}"):
            page.services().style_analysis.edit_analysis(row_id, words)
            st.rerun()


def _pin(entry: StyleImage) -> None:
    """Offer to send it as a reference, whatever would have been chosen."""
    services = page.services()
    draft = Draft.of(services.style_datasets.get_style_dataset(entry.row.dataset_id).draft)
    if entry.row.id in draft.pinned:
        st.caption("Pinned: it is always sent as a reference.")
    elif st.button("Send as a reference", icon=":material/push_pin:", key=f"style-about-pin-{entry.row.id}"):
        services.style_datasets.save_draft(entry.row.dataset_id, pinned(draft, entry.row.id).to_dict())
        st.rerun()


def pinned(draft: Draft, row_id: str) -> Draft:
    """Return the draft with one more image that is always sent, whether it was switched off or never chosen."""
    kept = (*draft.pinned, row_id)
    off = tuple(id_ for id_ in draft.excluded if id_ != row_id)
    return replace(draft, pinned=kept, excluded=off, count=max(draft.count, len(kept)))


def in_numbers(measured: dict[str, Any]) -> str:
    """Return what was measured as a person reads it."""
    colors = ", ".join(f"{one['name']} {one['hex']} {100 * one['share']:.0f} %" for one in measured["palette"])
    numbers = (
        f"Lightness {measured['lightness']:.0f} of 100, contrast {measured['contrast']:.0f}, "
        f"warmth {measured['warmth']:+.2f}, saturation {measured['saturation']:.2f}, "
        f"sharpness {measured['sharpness']:.0f}."
    )
    placed = measured["composition"]
    where = [placed["orientation"]]
    where += [f"brightest {placed['brightest']}"] if placed["brightest"] else []
    where += [f"darkest {placed['darkest']}"] if placed["darkest"] else []
    where += [f"{placed['background']} ground over {100 * placed['background_share']:.0f} %"]
    return f"Palette: {colors}.\n{numbers}\nComposition: {', '.join(where)}."
