"""The way in for images in a bucket: imported, or registered and left there."""

import streamlit as st

from core.bucket_address import parse_address
from pages.components.shared import page
from pages.components.upload import waiting_imports

_HELP = (
    "Every image below this address, with its annotations and tables. Vitrine reads it by the keys of its storage "
    "settings. Images that are left there are read from there whenever they are needed, and never changed or deleted."
)


def show(project_id: str) -> None:
    """Draw the form and start its import."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Address", key="import-bucket", placeholder=_example()).strip()
        stays = st.checkbox("Leave the images there", key="import-bucket-stays")
        label = "Register" if stays else "Import"
        is_pressed = st.button(label, type="primary", key="import-bucket-start", disabled=not text)
    st.caption(f"{_HELP} {_allowed()}")
    if is_pressed:
        with page.show_errors():
            address = str(parse_address(text))
            waiting_imports.start(project_id, {"source": "path", "path": address, "in_place": stays})


def _example() -> str:
    return next(iter(page.services().db.settings.allowed_buckets), "s3://bucket/photos")


def _allowed() -> str:
    settings = page.services().db.settings
    if settings.allowed_buckets:
        return page.escape(f"Allowed: {', '.join(settings.allowed_buckets)}.")
    return "No bucket is allowed yet. Set VITRINE_ALLOWED_BUCKETS." if settings.has_sign_in else ""
