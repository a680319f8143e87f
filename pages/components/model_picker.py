"""Choosing who answers: a model, its key when it needs one, and how it is called."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.llm import OFFLINE_MODEL, ModelConfig, ModelInfo
from pages.components import page

_TEMPERATURE = 0.7
_MAX_TOKENS = 2_048


@dataclass(frozen=True)
class ModelChoice:
    """A model configuration without its key, and the key apart, so that only one of them is ever stored."""

    config: dict[str, Any]
    api_key: str | None

    @property
    def with_key(self) -> dict[str, Any]:
        return {**self.config, "api_key": self.api_key} if self.api_key else dict(self.config)


def show(key: str, *, image_output: bool = False) -> ModelChoice:
    """Draw the picker; with *image_output* only models that make images are offered."""
    llm = page.services().llm
    offered = [info for info in llm.models() if info.image_output == image_output or info.model == OFFLINE_MODEL]
    model = st.selectbox(
        "Model",
        [info.model for info in offered],
        key=f"{key}-model",
        accept_new_options=True,
        persist_state="session",
        help="Any model litellm knows: choose one or type its name, for example openai/gpt-4o.",
    )
    info = llm.model_info(model or OFFLINE_MODEL)
    st.caption(_in_words(info))
    api_key = None if info.key_source else _key_field(info)
    config = {"model": info.model} | _parameters(key)
    choice = ModelChoice(config, api_key or None)
    if info.model != OFFLINE_MODEL:
        _connection_test(choice, key)
    return choice


def _parameters(key: str) -> dict[str, Any]:
    """Return how the model is called; drawn only while it is open, because few ever look."""
    address, warmth, longest = f"{key}-api-base", f"{key}-temperature", f"{key}-max-tokens"
    with st.expander("Address and parameters", key=f"{key}-advanced", on_change="rerun") as advanced:
        if advanced.open:
            st.text_input(
                "Server address", key=address, persist_state="session", placeholder="http://localhost:11434/v1",
                help="For Ollama, vLLM, LM Studio and other servers of your own. Empty: the provider's own address.",
            )  # fmt: skip
            st.slider("Temperature", 0.0, 2.0, _TEMPERATURE, 0.1, key=warmth, persist_state="session")
            st.number_input(
                "Longest reply, in tokens", 64, 32_768, _MAX_TOKENS, 64, key=longest, persist_state="session"
            )
    api_base = (st.session_state.get(address) or "").strip()
    return {
        "temperature": st.session_state.get(warmth, _TEMPERATURE),
        "max_tokens": int(st.session_state.get(longest, _MAX_TOKENS)),
    } | ({"api_base": api_base} if api_base else {})


def _in_words(info: ModelInfo) -> str:
    if info.model == OFFLINE_MODEL:
        return (
            "Built in: measures pixels, needs no network and costs nothing. It asks and answers only about size, "
            "colors, brightness, contrast and the like, and its entries carry its name."
        )
    sees = {True: "sees images", False: "does not see images", None: "may or may not see images"}[info.vision]
    if info.input_price is None or info.output_price is None:
        price = "price unknown"
    else:
        price = f"${info.input_price:,.2f} in, ${info.output_price:,.2f} out per million tokens".replace("$", r"\$")
    parts = [sees, price]
    if info.deprecated_on:
        parts.append(f"withdrawn on {info.deprecated_on}")
    if info.key_source:
        parts.append("no key needed" if info.key_source == "none needed" else f"key from {info.key_source}")
    sentence = ", ".join(parts)
    return sentence[:1].upper() + sentence[1:] + "."


def _key_field(info: ModelInfo) -> str | None:
    return st.text_input(
        f"Key for {info.provider or info.model}",
        type="password",
        key=f"session-key-{info.provider}",
        persist_state="session",
        help="Kept for this session only. To keep it, set it in the environment or in .streamlit/secrets.toml.",
    )


def _connection_test(choice: ModelChoice, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if not st.button("Test connection", icon=":material/network_check:", key=f"{key}-test"):
            return
        with st.spinner("Sending one small image"):
            result = page.wait_for(page.services().llm.test_connection(ModelConfig.from_dict(choice.with_key)))
        icon = "check_circle" if result.ok else "error"
        st.text(result.sentence, width="content")
        st.markdown(f":material/{icon}:", width="content")
