"""The model picker: a model or a saved profile, its API key when needed, and its parameters."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.accounts.permissions import Act
from core.errors import InvalidInputError, NoVisionError
from core.llm import OFFLINE_MODEL, OFFLINE_MODELS, SEE_MODEL, ModelConfig, ModelInfo
from core.llm.offline.see import ACCURACY
from pages.components.shared import model_parameters, numbers, page, visitor
from pages.components.shared.numbers import pluralize

BUILT_IN_HELP = (
    "It asks and answers only about size, colors, brightness, contrast and similar properties. Its entries name it as "
    "their model."
)
SEE_HELP = (
    "Built in: reads text and finds everyday things with local models, needs no network and costs nothing. It asks and "
    f'answers only what they prove, with boxes as evidence, and is "not sure" otherwise. {ACCURACY}'
)
_FOUND = "models-found"
_PROFILE, _AT = "Profile: ", " at "


@dataclass(frozen=True)
class ModelChoice:
    """A model configuration without its API key, and the key separately, because the key is never stored."""

    config: dict[str, Any]
    api_key: str | None
    refused: bool = False
    """The model does not see images, and the page shows that."""

    @property
    def with_key(self) -> dict[str, Any]:
        return {**self.config, "api_key": self.api_key} if self.api_key else dict(self.config)


def show(key: str, *, image_output: bool = False, built_in: str = "") -> ModelChoice:
    """Draw the picker and return the choice.

    Args:
        image_output: offer only models that generate images.
        built_in: on pages that ask no questions, a sentence on what the built-in model that measures can do there.
    """
    offered = options(image_output=image_output, asks=not built_in)
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-picker"):
        chosen = st.selectbox(
            "Model", offered, key=f"{key}-model", accept_new_options=True,
            persist_state="session", width="stretch",
            help="Choose a model or type any name that litellm knows, for example openai/gpt-4o.",
        )  # fmt: skip
        if not image_output and page.may(Act.MANAGE_SERVER):
            _find_local(key)
    config = config_of(chosen or offered[0])
    of_profile = (chosen or "").startswith(_PROFILE)
    if not of_profile:
        config = model_parameters.values(key) | config
    info = info_of(config)
    config["model"] = info.model
    st.caption(_describe(info, built_in or BUILT_IN_HELP) + (_describe_profile(config) if of_profile else ""))
    choice = ModelChoice(config, _key(info), _is_refused(config, image_output))
    if not of_profile:
        model_parameters.show(key, config)
    if info.model not in OFFLINE_MODELS:
        _connection_test(choice, key)
    return choice


def usual(key: str) -> ModelChoice:
    """Return what the picker of a page that asks questions says before anybody changed it."""
    config = model_parameters.values(key) | config_of(_first())
    info = info_of(config)
    return ModelChoice(config | {"model": info.model}, None, _is_refused(config, image_output=False))


def in_words(choice: ModelChoice) -> str:
    """Return the model with what is known about it, and whether its key is missing."""
    info = info_of(choice.config)
    is_missing = info.key_source is None and not choice.api_key
    return f"{info.model}. {_describe(info, BUILT_IN_HELP)}" + (" Its key is missing." if is_missing else "")


def show_more(key: str, first: ModelChoice) -> list[ModelChoice]:
    """Draw the choice of additional models and return them, without *first*."""
    chosen = st.multiselect(
        "Additional models", [name for name in options() if name != first.config["model"]], key=f"{key}-more-models",
        max_selections=4, accept_new_options=True, persist_state="session", placeholder="None",
        help="Each of them answers every question. Explore lists where they disagree, under Quality.",
    )  # fmt: skip
    keys = {_key_scope(info_of(first.config)): first.api_key}  # models of one provider or address share a key
    choices = []
    for text in chosen:
        config = config_of(text)
        if not text.startswith(_PROFILE):
            config |= {name: value for name, value in first.config.items() if name in ("temperature", "max_tokens")}
        info = info_of(config)
        config["model"] = info.model
        st.caption(f"{page.escape(info.model)}: " + _describe(info, BUILT_IN_HELP))
        if _key_scope(info) not in keys:
            keys[_key_scope(info)] = _key(info)
        choices.append(ModelChoice(config, keys[_key_scope(info)], _is_refused(config, image_output=False)))
    return choices


def info_of(config: dict[str, Any]) -> ModelInfo:
    """Return what is known about the model of a configuration."""
    return page.services().llm.model_info(config["model"], config.get("api_base"))


def options(*, image_output: bool = False, asks: bool = True) -> list[str]:
    """Return the options: the built-in models, profiles, models found on this machine, well-known models.

    The model that sees comes first where questions are asked and its tools are there.
    """
    infos = page.services().llm.models()
    names = [info.model for info in infos if info.image_output == image_output or info.model == OFFLINE_MODEL]
    if image_output:
        return names
    names = names if asks else [name for name in names if name != SEE_MODEL]
    first = _first() if asks else OFFLINE_MODEL
    profiles = [_PROFILE + profile.name for profile in page.services().profiles.list_profiles()]
    return list(dict.fromkeys([first, OFFLINE_MODEL, *profiles, *st.session_state.get(_FOUND, []), *names]))


def _first() -> str:
    """Return the model that is chosen at first where questions are asked."""
    return SEE_MODEL if page.services().evidence.missing() is None else OFFLINE_MODEL


def typed_key(provider: str, api_base: str | None = None) -> str | None:
    """Return the key typed in this session for a provider or a server address, None without one."""
    return st.session_state.get(f"session-key-{_host(api_base) or provider}") or None


def typed_key_for(config: dict[str, Any]) -> str | None:
    """Return the key typed in this session for the model of a task, None without one."""
    return typed_key(_info_of_task(config).provider, config.get("api_base"))


def ask_for_key(config: dict[str, Any]) -> None:
    """Draw the field for the API key of a task's model, unless the environment has one."""
    _key(_info_of_task(config))


def _info_of_task(config: dict[str, Any]) -> ModelInfo:
    name = "/".join(part for part in (config.get("provider"), config["model"]) if part)
    return page.services().llm.model_info(name, config.get("api_base"))


def config_of(text: str) -> dict[str, Any]:
    """Return the configuration of an option: a profile, "model at address", or a model."""
    if text.startswith(_PROFILE):
        name = text.removeprefix(_PROFILE)
        found = [profile for profile in page.services().profiles.list_profiles() if profile.name == name]
        return dict(found[0].config) if found else {"model": OFFLINE_MODEL}
    model, _, api_base = text.partition(_AT)
    if api_base.strip():
        visitor.require(Act.MANAGE_SERVER)
    return {"model": model.strip()} | ({"api_base": api_base.strip()} if api_base.strip() else {})


def _find_local(key: str) -> None:
    if not st.button(
        "Find local models", icon=":material/lan:", key=f"{key}-find-local",
        help="Looks for Ollama, vLLM, LM Studio and llama.cpp on their default ports on this machine.",
    ):  # fmt: skip
        return
    with st.spinner("Looking for models"):
        found = page.wait_for(page.services().llm.find_local_models())
    st.session_state[_FOUND] = [f"{info.model}{_AT}{info.api_base}" for info in found]
    if found:
        st.toast(f"{pluralize(len(found), 'model')} found. They are in the list now.", icon=":material/check:")
        st.rerun()
    st.toast("No model server was found on the default ports of this machine.", icon=":material/info:")


def _is_refused(config: dict[str, Any], image_output: bool) -> bool:
    if image_output:
        return False
    try:
        page.services().evidence.require(ModelConfig.from_dict(config))
    except (NoVisionError, InvalidInputError) as error:
        st.error(page.escape(str(error)), icon=":material/visibility_off:")
        return True
    return False


def _describe(info: ModelInfo, built_in: str) -> str:
    if info.model == SEE_MODEL:
        return SEE_HELP
    if info.model == OFFLINE_MODEL:
        return f"Built in: measures pixels, needs no network and costs nothing. {built_in}"
    sees = {True: "sees images", False: "does not see images", None: "vision support unknown"}[info.vision]
    if info.input_price is None or info.output_price is None:
        price = "price unknown"
    else:
        asked, given = numbers.text(info.input_price, 2), numbers.text(info.output_price, 2)
        price = rf"\${asked} input, \${given} output per million tokens"
    parts = [sees, price]
    if info.deprecated_on:
        parts.append(f"retired on {info.deprecated_on}")
    if info.key_source:
        parts.append("no key needed" if info.key_source == "none needed" else f"key from {info.key_source}")
    sentence = ", ".join(parts)
    return sentence[:1].upper() + sentence[1:] + "."


def _describe_profile(config: dict[str, Any]) -> str:
    shown = {**config, "api_base": _host(config.get("api_base"))}
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items() if value)
    return f" {page.escape(facts)}."


def _key(info: ModelInfo) -> str | None:
    """Draw the field for the API key when none was found; it is optional for a server address of one's own."""
    if info.key_source and not (info.api_base and info.key_source == "none needed"):
        return None
    label = f"API key for {_key_scope(info)}" + (" (optional)" if info.key_source else "")
    return st.text_input(
        page.escape(label), type="password", key=f"session-key-{_key_scope(info)}", persist_state="session",
        placeholder="Paste the key and press Enter",  # a password field does not submit when Tab leaves it
        help="Used in this session only. To store it, set it in the environment or in .streamlit/secrets.toml.",
    ) or None  # fmt: skip


def _key_scope(info: ModelInfo) -> str:
    """Return what the key is for: the server address if there is one, so that no provider's key is sent to it."""
    return _host(info.api_base) or info.provider or info.model


def _host(api_base: str | None) -> str:
    return urlsplit(api_base or "").netloc


def _connection_test(choice: ModelChoice, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if not st.button("Test connection", icon=":material/network_check:", key=f"{key}-test"):
            return
        with st.spinner("Sending a small test image"):
            result = page.wait_for(page.services().llm.test_connection(ModelConfig.from_dict(choice.with_key)))
        icon = "check_circle" if result.ok else "error"
        st.text(result.message, width="content")
        st.markdown(f":material/{icon}:", width="content")
