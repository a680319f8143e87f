"""What is known about models: who makes them, whether they see, what they cost, when they are withdrawn.

litellm's table is read from its file, because importing litellm takes seconds and pages ask for this at once.
"""

import json
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core import process
from core.llm import keys
from core.llm.types import OFFLINE_MODEL, ModelConfig, ModelInfo

_OFFERED = Path(__file__).with_name("models.toml")
_TABLE = "model_prices_and_context_window_backup.json"
# In the table of these makers a missing mark means "no"; elsewhere it means that nobody filled it in.
_WELL_DESCRIBED = frozenset({"openai", "anthropic", "gemini", "mistral", "xai", "groq"})
_MILLION = 1_000_000
_IMAGE_NAMES = ("-image", "nano-banana", "image-latest")


@cache
def offered() -> dict[str, Any]:
    """Return the editable list of models and local servers, as it was when the process began."""
    return tomllib.loads(_OFFERED.read_text(encoding="utf-8"))


def models() -> list[ModelInfo]:
    """Return the models to offer: the list in ``models.toml``, then every vision model there is a key for."""
    listed = offered()
    names = list(dict.fromkeys([*listed["chat"], *listed["image"]]))
    return [model_info(name) for name in [*names, *_with_a_key(set(names))]]


def model_info(model: str, api_base: str | None = None) -> ModelInfo:
    """Return what is known about *model*; at an address of its own, only what its name costs at its maker."""
    config = ModelConfig(model=model, api_base=api_base)
    provider = keys.provider_of(config)
    model = config.litellm_model
    listed = entry_of(model)
    entry = {} if api_base else listed
    return ModelInfo(
        model=model,
        provider=provider,
        vision=_sees(model, provider, entry),
        image_output=model == OFFLINE_MODEL or makes_images(model, entry),
        # Calls are booked by this price too, wherever they go.
        input_price=_per_million(model, listed, "input_cost_per_token"),
        output_price=_per_million(model, listed, "output_cost_per_token"),
        deprecated_on=entry.get("deprecation_date"),
        key_source=keys.key_source(config),
        api_base=api_base,
    )


def sees(config: ModelConfig) -> bool | None:
    """Return whether the model sees images; None when nobody knows."""
    model = config.litellm_model
    return _sees(model, keys.provider_of(config), {} if config.api_base else entry_of(model))


def entry_of(model: str) -> dict[str, Any]:
    """Return the row of litellm's table for *model*, empty when there is none."""
    table = _table()
    if model in table:
        return table[model]
    provider, _, bare = model.partition("/")
    entry = table.get(bare, {})
    return entry if str(entry.get("litellm_provider", "")).startswith(provider) else {}


def makes_images(model: str, entry: dict[str, Any] | None = None) -> bool:
    entry = entry_of(model) if entry is None else entry
    if entry:
        return entry.get("mode") == "image_generation" or "image" in entry.get("supported_output_modalities", ())
    return any(name in model for name in _IMAGE_NAMES)


def models_that_see(limit: int = 3) -> list[str]:
    """Return a few models that are known to see images, those with a key first."""
    infos = [model_info(name) for name in offered()["chat"]]
    seeing = sorted((info for info in infos if info.vision), key=lambda info: info.key_source is None)
    return [info.model for info in seeing[:limit]]


def _sees(model: str, provider: str, entry: dict[str, Any]) -> bool | None:
    if model == OFFLINE_MODEL:
        return True
    if "supports_vision" in entry:
        return bool(entry["supports_vision"])
    if makes_images(model, entry):
        return None
    chats = entry.get("mode") in ("chat", "completion", "responses")
    return False if chats and provider in _WELL_DESCRIBED and "ft:" not in model else None


def _per_million(model: str, entry: dict[str, Any], name: str) -> float | None:
    if model == OFFLINE_MODEL:
        return 0.0
    price = entry.get(name)
    return round(float(price) * _MILLION, 6) if price else None


def _with_a_key(listed: set[str]) -> list[str]:
    found = set()
    providers = {
        provider for provider in keys.KEY_NAMES if keys.key_source(ModelConfig(model="any", provider=provider))
    }
    for name, entry in _table().items() if providers else ():
        provider = str(entry.get("litellm_provider", ""))
        if provider in providers and entry.get("mode") == "chat" and entry.get("supports_vision"):
            found.add(name if name.startswith(f"{provider}/") else f"{provider}/{name}")
    return sorted(found - listed)


def _table() -> dict[str, dict[str, Any]]:
    return process.singleton("llm_model_table", _read_table)


def _read_table() -> dict[str, dict[str, Any]]:
    found = find_spec("litellm")
    if found is None or not found.submodule_search_locations:
        return {}
    path = Path(next(iter(found.submodule_search_locations))) / _TABLE
    rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: row for name, row in rows.items() if isinstance(row, dict) and name != "sample_spec"}
