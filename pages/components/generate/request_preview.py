"""The preview of Generate: the first request as it will be sent, a try, and the estimate."""

import json
from functools import partial
from typing import Any

import streamlit as st

from core import Projects
from core.questions import GenerationEstimate, RequestPreview
from pages.components.generate import model_table
from pages.components.generate.recipe_form import Recipe
from pages.components.shared import figure, later, media, numbers, page, task_progress
from pages.components.shared.numbers import pluralize

_REQUEST_PX = 260


def show(project: Projects, recipe: Recipe) -> bool:
    """Draw the first request of the recipe with a button to try it; return whether the request is valid."""
    preview: RequestPreview | None = None
    with page.show_errors():
        preview = _first_request(project.id, recipe)
        # Above the button, although drawn after it: a try improves the estimate by the tokens the model really used.
        estimate_area = st.container(key="generate-estimate")
        label = f"Try on this {recipe.unit}"
        if st.button(label, icon=":material/science:", key="generate-try", disabled=recipe.is_refused):
            _try(project, {**recipe.config, "models": [recipe.choices[0].with_key]}, recipe.answers)
        with estimate_area:
            _estimate(recipe, preview)
        # The last of its column, so that nothing moves when it is drawn.
        later.show("generate-request", partial(_request, preview), height_px=_REQUEST_PX)
        if recipe.comparison is not None:
            with recipe.comparison:
                model_table.show(recipe, preview)
    return preview is not None


def _first_request(project_id: str, recipe: Recipe) -> RequestPreview:
    read = partial(page.services().preview.request, project_id, recipe.config, answers=recipe.answers)
    config = json.dumps(recipe.config, sort_keys=True)
    return page.cached(("request", project_id, config, recipe.answers), read)


def _request(preview: RequestPreview) -> None:
    halves = st.grid(2, min_column_width=220, key="generate-request")
    with halves.cell():
        _images(preview)
    with halves.cell(), st.container(key="generate-prompt-sent"):
        st.code(preview.prompt, language=None, wrap_lines=True, height=_REQUEST_PX)


def _images(preview: RequestPreview) -> None:
    """Draw the image as it is sent, or the numbered images of a set."""
    several = len(preview.images) > 1
    places = st.grid(2, min_column_width=100, gap="small", key="generate-first-images") if several else None
    for number, image in enumerate(preview.images, start=1):
        with places.cell() if places else st.container():
            figure.show(
                media.image_url(image.id, image.sha256, "view"), image.image_name, height_px=110 if several else 220,
                fit="contain", key=f"generate-image-{number}",
            )  # fmt: skip
            if several:
                st.caption(page.escape(f"{number}. {image.image_name}"))
    if several:
        longest = max(max(size) for size in preview.sent_sizes_wh)
        sent = f"{len(preview.images)} images, sent with at most {longest} px a side"
    else:
        (width, height), image = preview.sent_sizes_wh[0], preview.images[0]
        sent = f"{image.image_name}, sent as {width} x {height} px"
    st.caption(page.escape(f"{sent}, {numbers.text(preview.sent_bytes / 1000)} kB"))


def _try(project: Projects, config: dict[str, Any], answers: bool) -> None:
    with st.spinner("Asking the model"):
        tried = page.wait_for(page.services().preview.run_trial(project.id, config, answers=answers))
    with st.container(border=True, key="generate-tried"):
        for question in tried.questions:
            st.text(question.question)
            if question.answer is not None:
                st.caption(page.escape(question.answer))
        price = (
            "cost unknown"
            if tried.cost is None
            else f"cost ${numbers.text(tried.cost, 4)}"
            if tried.cost
            else "no cost"
        )
        missing = f", {tried.missing_questions} fewer than requested" if tried.missing_questions else ""
        refused = (
            f", {pluralize(tried.unverifiable, 'answer')} that no program can verify" if tried.unverifiable else ""
        )
        st.caption(page.escape(f"{tried.model}, {price}{missing}{refused}. Nothing was stored."))


def _estimate(recipe: Recipe, preview: RequestPreview) -> None:
    made = page.services().preview.estimate(recipe.config, recipe.images, preview, answers=recipe.answers)
    time = f", about {task_progress.format_duration(made.seconds)}" if made.seconds else ""
    time = f", within {made.batch_hours} hours, mostly sooner" if made.batch_hours else time
    st.markdown(f"**Estimate:** {pluralize(made.calls, 'call')}, {page.escape(_cost(made))}{time}")
    if made.observed_calls:
        st.caption(f"Based on {pluralize(made.observed_calls, 'earlier reply')} of this model.")
    if made.cost_high is None and recipe.cap is not None:
        st.caption("This model has no listed price, so the cost cap cannot take effect.")


def _cost(made: GenerationEstimate) -> str:
    if made.cost_low is None or made.cost_high is None:
        return "cost unknown: this model has no listed price"
    if made.cost_high == 0:
        return "no cost"
    return f"{numbers.dollars(made.cost_low)} to {numbers.dollars(made.cost_high)}"
