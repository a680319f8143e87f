"""The names of models in the arena."""

from urllib.parse import urlsplit

from core.llm import ModelConfig


def contestant(model: ModelConfig) -> str:
    """Return ``provider/model``, with ``@host:port`` behind it for a model at an address of one's own."""
    return model.litellm_model + (f"@{urlsplit(model.api_base).netloc.rpartition('@')[2]}" if model.api_base else "")


def public_name(name: str) -> str:
    """Return the name of a contestant without its address, for what is published."""
    return name.split("@")[0]
