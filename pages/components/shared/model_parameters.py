"""The parameters of a model: server address, limits, and the profile that stores them."""

from typing import Any

import streamlit as st

from core.accounts.permissions import Act
from core.llm import OFFLINE_MODELS
from pages.components.shared import page

_TEMPERATURE = 0.7
_MAX_TOKENS = 2_048
_LIMITS = {
    "max_side_px": ("Longest side of the images sent, in px", 128, 4096),
    "requests_per_minute": ("Maximum calls per minute", 1, 100_000),
    "tokens_per_minute": ("Maximum tokens per minute", 1_000, 100_000_000),
}
_PLACEHOLDERS = {
    "max_side_px": "Default of the settings",
    "requests_per_minute": "No limit",
    "tokens_per_minute": "No limit",
}


def values(key: str) -> dict[str, Any]:
    """Return the parameters that were set, also while the fields are not drawn."""
    api_base = (st.session_state.get(f"{key}-api-base") or "").strip()
    limits = {name: st.session_state.get(f"{key}-{name}") for name in _LIMITS}
    return {
        "temperature": st.session_state.get(f"{key}-temperature", _TEMPERATURE),
        "max_tokens": int(st.session_state.get(f"{key}-max-tokens", _MAX_TOKENS)),
        **({"api_base": api_base} if api_base else {}),
        **{name: int(value) for name, value in limits.items() if value},
    }


def without_usual(config: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a model that differ from those it has when nobody set any."""
    usual = {"temperature": _TEMPERATURE, "max_tokens": _MAX_TOKENS}
    return {name: value for name, value in config.items() if usual.get(name) != value}


def show(key: str, config: dict[str, Any]) -> None:
    """Draw the fields in an expander, only while it is open; *config* is what a profile would store."""
    with st.expander("Address and parameters", key=f"{key}-advanced", on_change="rerun") as advanced:
        if advanced.open:
            _fields(key)
            if config["model"] not in OFFLINE_MODELS:
                _save(key, config)


def _fields(key: str) -> None:
    st.text_input(
        "Server address", key=f"{key}-api-base", persist_state="session", placeholder="http://localhost:11434/v1",
        help="For Ollama, vLLM, LM Studio and other servers you run. Leave it empty to use the provider's address.",
    )  # fmt: skip
    st.slider("Temperature", 0.0, 2.0, _TEMPERATURE, 0.1, key=f"{key}-temperature", persist_state="session")
    st.number_input(
        "Maximum reply length, in tokens", 64, 32_768, _MAX_TOKENS, 64, key=f"{key}-max-tokens", persist_state="session"
    )
    for name, (label, least, most) in _LIMITS.items():
        st.number_input(
            label, least, most, None, key=f"{key}-{name}", persist_state="session", placeholder=_PLACEHOLDERS[name]
        )


def _save(key: str, config: dict[str, Any]) -> None:
    if not page.may(Act.MANAGE_SERVER):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-profile"):
        name = st.text_input(
            "Save as profile", key=f"{key}-profile-name", placeholder="Name", max_chars=60,
            help="Stores the model, its address and parameters under this name, without the key.",
        )  # fmt: skip
        if st.button(
            "Save profile", icon=":material/bookmark:", key=f"{key}-profile-save", disabled=not (name or "").strip()
        ):
            with page.show_errors():
                page.services().profiles.save_profile(name or "", config)
                st.toast("Profile saved. It is in the list of models now.", icon=":material/check:")
                st.rerun()
