"""Where keys come from: typed for the session, the environment, or the secrets file. They are never stored.

A key found in the environment only ever goes to the address it belongs to: when a configuration names an
address of its own, the key is looked up under that address's host, so nobody can have another provider's key
sent elsewhere by naming a different address.
"""

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import ConfigurationError, MissingKeyError
from core.llm.types import NO_KEY, ModelConfig

SECRETS_FILE = Path(".streamlit") / "secrets.toml"

KEY_NAMES: dict[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "openrouter": ("OPENROUTER_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY"),
    "fireworks_ai": ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    "deepinfra": ("DEEPINFRA_API_KEY",),
    "xai": ("XAI_API_KEY",),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "azure": ("AZURE_API_KEY",),
}
"""Providers that need one key; the others (vertex_ai, bedrock, ...) find their credentials by themselves."""

_LOCAL_PROVIDERS = frozenset({"offline", "ollama", "ollama_chat", "lm_studio", "hosted_vllm", "llamafile"})


def key_for(config: ModelConfig) -> str | None:
    """Return the key to send; None when the provider finds its credentials by itself.

    Raises:
        MissingKeyError: the provider needs a key and there is none.
    """
    if config.api_key:
        return config.api_key
    provider = provider_of(config)
    if config.api_base:
        return _find(key_names(config))[0] or NO_KEY
    if provider in _LOCAL_PROVIDERS:
        return NO_KEY
    key, _ = _find(key_names(config))
    if key is None and provider in KEY_NAMES:
        name = KEY_NAMES[provider][0]
        raise MissingKeyError(
            f"There is no key for {provider}. Set {name} in the environment or in {SECRETS_FILE}, "
            "or type one for this session."
        )
    return key


def key_source(config: ModelConfig) -> str | None:
    """Say where the key would come from: "session", "environment", "secrets", "none needed", or None."""
    if config.api_key:
        return "session"
    source = _find(key_names(config))[1]
    if source is None and (provider_of(config) in _LOCAL_PROVIDERS or is_local(config.api_base)):
        return "none needed"
    return source


def key_names(config: ModelConfig) -> tuple[str, ...]:
    """Return the names under which the key of *config* is looked for."""
    if config.api_base:
        host = urlsplit(config.api_base).hostname or ""
        return (f"VITRINE_KEY_{re.sub(r'[^A-Z0-9]', '_', host.upper())}",)
    provider = provider_of(config)
    return KEY_NAMES.get(provider, (f"{provider.upper()}_API_KEY",))


def provider_of(config: ModelConfig) -> str:
    return config.litellm_model.split("/", 1)[0]


def is_local(address: str | None) -> bool:
    """Return whether *address* is on this machine or in a private network."""
    host = urlsplit(address or "").hostname or ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".internal", ".localhost"))
    return found.is_loopback or found.is_private


def _find(names: tuple[str, ...]) -> tuple[str | None, str | None]:
    for name in names:
        if os.environ.get(name):
            return os.environ[name], "environment"
    stored = _secrets()
    for name in names:
        if stored.get(name):
            return stored[name], "secrets"
    return None, None


def _secrets() -> dict[str, str]:
    """Read the flat text values of the secrets file; small enough to be read each time."""
    try:
        found = tomllib.loads(SECRETS_FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"{SECRETS_FILE} cannot be read: it is not valid TOML, or not readable. Correct it or remove it."
        ) from error
    return {name: value for name, value in found.items() if isinstance(value, str)}
