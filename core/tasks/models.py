"""The model configs of a task, as they are stored in its config."""

from collections.abc import Mapping
from typing import Any


def models_of(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the model configs of a task in order; the index of each identifies its session key.

    Args:
        config: The config of the task: with ``models``, or in the documented form with ``llm_config`` and the older
            ``more_models``.
    """
    if config.get("models"):
        return list(config["models"])
    first = config.get("llm_config")
    return [first, *(config.get("more_models") or [])] if first else []


def with_models(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return *config* with its model configs under ``models``, in the form that is stored."""
    models = models_of(config)
    rest = {name: value for name, value in config.items() if name not in ("models", "llm_config", "more_models")}
    return rest | ({"models": models} if models else {})
