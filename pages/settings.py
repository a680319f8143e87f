"""Settings: models and API keys, prompts, API tokens, audit, bin, limits; each value with its source."""

import streamlit as st

from core import config
from core.accounts.permissions import Act
from core.questions import prompts
from pages.components.settings import accounts, api_tokens, doctor, new_images, storage, webhooks, workers
from pages.components.shared import fixed_questions, folded, language, model_picker, page, tabs, visitor
from pages.components.team import audit, bin

_ACTS = {
    "Models": Act.MANAGE_SERVER, "Prompts": Act.GENERATE_PAID,
    "Fixed questions": Act.CHANGE_PROJECT, "New images": Act.CHANGE_PROJECT,
    "Webhooks": Act.MANAGE_WEBHOOKS,
    "Limits and storage": Act.MANAGE_SERVER, "Doctor": Act.MANAGE_SERVER,
    "Accounts": Act.MANAGE_SERVER,
    "Audit": Act.READ_AUDIT, "Bin": Act.MANAGE_IMAGES,
}  # fmt: skip
"""What a person has to be allowed to see a part of the page; a part without an act is everybody's."""
_KEYS = "API keys come from the environment, from .streamlit/secrets.toml, or are typed for one session."


def main() -> None:
    page.header("Settings", _KEYS if page.may(Act.MANAGE_SERVER) else "")
    parts = {
        "Models": _models,
        "Prompts": _prompts,
        "Fixed questions": _fixed_questions,
        "New images": new_images.show,
        "API tokens": api_tokens.show,
        "Webhooks": webhooks.show,
        "Audit": audit.show,
        "Bin": bin.show,
        "Limits and storage": _values,
        "Doctor": doctor.show,
    }
    if visitor.has_accounts():
        parts["Accounts"] = accounts.show
    shown = {label: draw for label, draw in parts.items() if label not in _ACTS or page.may(_ACTS[label])}
    if "Bin" not in shown and bin.has_projects():
        shown["Bin"] = bin.show
    tabs.show(shown)


def _models() -> None:
    st.header("Where API keys come from", anchor=False)
    st.markdown(
        "1. Typed for this session and never stored.\n"
        "2. The provider's environment variable, for example `OPENAI_API_KEY`, `GEMINI_API_KEY` or "
        "`ANTHROPIC_API_KEY`.\n"
        "3. The same name in `.streamlit/secrets.toml`."
    )
    _profiles()
    with folded.expander("Test a model or save it as a profile", key="settings-model-fold") as is_drawn:
        if is_drawn:
            model_picker.show("settings")


def _profiles() -> None:
    profiles = page.services().profiles
    st.header("Profiles", anchor=False)
    st.caption(
        "A profile stores a model with its address and parameters, never a key. It is offered in every list of models."
    )
    for profile in profiles.list_profiles():
        with st.container(horizontal=True, vertical_alignment="center", key=f"profile-{profile.id}"):
            st.text(profile.name, width="stretch")
            st.text(" at ".join(profile.config[name] for name in ("model", "api_base") if name in profile.config))
            if st.button("Remove", icon=":material/delete:", key=f"profile-remove-{profile.id}"):
                with page.show_errors():
                    profiles.remove_profile(profile.name)
                    st.rerun()


def _fixed_questions() -> None:
    project_id = page.project_id()
    if project_id is None:
        st.caption("Fixed questions belong to a project. Open a project first.")
        return
    st.text(f"Project: {page.services().projects.get_project(project_id).name}")
    asked_in = st.selectbox(
        "Language", list(prompts.LANGUAGES), format_func=language.label, key="fixed-language",
        accept_new_options=True,
    )  # fmt: skip
    fixed_questions.show(project_id, asked_in)


def _prompts() -> None:
    left, right = st.columns(2)
    name = left.selectbox("Prompt", prompts.NAMES, key="settings-prompt")
    asked_in = right.selectbox("Language", list(prompts.LANGUAGES), format_func=language.label, key="settings-language")
    prompt = prompts.load(name, asked_in)
    variables = ", ".join(f"${variable}" for variable in sorted(prompt.variables))
    st.caption(f"Variables: {page.escape(variables)}")
    st.caption(
        page.escape(
            "A prompt of your own, on Generate, can use $count, $language, $kinds, $existing and $image_name, and what "
            "was found in each image: $ocr (lines of text), $objects (with their places) and $tags."
        )
    )
    with st.container(border=True):
        st.text(prompt.text)


def _values() -> None:
    storage.show()
    workers.show()
    st.header("Settings", anchor=False)
    rows = [
        {"Setting": row.variable, "Value": row.value, "Source": row.source, "Reason for the default": row.reason}
        for row in config.describe(page.services().db.settings)
    ]
    st.dataframe(rows, hide_index=True, key="settings-values", height="content")


main()
