"""Fixed questions: put to every image of a project, also to those added later."""

import json

import streamlit as st

from core.questions import QuestionTemplates
from pages.components import answer_form, page

_EPOCH = "fixed-question-epoch"


def expander(project_id: str, language: str) -> None:
    """Draw them folded, with their number in the label."""
    known = page.services().questions.templates.list_templates(project_id)
    number = f" ({len(known)})" if known else ""
    with st.expander(f"Fixed questions{number}", key="fixed-questions", on_change="rerun") as drawn:
        if drawn.open:
            show(project_id, language)


def show(project_id: str, language: str) -> None:
    """Draw the fixed questions of a project and the way to add one."""
    st.caption("Put to every image, also to those added later, when a task asks or answers. They cost no call to ask.")
    for template in page.services().questions.templates.list_templates(project_id):
        _row(template)
    # A new key empties the form after it was used.
    key = f"fixed-{st.session_state.get(_EPOCH, 0)}"
    question = st.text_input("Question", key=f"{key}-question", placeholder="Is the label damaged?", max_chars=2000)
    shape = answer_form.show(key)
    if st.button("Add fixed question", icon=":material/add:", key=f"{key}-add", disabled=not (question or "").strip()):
        with page.errors_in_words():
            page.services().questions.templates.add_template(
                project_id, question or "", language=language, **shape.checked()
            )
            st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1
            st.rerun()


def _row(template: QuestionTemplates) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"fixed-row-{template.id}"):
        with st.container(width="stretch", gap="xsmall"):
            st.text(template.question)
            st.caption(page.plain(_in_words(template)))
        if st.button(
            "Remove", icon=":material/delete:", key=f"fixed-remove-{template.id}",
            help="It goes from every image where it has no answer yet.",
        ):  # fmt: skip
            with page.errors_in_words():
                page.services().questions.templates.remove_template(template.id)
                st.rerun()


def _in_words(template: QuestionTemplates) -> str:
    if template.answer_type == "label" and isinstance(template.options, list):
        number = "one of" if template.one_label else "one or more of"
        return f"{template.language}, {number}: {', '.join(template.options)}"
    if template.answer_type == "custom_format":
        return f"{template.language}, JSON: {json.dumps(template.options, ensure_ascii=False)}"
    return f"{template.language}, text"
