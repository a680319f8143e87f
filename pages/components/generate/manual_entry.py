"""Questions and answers written by a person, one image at a time."""

import json
from typing import Any

import streamlit as st

from core import Images, Questions
from core.questions.answer_types import checked_answer
from pages.components.shared import answer_form, figure, language, media, numbers, page, reviewer_name
from pages.components.shared.numbers import pluralize

_EPOCH = "manual-epoch"


def show(project_id: str, action: Any) -> None:
    """Draw one image with its open questions and a form; *action* is the container of the primary button."""
    with page.show_errors():
        image, ids = _image(project_id)
        at = ids.index(image.id)
        columns = st.grid(2, min_column_width=380, gap=("small", "medium"), key="manual-columns")
        with columns.cell():
            figure.show(
                media.image_url(image.id, image.sha256, "view"), image.image_name, height_px=340, fit="contain",
                key="manual-image",
            )  # fmt: skip
            _navigation(image, ids, at)
        with columns.cell():
            actor = reviewer_name.choose()
            _open_questions(image, actor)
            _form(image, action, actor)


def _image(project_id: str) -> tuple[Images, list[str]]:
    library = page.services().library
    chosen = st.session_state.get("selected-images") or []
    ids: list[str] = list(chosen) or library.find_image_ids(project_id)
    wanted = st.query_params.get("image")
    found = page.services().images.get_image(wanted if wanted and wanted in ids else ids[0])
    if found is None:
        ids = library.find_image_ids(project_id)
        found = library.get_images(ids[:1])[0]
    return found, ids


def _navigation(image: Images, ids: list[str], at: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="manual-navigation"):
        for label, icon, target in (("Previous", "arrow_back", at - 1), ("Next", "arrow_forward", at + 1)):
            inside = 0 <= target < len(ids)
            if st.button(label, icon=f":material/{icon}:", key=f"manual-{label.lower()}", disabled=not inside):
                st.query_params["image"] = ids[target]
                st.rerun()
        st.caption(page.escape(f"{image.image_name}, {numbers.text(at + 1)} of {numbers.text(len(ids))}"))


def _open_questions(image: Images, actor: str) -> None:
    """Draw the questions without an answer, each with its own field."""
    entries = page.services().library.entries_of(image.id)
    answered = {entry.question_id for entry in entries}
    unanswered = [
        question for question in page.services().library.questions_of(image.id) if question.id not in answered
    ]
    if entries:
        st.caption(f"This image already has {pluralize(len(entries), 'entry')}.")
    for question in unanswered:
        with st.form(f"manual-answer-{question.id}", border=True):
            st.text(question.question)
            answer = _answer_field(question)
            if st.form_submit_button("Save answer", icon=":material/check:") and answer:
                with page.show_errors():
                    _save_answer(question, answer, actor)
                    st.rerun()


def _answer_field(question: Questions) -> str | list[str]:
    key = f"manual-answer-to-{question.id}"
    if question.answer_type == "label" and isinstance(question.options, list):
        most = 1 if question.one_label else None
        return st.multiselect("Answer", question.options, key=key, max_selections=most)
    return st.text_area("Answer" if question.answer_type == "text" else "Answer, as JSON", key=key, height=70) or ""


def _form(image: Images, action: Any, actor: str) -> None:
    """Draw the form for a new question; without an answer, the question waits for a model or a person."""
    key = f"manual-{st.session_state.get(_EPOCH, 0)}"
    question = st.text_input("New question", key=f"{key}-question", max_chars=2000)
    shape = answer_form.show(key)
    answer = st.text_area(
        "Answer to the new question", key=f"{key}-answer", height=90,
        help="Saved as confirmed, because a person wrote it. Without an answer, the question is saved as unanswered.",
    )  # fmt: skip
    language_code = language.choose()
    with action:
        saved = st.button(
            "Save", type="primary", icon=":material/check:", key="manual-save", disabled=not (question or "").strip()
        )
    if saved:
        arguments = shape.arguments()
        if (answer or "").strip():  # checked first: a question must not be stored when its answer is invalid
            checked_answer(
                answer or "", arguments["answer_type"], arguments["options"], one_label=arguments["one_label"]
            )
        stored = page.services().questions.add_manual_question(
            image.id, question or "", language=language_code, **arguments
        )
        if (answer or "").strip():
            _save_answer(stored, answer or "", actor)
        st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1
        st.rerun()


def _save_answer(question: Questions, answer: str | list[str], actor: str) -> None:
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    text = checked_answer(text, question.answer_type, question.options, one_label=question.one_label)
    page.services().dataset.create_from_question(
        question.id, text, answer_type=question.answer_type, confirmed=True, actor=actor
    )
