"""Generate questions and answers with a vision model, with a preview and an estimate; or write them yourself."""

from typing import Any

import streamlit as st

from core import Projects
from core.llm import session_keys
from pages.components.generate import manual_entry, newest_results, recipe_form, recipe_prefill, request_preview
from pages.components.generate.recipe_form import Recipe
from pages.components.shared import choice, numbers, page, task_progress
from pages.components.shared.numbers import pluralize

_MODES = {
    "both": "Both",
    "questions": "Questions",
    "answers": "Answers",
    "hand": "Write your own",
}


def main() -> None:
    project = page.project()
    counts = page.services().projects.counts(project.id)
    action = page.header(
        "Generate",
        f"{pluralize(counts.images, 'image')}, {numbers.text(counts.images_without_questions)} without questions",
    )
    if not counts.images:
        page.empty_state("upload", "There are no images to ask about yet.", "upload", "Upload images")
        return
    task_id = st.query_params.get("task")
    if task_id:
        _watch(task_id, action)
        return
    trouble = st.container(key="generate-trouble")
    recipe_prefill.apply()
    mode = choice.show("Questions, answers, or both", _MODES, default="both", key="generate-mode")
    if mode == "hand":
        manual_entry.show(project.id, action)
        return
    halves = st.grid(2, min_column_width=380, gap=("small", "medium"), key="generate-columns")
    with halves.cell():
        recipe = recipe_form.show(project, mode)
    can_be_sent = False
    if recipe.images:
        with halves.cell(), st.container(key="generate-side"):
            can_be_sent = request_preview.show(project, recipe)
    with action:
        starts = st.button(
            f"Generate for {pluralize(recipe.images, recipe.unit)}", type="primary", icon=":material/auto_awesome:",
            disabled=not can_be_sent or recipe.is_refused, key="generate-start",
            help="This model cannot be asked about images. Change it in the recipe." if recipe.is_refused else None,
        )  # fmt: skip
    if starts:
        with trouble:
            _start(project, recipe)


def _start(project: Projects, recipe: Recipe) -> None:
    with page.show_errors():
        task = page.services().tasks.create_task(project.id, recipe.task_type, recipe.config, cost_cap=recipe.cap)
        for index, choice in enumerate(recipe.choices):
            if choice.api_key:
                session_keys.register(task.id, choice.api_key, index)
        page.services().engine.submit(task.id)
        page.go("generate", task=task.id)


def _watch(task_id: str, action: Any) -> None:
    with action:
        page.link("generate", "New recipe", icon="add")
        page.link("curate", "Review the entries", icon="checklist")
    task_progress.show(task_id, results=lambda: newest_results.show(task_id))


main()
