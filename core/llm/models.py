"""What is known about models: their provider, whether they support images, prices, date of withdrawal.

litellm's table is read from its file, because importing litellm takes seconds and pages need this at once.
"""

from functools import cache
from typing import Any

from core.llm import keys, litellm_private, providers
from core.llm.types import OFFLINE_MODEL, OFFLINE_MODELS, ModelConfig, ModelInfo

_MILLION = 1_000_000
_IMAGE_MODEL_NAMES = ("-image", "nano-banana", "image-latest")


def models() -> list[ModelInfo]:
    """Return the suggested models, then every vision model of each provider that has a key."""
    table = providers.table()
    suggested = list(dict.fromkeys([*table.suggested_chat, *table.suggested_image]))
    return [model_info(name) for name in [*suggested, *_usable_models(set(suggested))]]


def model_info(model: str, api_base: str | None = None) -> ModelInfo:
    """Return what is known about *model*; with *api_base*, a custom URL, only the price its name has elsewhere."""
    config = ModelConfig(model=model, api_base=api_base)
    provider = keys.provider_of(config)
    model = config.litellm_model
    listed = entry_of(model)
    entry = {} if api_base else listed
    return ModelInfo(
        model=model,
        provider=provider,
        vision=_supports_vision(model, provider, entry),
        image_output=model == OFFLINE_MODEL or makes_images(model, entry),
        # The ledger uses this price too, with any base URL.
        input_price=_per_million(model, listed, "input_cost_per_token"),
        output_price=_per_million(model, listed, "output_cost_per_token"),
        deprecated_on=entry.get("deprecation_date"),
        key_source=keys.key_source(config),
        api_base=api_base,
    )


def supports_vision(config: ModelConfig) -> bool | None:
    """Return whether the model accepts images; None when it is unknown."""
    model = config.litellm_model
    return _supports_vision(model, keys.provider_of(config), {} if config.api_base else entry_of(model))


def entry_of(model: str) -> dict[str, Any]:
    """Return the row of litellm's table for *model*, empty when there is none."""
    table = _table()
    if model in table:
        return table[model]
    provider, _, bare = model.partition("/")
    entry = table.get(bare, {})
    return entry if str(entry.get("litellm_provider", "")).startswith(provider) else {}


def makes_images(model: str, entry: dict[str, Any] | None = None) -> bool:
    """Return whether *model* generates images; *entry* is its row of litellm's table."""
    entry = entry_of(model) if entry is None else entry
    if entry:
        return entry.get("mode") == "image_generation" or "image" in entry.get("supported_output_modalities", ())
    return any(name in model for name in _IMAGE_MODEL_NAMES)


def makes_vectors(model: str) -> bool:
    """Return whether *model* makes vectors of what it is sent."""
    entry = entry_of(model)
    if entry:
        return entry.get("mode") == "embedding"
    return any(name in model.lower() for name in providers.table().embedding_names)


def vision_models(limit: int = 3) -> list[str]:
    """Return the names of suggested models that are known to accept images, those with a key first."""
    infos = [model_info(name) for name in providers.table().suggested_chat]
    found = sorted((info for info in infos if info.vision), key=lambda info: info.key_source is None)
    return [info.model for info in found[:limit]]


def price_of_call(model: str, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
    """Return the US dollars of a call by litellm's table; None when the tokens or the price are unknown."""
    entry = entry_of(model)
    input_price, output_price = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if input_price is None or output_price is None or prompt_tokens is None:
        return None
    return (
        float(input_price * prompt_tokens + output_price * (completion_tokens or 0)) or None
    )  # as 0 it states a price that it does not know


def price_of_image(model: str) -> float | None:
    """Return the US dollars of sending one image, by litellm's table; None when it does not say."""
    price = entry_of(model).get("input_cost_per_image")
    return float(price) if price else None


def _supports_vision(model: str, provider: str, entry: dict[str, Any]) -> bool | None:
    if model in OFFLINE_MODELS:
        return True
    if "supports_vision" in entry:
        return bool(entry["supports_vision"])
    if makes_images(model, entry):
        return None
    if makes_vectors(model):
        return False
    is_chat_model = entry.get("mode") in ("chat", "completion", "responses")
    return False if is_chat_model and providers.find(provider).prices_are_complete and "ft:" not in model else None


def _per_million(model: str, entry: dict[str, Any], name: str) -> float | None:
    if model in OFFLINE_MODELS:
        return 0.0
    price = entry.get(name)
    return round(float(price) * _MILLION, 6) if price else None


def _usable_models(suggested: set[str]) -> list[str]:
    """Return the other vision models of litellm's table whose provider has a key."""
    found = set()
    with_key = {
        provider.name
        for provider in providers.table().providers.values()
        if provider.key_variables and keys.key_source(ModelConfig(model="any", provider=provider.name))
    }
    for name, entry in _table().items() if with_key else ():
        provider = str(entry.get("litellm_provider", ""))
        if provider in with_key and entry.get("mode") == "chat" and entry.get("supports_vision"):
            found.add(name if name.startswith(f"{provider}/") else f"{provider}/{name}")
    return sorted(found - suggested)


@cache
def _table() -> dict[str, dict[str, Any]]:
    return litellm_private.price_table()
