"""The preview of the request: the full prompt, the images, what is left out and why, and the cost."""

import streamlit as st

from core.style.requests import RequestPreview
from pages.components.shared import numbers, page
from pages.components.shared.numbers import pluralize
from pages.components.style.request_draft import Draft


def show(preview: RequestPreview, draft: Draft) -> None:
    """Draw exactly what is sent to the provider."""
    st.markdown("**What will be sent**")
    for notice in preview.notices:
        st.warning(page.escape(notice), icon=":material/info:")
    count = len(preview.references)
    st.caption(f"{pluralize(count, 'image')} first, in the order shown, then this text:")
    st.code(preview.full_prompt, language=None, wrap_lines=True)
    facts = [f"to {page.escape(preview.model)}", f"aspect ratio {preview.request.aspect_ratio}"]
    if preview.request.size:
        facts.append(f"size {preview.request.size}")
    st.caption(", ".join(facts) + ".")
    st.text(cost_text(preview.cost, len(draft.prompts) * draft.variants))
    _left_out(preview)


def cost_text(cost: tuple[float, float] | None, images: int) -> str:
    """Return the estimate for *images* images; *cost* is the range for one image in US dollars, None if unknown."""
    if cost is None:
        return "Cost unknown: this model has no listed price."
    low, high = (round(value * max(images, 1), 4) for value in cost)
    if high == 0:
        return "No cost."
    amount = numbers.dollars(low) if low == high else f"{numbers.dollars(low)} to {numbers.dollars(high)}"
    return f"Cost: about {amount}" + (f" for {images} images." if images > 1 else ".")


def _left_out(preview: RequestPreview) -> None:
    if not preview.left_out:
        return
    total = sum(group.count for group in preview.left_out)
    with st.expander(f"{pluralize(total, 'image is', 'images are')} not sent, and why", key="style-left-out"):
        for group in preview.left_out:
            names = ", ".join(entry.name for entry in group.examples)
            more = (
                f" and {numbers.text(group.count - len(group.examples))} more"
                if group.count > len(group.examples)
                else ""
            )
            st.text(f"{group.reason.capitalize()}: {names}{more}")
