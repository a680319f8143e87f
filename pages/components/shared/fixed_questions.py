"""Fixed questions: asked about every image of a project, including images added later."""

import json

import streamlit as st

from core.questions import QuestionTemplates
from pages.components.shared import answer_form, page
from pages.components.shared.numbers import pluralize

_EPOCH = "fixed-question-epoch"
_CHANGED = "fixed-question-changed"


def expander(project_id: str, language: str) -> None:
    """Draw the fixed questions in an expander, with their number below while it is closed."""
    # The number is outside the label: Streamlit treats an expander with a new label as a new one and closes it.
    with st.expander("Fixed questions", key="fixed-questions", on_change="rerun") as drawn:
        if drawn.open:
            show(project_id, language)
            return
    if known := page.services().questions.templates.list_templates(project_id):
        st.caption(f"{pluralize(len(known), 'fixed question')} asked about every image.")


def show(project_id: str, language: str) -> None:
    """Draw the fixed questions of a project and the form that adds or changes one."""
    st.caption(
        "Asked about every image, including images added later. Asking them takes no model call; answering does."
    )
    known = page.services().questions.templates.list_templates(project_id)
    for template in known:
        _row(template)
    # A new key resets the form after a submit.
    key = f"fixed-{st.session_state.get(_EPOCH, 0)}"
    changed = next((question for question in known if question.id == st.session_state.get(_CHANGED)), None)
    if changed is not None:
        st.caption("Images that already have an answer keep the old question. All others get the new one.")
    question = st.text_input(
        "Question", changed.question if changed else "", key=f"{key}-question", placeholder="Is the label damaged?",
        max_chars=2000,
    )  # fmt: skip
    shape = answer_form.show(key, changed)
    with st.container(horizontal=True, key="fixed-buttons"):
        label, icon = ("Save change", "check") if changed else ("Add fixed question", "add")
        saves = st.button(label, icon=f":material/{icon}:", key=f"{key}-add", disabled=not (question or "").strip())
        if changed is not None:
            st.button("Cancel", key="fixed-cancel", on_click=_empty_form)
    if saves:
        with page.show_errors():
            templates = page.services().questions.templates
            if changed is not None:
                templates.change_template(changed.id, question or "", **shape.arguments())
            else:
                templates.add_template(project_id, question or "", language=language, **shape.arguments())
            _empty_form()
            st.rerun()


def _row(template: QuestionTemplates) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"fixed-row-{template.id}"):
        with st.container(width="stretch", gap="xsmall"):
            st.text(template.question)
            st.caption(page.escape(_description(template)))
        st.button(
            "Change",
            icon=":material/edit:",
            key=f"fixed-change-{template.id}",
            on_click=_begin_change,
            args=(template.id,),
        )
        if st.button(
            "Remove", icon=":material/delete:", key=f"fixed-remove-{template.id}",
            help="Removes it from every image where it has no answer yet.",
        ):  # fmt: skip
            with page.show_errors():
                page.services().questions.templates.remove_template(template.id)
                st.rerun()


def _begin_change(template_id: str) -> None:
    _empty_form()
    st.session_state[_CHANGED] = template_id


def _empty_form() -> None:
    st.session_state.pop(_CHANGED, None)
    st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1


def _description(template: QuestionTemplates) -> str:
    if template.answer_type == "label" and isinstance(template.options, list):
        number = "one of" if template.one_label else "one or more of"
        return f"{template.language}, {number}: {', '.join(template.options)}"
    if template.answer_type == "custom_format":
        return f"{template.language}, JSON: {json.dumps(template.options, ensure_ascii=False)}"
    return f"{template.language}, text"
