"""Style: generate images in the style of existing ones, with a preview of what is sent to the model."""

from typing import Any

import streamlit as st

from core import Projects, StyleDatasets
from core.errors import VitrineError
from core.llm import OFFLINE_MODELS, session_keys
from core.style.requests import RequestPreview
from pages.components.shared import model_picker, numbers, page, task_progress
from pages.components.shared.model_picker import ModelChoice
from pages.components.shared.numbers import pluralize
from pages.components.style import dataset_menu, dataset_panel, request_form, request_preview, results
from pages.components.style.request_draft import Draft


def main() -> None:
    project = page.project()
    counts = page.services().projects.counts(project.id)
    action = page.header(
        "Style", f"{pluralize(counts.images, 'image')} to learn from, {numbers.text(counts.generated)} generated"
    )
    dataset_menu.notices()
    if not page.services().style_datasets.list_style_datasets(project.id):
        if counts.images:
            dataset_panel.start(project)
        else:
            page.empty_state("upload", "There are no images to learn a style from yet.", "upload", "Upload images")
        with st.container(horizontal=True, horizontal_alignment="center"):
            dataset_menu.make(project)
        return
    dataset, draft, choice, preview = _columns(project)
    if dataset is None:
        return
    with action:
        _generate(project, dataset, draft, choice, preview)
    _results(project, dataset)


def _columns(project: Projects) -> tuple[StyleDatasets | None, Draft, ModelChoice | None, RequestPreview | None]:
    """Draw the three columns: style dataset, request, preview; a narrow window stacks them."""
    columns = st.grid(3, min_column_width=280, gap="medium", key="style-desk")
    with columns.cell():
        dataset = dataset_panel.choose(project)
        if dataset is None:
            return None, Draft(), None, None
        dataset_panel.show(project, dataset)
    stored = Draft.of(dataset.draft)
    request, sent = columns.cell(), columns.cell()
    with sent, st.expander("Model", key="style-model-box"):
        choice = _model()
        limits = page.services().style_generation.model_limits(choice.config)
        if limits.note and limits.match:
            st.caption(page.escape(limits.note))
    with request:
        draft = request_form.fields(dataset, stored, limits.all_ratios, limits.sizes)
    preview = None
    try:
        preview = page.services().style_generation.preview(draft.request(dataset.id), config=choice.config)
    except VitrineError as error:
        sent.error(page.escape(str(error)), icon=":material/error:")
    if draft != stored:
        page.services().style_datasets.save_draft(dataset.id, draft.to_dict())
    if preview is not None:
        with request:
            request_form.references(dataset, draft, preview, choice)
        with sent:
            request_preview.show(preview, draft)
            request_form.parts(dataset, draft, preview)
    return dataset, draft, choice, preview


def _model() -> ModelChoice:
    """Draw the model picker, and leave parameters out that only apply to chat models."""
    choice = model_picker.show(
        "style",
        image_output=True,
        built_in="It draws simple shapes in the colors of the references, for trying things out.",
    )
    config = {name: value for name, value in choice.config.items() if name not in ("temperature", "max_tokens")}
    return ModelChoice(config, choice.api_key)


def _generate(
    project: Projects, dataset: StyleDatasets, draft: Draft, choice: ModelChoice | None, preview: RequestPreview | None
) -> None:
    """Draw the primary action."""
    images = len(draft.prompts) * draft.variants
    is_study = choice is not None and choice.config["model"] in OFFLINE_MODELS
    what = pluralize(images, "palette study", "palette studies") if is_study else pluralize(images, "image")
    pressed = st.button(
        f"{'Draw' if is_study else 'Generate'} {what}" if images else "Generate",
        type="primary",
        icon=":material/palette:",
        disabled=not images or preview is None,
        help=None if images else "Write a prompt first.",
        key="style-generate",
    )
    if pressed and choice is not None:
        _start(project, dataset, draft, choice)


def _start(project: Projects, dataset: StyleDatasets, draft: Draft, choice: ModelChoice) -> None:
    config: dict[str, Any] = {
        "request": draft.request(dataset.id).to_dict(),
        "prompts": draft.prompts,
        "variants": draft.variants,
        "llm_config": choice.config,
    }
    task = page.services().tasks.create_task(project.id, "style-generation", config, cost_cap=draft.cost_cap)
    if choice.api_key:
        session_keys.register(task.id, choice.api_key)
    page.services().engine.submit(task.id)
    st.query_params["task"] = task.id
    st.rerun()


def _results(project: Projects, dataset: StyleDatasets) -> None:
    results.offer_undo()
    task_id = st.query_params.get("task")
    if task_id and page.services().tasks.get_task(task_id).project_id == project.id:
        with st.container():  # a separate one: elements added by the running task would replace those below it
            task_progress.show(task_id, results=lambda: results.of_task(project, dataset, task_id))
    results.opened(project, dataset)
    results.history(project, dataset)


main()
