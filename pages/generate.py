"""Questions and answers by a vision model: the recipe, a try, the cost, then the task."""

from typing import Any

import streamlit as st

from core import Projects, app
from core.llm import session_keys
from core.projects import ProjectCounts
from core.questions import recipe as recipes
from core.questions.prompts import LANGUAGES
from pages.components import generate_preview, generate_results, model_picker, page, task_progress
from pages.components.model_picker import ModelChoice

_MODES = {
    "both": "Both at once",
    "questions": "Questions",
    "answers": "Answers",
}


def main() -> None:
    project = page.project()
    counts = page.services().projects.counts(project.id)
    action = page.header(
        "Generate", f"{counts.images:,} images, {counts.images_without_questions:,} of them without questions"
    )
    if not counts.images:
        page.empty_state("upload", "There are no images to ask about yet.", "upload", "Upload images")
        return
    task_id = st.query_params.get("task")
    if task_id:
        _watch(task_id, action)
        return
    halves = st.grid(2, min_column_width=380, gap=("small", "medium"), key="generate-halves")
    with halves.cell():
        mode, config, choice, cap, calls = _recipe(counts)
    with halves.cell():
        if mode == "answers":
            generate_preview.answers(calls)
        else:
            generate_preview.questions(project, config, choice, calls)
    with action:
        noun = "image" if calls == 1 else "images"
        if st.button(
            f"Generate for {calls:,} {noun}",
            type="primary",
            icon=":material/auto_awesome:",
            disabled=not calls,
            key="generate-start",
        ):
            _start(project, mode, config, choice, cap)


def _recipe(counts: ProjectCounts) -> tuple[str, dict[str, Any], ModelChoice, float | None, int]:
    """Draw the recipe in the order one thinks, and return what it says and how many images it takes."""
    mode = st.segmented_control(
        "Make", list(_MODES), wrap=True, format_func=lambda mode: _MODES[mode], default="both", required=True,
        key="generate-mode", persist_state="session",
    )  # fmt: skip
    if mode == "answers":
        config: dict[str, Any] = {}
        calls = counts.images_with_open_questions
    else:
        st.subheader("Which images", anchor=False)
        config, calls = _targets(counts)
        st.subheader("What to ask", anchor=False)
        config |= _what_to_ask() | {"with_answers": mode == "both"}
    config["language"] = st.selectbox(
        "Language", list(LANGUAGES), format_func=lambda code: LANGUAGES.get(code, code), key="generate-language",
        accept_new_options=True, persist_state="session", help="Choose one or type any other by name.",
    )  # fmt: skip
    st.subheader("Who answers", anchor=False)
    choice = model_picker.show("generate")
    config["llm_config"] = choice.config
    st.subheader("How", anchor=False)
    config["concurrency"] = st.slider(
        "Calls at the same time", 1, 32, 4, key="generate-concurrency", persist_state="session"
    )
    cap = st.number_input(
        "Stop at this cost, in US dollars", min_value=0.01, value=None, key="generate-cap", persist_state="session",
        placeholder="No cap", help="The task pauses when the known cost of its calls reaches this.",
    )  # fmt: skip
    return str(mode), config, choice, cap, calls


def _targets(counts: ProjectCounts) -> tuple[dict[str, Any], int]:
    """Draw the choice of images and return it as part of the recipe, with the number of images."""
    chosen = st.session_state.get("selected-images", [])
    sets: dict[str, tuple[str, int, dict[str, Any]]] = {
        "selected": ("Selected in Upload", len(chosen), {"image_ids": list(chosen)}),
        "without": ("Without questions", counts.images_without_questions, {"only_without_questions": True}),
        "all": ("All images", counts.images, {}),
    }
    offered = [name for name in sets if sets[name][1]]
    name = st.radio(
        "Images", offered, format_func=lambda name: f"{sets[name][0]} ({sets[name][1]:,})",
        key="generate-target", label_visibility="collapsed",
    )  # fmt: skip
    _, size, part = sets[str(name)]
    return part, size


def _what_to_ask() -> dict[str, Any]:
    count = st.slider("Questions per image", 1, 20, 3, key="generate-count", persist_state="session")
    kinds = st.pills(
        "Kinds of question", recipes.KINDS, selection_mode="multi", key="generate-kinds", persist_state="session",
        wrap=True, help="None chosen leaves it to the model.",
    )  # fmt: skip
    with st.expander("Prompt of your own", key="generate-own-prompt", on_change="rerun") as own:
        if own.open:
            variables = ", ".join(f"${name}" for name in sorted(recipes.PROMPT_VARIABLES))
            st.text_area(
                "Prompt", key="generate-prompt", persist_state="session", height=160,
                help=f"Replaces the built-in prompt. It may use {variables}.",
            )  # fmt: skip
    prompt = st.session_state.get("generate-prompt")
    return {"num_questions": count, "kinds": dict.fromkeys(kinds or [], 1), "custom_prompt": prompt or None}


def _start(project: Projects, mode: str, config: dict[str, Any], choice: ModelChoice, cap: float | None) -> None:
    kind = "image-answer-generation" if mode == "answers" else "image-question-generation"
    with page.errors_in_words():
        task = page.services().tasks.create_task(project.id, kind, config, cost_cap=cap)
        if choice.api_key:
            session_keys.lend(task.id, choice.api_key)
        app.engine().submit(task.id)
        page.go("generate", task=task.id)


def _watch(task_id: str, action: Any) -> None:
    with action:
        page.link("generate", "New recipe", icon="add")
        page.link("curate", "Review the entries", icon="checklist")
    task_progress.show(task_id, results=lambda: generate_results.show(task_id))


main()
