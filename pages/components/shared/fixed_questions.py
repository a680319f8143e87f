"""Fixed questions: put to every image of a project, also to those added later."""

import json

import streamlit as st

from core.pluralize import pluralize
from core.questions import QuestionTemplates
from pages.components.shared import answer_form, page

_EPOCH = "fixed-question-epoch"
_CHANGED = "fixed-question-changed"


def expander(project_id: str, language: str) -> None:
    """Draw them folded, with their number below while they are."""
    # A label that changes is another expander to Streamlit, and closes: the number stands outside.
    with st.expander("Fixed questions", key="fixed-questions", on_change="rerun") as drawn:
        if drawn.open:
            show(project_id, language)
            return
    if known := page.services().questions.templates.list_templates(project_id):
        st.caption(f"{pluralize(len(known), 'fixed question')} put to every image.")


def show(project_id: str, language: str) -> None:
    """Draw the fixed questions of a project, and the form that adds or changes one."""
    st.caption("Put to every image, also to those added later, when a task asks or answers. They cost no call to ask.")
    known = page.services().questions.templates.list_templates(project_id)
    for template in known:
        _row(template)
    # A new key empties the form after it was used.
    key = f"fixed-{st.session_state.get(_EPOCH, 0)}"
    changed = next((one for one in known if one.id == st.session_state.get(_CHANGED)), None)
    if changed is not None:
        st.caption("Images that have answered it keep it as it was; all others are asked the new one.")
    question = st.text_input(
        "Question", changed.question if changed else "", key=f"{key}-question", placeholder="Is the label damaged?",
        max_chars=2000,
    )  # fmt: skip
    shape = answer_form.show(key, changed)
    with st.container(horizontal=True, key="fixed-buttons"):
        label, icon = ("Save the change", "check") if changed else ("Add fixed question", "add")
        saves = st.button(label, icon=f":material/{icon}:", key=f"{key}-add", disabled=not (question or "").strip())
        if changed is not None:
            st.button("Leave it", key="fixed-leave", on_click=_empty_form)
    if saves:
        with page.show_errors():
            templates = page.services().questions.templates
            if changed is not None:
                templates.change_template(changed.id, question or "", **shape.checked())
            else:
                templates.add_template(project_id, question or "", language=language, **shape.checked())
            _empty_form()
            st.rerun()


def _row(template: QuestionTemplates) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"fixed-row-{template.id}"):
        with st.container(width="stretch", gap="xsmall"):
            st.text(template.question)
            st.caption(page.escape(_in_words(template)))
        st.button(
            "Change",
            icon=":material/edit:",
            key=f"fixed-change-{template.id}",
            on_click=_begin_change,
            args=(template.id,),
        )
        if st.button(
            "Remove", icon=":material/delete:", key=f"fixed-remove-{template.id}",
            help="It goes from every image where it has no answer yet.",
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


def _in_words(template: QuestionTemplates) -> str:
    if template.answer_type == "label" and isinstance(template.options, list):
        number = "one of" if template.one_label else "one or more of"
        return f"{template.language}, {number}: {', '.join(template.options)}"
    if template.answer_type == "custom_format":
        return f"{template.language}, JSON: {json.dumps(template.options, ensure_ascii=False)}"
    return f"{template.language}, text"
