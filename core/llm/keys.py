"""Finds API keys: typed for the session, in the environment, or in the secrets file. Keys are never stored.

A key from the environment is only ever sent to the base URL it belongs to. When a configuration names its own base URL,
the key is looked up under that host's name, so that a provider's key cannot be sent to another host by naming its URL.
"""

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import ConfigurationError, MissingKeyError
from core.llm import providers
from core.llm.types import NO_KEY, ModelConfig

SECRETS_FILE = Path(".streamlit") / "secrets.toml"


def key_for(config: ModelConfig) -> str | None:
    """Return the key to send; None when the provider's library finds its credentials itself (vertex_ai, bedrock).

    Raises:
        MissingKeyError: the provider needs a key and none was found.
        ConfigurationError: the secrets file cannot be read.
    """
    if config.api_key:
        return config.api_key
    provider = providers.find(provider_of(config))
    if config.api_base:
        return _find(key_names(config))[0] or NO_KEY
    if provider.local:
        return NO_KEY
    key, _ = _find(key_names(config))
    if key is None and provider.key_variables:
        variable = provider.key_variables[0]
        missing = MissingKeyError(
            f"There is no key for {provider.name}. Set {variable} in the environment or in "
            f"{SECRETS_FILE}, or type one for this session."
        )
        missing.variable = variable
        raise missing
    return key


def key_source(config: ModelConfig) -> str | None:
    """Return where the key comes from: "session", "environment", "secrets", "none needed", or None.

    Raises:
        ConfigurationError: the secrets file cannot be read.
    """
    if config.api_key:
        return "session"
    source = _find(key_names(config))[1]
    if source is None and (providers.find(provider_of(config)).local or is_local(config.api_base)):
        return "none needed"
    return source


def key_names(config: ModelConfig) -> tuple[str, ...]:
    """Return the names of the environment variables in which the key of *config* is looked for."""
    if config.api_base:
        host = urlsplit(config.api_base).hostname or ""
        return (f"VITRINE_KEY_{re.sub(r'[^A-Z0-9]', '_', host.upper())}",)
    provider = providers.find(provider_of(config))
    return provider.key_variables or (f"{provider.name.upper()}_API_KEY",)


def provider_of(config: ModelConfig) -> str:
    """Return the name of the provider that *config* calls: the part before the first slash of the model."""
    return config.litellm_model.split("/", 1)[0]


def is_local(url: str | None) -> bool:
    """Return whether *url* is on this machine or in a private network."""
    host = urlsplit(url or "").hostname or ""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".internal", ".localhost"))
    return parsed.is_loopback or parsed.is_private


def _find(names: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return the key stored under the first of *names* that has one, and where it was found."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name], "environment"
    stored = _secrets()
    for name in names:
        if stored.get(name):
            return stored[name], "secrets"
    return None, None


def _secrets() -> dict[str, str]:
    """Return the text values at the top level of the secrets file, which is small enough to be read each time."""
    try:
        parsed = tomllib.loads(SECRETS_FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"{SECRETS_FILE} cannot be read: it is not valid TOML, or not readable. Correct it or remove it."
        ) from error
    return {name: value for name, value in parsed.items() if isinstance(value, str)}
