"""The right side of Generate: the first request as it will be sent, a real try, and the estimate."""

from typing import Any

import streamlit as st

from core import Projects
from core.pluralize import pluralize
from core.questions import GenerationEstimate, RequestPreview
from pages.components.generate.recipe_form import Recipe
from pages.components.shared import figure, media, page, task_progress


def show(project: Projects, recipe: Recipe) -> bool:
    """Show the first request of the recipe, let a person try it, and say whether it can be sent."""
    preview: RequestPreview | None = None
    with page.show_errors():
        preview = page.services().preview.request(project.id, recipe.config, answers=recipe.answers)
        _request(preview)
        # Above the button that changes it: a try tells what the model really uses.
        place = st.container(key="generate-estimate")
        if st.button("Try on this image", icon=":material/science:", key="generate-try", disabled=recipe.is_refused):
            _try(project, {**recipe.config, "models": [recipe.choices[0].with_key]}, recipe.answers)
        with place:
            _estimate(recipe, preview)
    return preview is not None


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
            page.escape(f"{image.image_name}, sent as {width} x {height} px, {preview.sent_bytes / 1000:,.0f} kB")
        )
    with halves.cell(), st.container(height=260, border=True, key="generate-prompt-sent"):
        st.text(preview.prompt)


def _try(project: Projects, config: dict[str, Any], answers: bool) -> None:
    with st.spinner("Asking"):
        tried = page.wait_for(page.services().preview.try_out(project.id, config, answers=answers))
    with st.container(border=True, key="generate-tried"):
        for one in tried.asked:
            st.text(one.question)
            if one.answer is not None:
                st.caption(page.escape(one.answer))
        price = "cost unknown" if tried.cost is None else f"cost ${tried.cost:,.4f}" if tried.cost else "no cost"
        missing = f", short by {tried.short_by}" if tried.short_by else ""
        st.caption(page.escape(f"{tried.model}, {price}{missing}. Nothing was stored."))


def _estimate(recipe: Recipe, preview: RequestPreview) -> None:
    made = page.services().preview.estimate(recipe.config, recipe.images, preview, answers=recipe.answers)
    time = f", about {task_progress.in_words_s(made.seconds)}" if made.seconds else ""
    st.markdown(f"**Estimate:** {pluralize(made.calls, 'call')}, {page.escape(_cost(made))}{time}")
    if made.seen_calls:
        st.caption(f"From what {pluralize(made.seen_calls, 'earlier reply')} of this model used.")
    if made.cost_high is None and recipe.cap is not None:
        st.caption("Without a listed price the cap cannot hold: nobody knows when it is reached.")


def _cost(made: GenerationEstimate) -> str:
    if made.cost_low is None or made.cost_high is None:
        return "cost unknown: this model has no listed price"
    if made.cost_high == 0:
        return "no cost"
    return f"{_dollars(made.cost_low)} to {_dollars(made.cost_high)}"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 0.1 else f"${amount:,.4f}"
