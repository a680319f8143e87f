"""Choosing who answers: a model or a saved profile, its key when it needs one, and how it is called."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.errors import NoVisionError
from core.llm import OFFLINE_MODEL, ModelConfig, ModelInfo
from core.pluralize import pluralize
from pages.components.shared import model_parameters, page

ASKS = "It asks and answers only about size, colors, brightness, contrast and the like, and its entries carry its name."
_FOUND = "models-found"
_PROFILE, _AT = "Profile: ", " at "


@dataclass(frozen=True)
class ModelChoice:
    """A model configuration without its key, and the key apart, so that only one of them is ever stored."""

    config: dict[str, Any]
    api_key: str | None
    refused: bool = False
    """It is known not to see images, and the page has said so."""

    @property
    def with_key(self) -> dict[str, Any]:
        return {**self.config, "api_key": self.api_key} if self.api_key else dict(self.config)


def show(key: str, *, image_output: bool = False, built_in: str = ASKS) -> ModelChoice:
    """Draw the picker; with *image_output* only models that make images are offered.

    *built_in* says what the built-in model can do where the picker stands.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-picker"):
        chosen = st.selectbox(
            "Model", options(image_output=image_output), key=f"{key}-model", accept_new_options=True,
            persist_state="session", width="stretch",
            help="Any model litellm knows: choose one or type its name, for example openai/gpt-4o.",
        )  # fmt: skip
        if not image_output:
            _find_local(key)
    config = _config_of(chosen or OFFLINE_MODEL)
    of_profile = (chosen or "").startswith(_PROFILE)
    if not of_profile:
        config = model_parameters.stated(key) | config
    info = _info(config)
    config["model"] = info.model
    st.caption(_in_words(info, built_in) + (_profile_in_words(config) if of_profile else ""))
    choice = ModelChoice(config, _key(info), _is_refused(config, image_output))
    if not of_profile:
        model_parameters.show(key, config)
    if info.model != OFFLINE_MODEL:
        _connection_test(choice, key)
    return choice


def show_more(key: str, first: ModelChoice) -> list[ModelChoice]:
    """Draw the choice of models that answer besides the *first*."""
    chosen = st.multiselect(
        "Also ask", [one for one in options() if one != first.config["model"]], key=f"{key}-more-models",
        max_selections=4, accept_new_options=True, persist_state="session", placeholder="No other model",
        help="Each answers every question. Where they disagree, Explore lists it as a quality check.",
    )  # fmt: skip
    keys = {_place(_info(first.config)): first.api_key}  # asked for once, whoever shares it
    choices = []
    for text in chosen:
        config = _config_of(text)
        if not text.startswith(_PROFILE):
            config |= {name: value for name, value in first.config.items() if name in ("temperature", "max_tokens")}
        info = _info(config)
        config["model"] = info.model
        st.caption(f"{page.escape(info.model)}: " + _in_words(info, ASKS))
        if _place(info) not in keys:
            keys[_place(info)] = _key(info)
        choices.append(ModelChoice(config, keys[_place(info)], _is_refused(config, image_output=False)))
    return choices


def _info(config: dict[str, Any]) -> ModelInfo:
    return page.services().llm.model_info(config["model"], config.get("api_base"))


def options(*, image_output: bool = False) -> list[str]:
    """Return what is offered: the built-in model, profiles, models found on this machine, the well-known ones."""
    infos = page.services().llm.models()
    names = [info.model for info in infos if info.image_output == image_output or info.model == OFFLINE_MODEL]
    if image_output:
        return names
    profiles = [_PROFILE + profile.name for profile in page.services().profiles.list_profiles()]
    return list(dict.fromkeys([OFFLINE_MODEL, *profiles, *st.session_state.get(_FOUND, []), *names]))


def typed_key(provider: str, api_base: str | None = None) -> str | None:
    """Return the key that was typed in this session for a provider, or for an address of one's own."""
    return st.session_state.get(f"session-key-{_host(api_base) or provider}") or None


def typed_key_for(config: dict[str, Any]) -> str | None:
    """Return the key that was typed in this session for the model of a task."""
    return typed_key(_info_of_task(config).provider, config.get("api_base"))


def ask_for_key(config: dict[str, Any]) -> None:
    """Draw the field for the key of a task's model, unless the machine has one."""
    _key(_info_of_task(config))


def _info_of_task(config: dict[str, Any]) -> ModelInfo:
    name = "/".join(part for part in (config.get("provider"), config["model"]) if part)
    return page.services().llm.model_info(name, config.get("api_base"))


def _config_of(text: str) -> dict[str, Any]:
    """Read an option: a profile, "model at address", or a model."""
    if text.startswith(_PROFILE):
        found = [one for one in page.services().profiles.list_profiles() if one.name == text.removeprefix(_PROFILE)]
        return dict(found[0].config) if found else {"model": OFFLINE_MODEL}
    model, _, api_base = text.partition(_AT)
    return {"model": model.strip()} | ({"api_base": api_base.strip()} if api_base.strip() else {})


def _find_local(key: str) -> None:
    if not st.button(
        "Find local models", icon=":material/lan:", key=f"{key}-find-local",
        help="Looks for Ollama, vLLM, LM Studio and llama.cpp on their usual ports of this machine.",
    ):  # fmt: skip
        return
    with st.spinner("Looking"):
        found = page.wait_for(page.services().llm.find_local_models())
    st.session_state[_FOUND] = [f"{info.model}{_AT}{info.api_base}" for info in found]
    if found:
        st.toast(f"{pluralize(len(found), 'model')} found; the list offers them now.", icon=":material/check:")
        st.rerun()
    st.toast("No model server answers on the usual ports of this machine.", icon=":material/info:")


def _is_refused(config: dict[str, Any], image_output: bool) -> bool:
    if image_output:
        return False
    try:
        page.services().llm.require_vision(ModelConfig.from_dict(config))
    except NoVisionError as error:
        st.error(page.escape(str(error)), icon=":material/visibility_off:")
        return True
    return False


def _in_words(info: ModelInfo, built_in: str) -> str:
    if info.model == OFFLINE_MODEL:
        return f"Built in: measures pixels, needs no network and costs nothing. {built_in}"
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


def _profile_in_words(config: dict[str, Any]) -> str:
    # The host alone: a whole address would be drawn as a link.
    stated = {**config, "api_base": _host(config.get("api_base"))}
    return (
        page.escape(" " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in stated.items() if value))
        + "."
    )


def _key(info: ModelInfo) -> str | None:
    """Ask for a key where none was found; an address of one's own may want one or not."""
    if info.key_source and not (info.api_base and info.key_source == "none needed"):
        return None
    label = f"Key for {_place(info)}" + (", if it wants one" if info.key_source else "")
    return st.text_input(
        page.escape(label), type="password", key=f"session-key-{_place(info)}", persist_state="session",
        placeholder="Paste it and press Enter",  # the field does not take it over when Tab leaves it
        help="Kept for this session only. To keep it, set it in the environment or in .streamlit/secrets.toml.",
    ) or None  # fmt: skip


def _place(info: ModelInfo) -> str:
    """Return whose key it is: the address's own, so that no other provider's is sent there."""
    return _host(info.api_base) or info.provider or info.model


def _host(api_base: str | None) -> str:
    return urlsplit(api_base or "").netloc


def _connection_test(choice: ModelChoice, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if not st.button("Test connection", icon=":material/network_check:", key=f"{key}-test"):
            return
        with st.spinner("Sending one small image"):
            result = page.wait_for(page.services().llm.test_connection(ModelConfig.from_dict(choice.with_key)))
        icon = "check_circle" if result.ok else "error"
        st.text(result.sentence, width="content")
        st.markdown(f":material/{icon}:", width="content")
