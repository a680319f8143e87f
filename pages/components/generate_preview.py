"""The right side of Generate: the first request as it will be sent, a real try, and the estimate."""

from typing import Any

import streamlit as st

from core import Projects
from core.questions import RequestPreview
from pages.components import figure, media, page
from pages.components.model_picker import ModelChoice


def questions(project: Projects, config: dict[str, Any], choice: ModelChoice, images: int) -> None:
    """Show the first request for questions, and let a person try it."""
    with page.errors_in_words():
        preview = page.services().preview.request(project.id, config)
        _request(preview)
        if st.button("Try on this image", icon=":material/science:", key="generate-try"):
            _try(project, {**config, "llm_config": choice.with_key})
        _estimate(config, images, preview)


def answers(images: int) -> None:
    """Say what a task that answers open questions will do."""
    st.text(
        f"Every question without an answer is sent with its image, those of one image in one call: "
        f"{images:,} calls or a few more."
    )


def _request(preview: RequestPreview) -> None:
    image = preview.image
    width, height = preview.sent_size_wh
    halves = st.grid(2, min_column_width=220, key="generate-request")
    with halves.cell():
        figure.show(
            media.image_url(image.id, image.sha256, "view"), image.image_name, height_px=220, fit="contain",
            key="generate-first-image",
        )  # fmt: skip
        st.caption(
            page.plain(f"{image.image_name}, sent as {width} x {height} px, {preview.sent_bytes / 1000:,.0f} kB")
        )
    with halves.cell(), st.container(height=260, border=True, key="generate-prompt-sent"):
        st.text(preview.prompt)


def _try(project: Projects, config: dict[str, Any]) -> None:
    with st.spinner("Asking"):
        tried = page.wait_for(page.services().preview.try_out(project.id, config))
    with st.container(border=True, key="generate-tried"):
        for one in tried.asked:
            st.text(one.question)
            if one.answer is not None:
                st.caption(page.plain(one.answer))
        price = "cost unknown" if tried.cost is None else f"cost ${tried.cost:,.4f}" if tried.cost else "no cost"
        missing = f", short by {tried.short_by}" if tried.short_by else ""
        st.caption(page.plain(f"{tried.model}, {price}{missing}. Nothing was stored."))


def _estimate(config: dict[str, Any], images: int, preview: RequestPreview) -> None:
    made = page.services().preview.estimate(config, images, preview)
    if made.cost_low is None or made.cost_high is None:
        cost = "cost unknown: this model has no listed price"
    elif made.cost_high == 0:
        cost = "no cost"
    else:
        cost = f"${made.cost_low:,.2f} to ${made.cost_high:,.2f}"
    noun = "call" if made.calls == 1 else "calls"
    st.markdown(f"**Estimate:** {made.calls:,} {noun}, {page.plain(cost)}")
