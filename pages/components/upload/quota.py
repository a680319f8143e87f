"""The quota of a project: what is used of it, where there is one."""

import streamlit as st

from core.images.quota import Quota
from pages.components.shared import numbers, page
from pages.components.shared.numbers import pluralize


def show(project_id: str) -> None:
    """Draw how much of its quota the project uses; nothing without a quota."""
    quota = page.services().library.quota(project_id)
    if not quota.is_limited:
        return
    used = ", ".join(_parts(quota))
    share = quota.used_share
    if share >= 1:
        st.warning(f"The project has no room for further images: {used}.", icon=":material/inventory_2:")
    else:
        st.progress(share, text=f"Quota of the project: {used}")


def _parts(quota: Quota) -> list[str]:
    parts = []
    if quota.max_images is not None:
        parts.append(f"{numbers.text(quota.images)} of {pluralize(quota.max_images, 'image')}")
    if quota.max_image_bytes is not None:
        parts.append(f"{numbers.text(quota.image_bytes / 1e6, 1)} of {numbers.text(quota.max_image_bytes / 1e6, 1)} MB")
    return parts
