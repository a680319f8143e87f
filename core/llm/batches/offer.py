"""Which models have batches, and what they cost there."""

from dataclasses import dataclass

from core.llm import keys, models, providers
from core.llm.types import ModelConfig

HOURS = 24
# What the providers with batches say themselves, for models that litellm's table has no price of batches for.
_USUAL_SHARE = 0.5


@dataclass(frozen=True)
class BatchOffer:
    """What a provider offers for requests that it may answer later."""

    price_share: float
    """Of the price of a call that is sent at once."""
    is_listed: bool
    """Whether the price is in litellm's table; else it is what the provider says of all its models."""
    hours: int = HOURS
    """The longest time until an answer; what was not answered by then is not charged."""


def has_batches(config: ModelConfig) -> bool:
    """Return whether the provider of a model is known to have batches; a server of the user's own may lack them."""
    return bool(providers.find(keys.provider_of(config)).batches)


def offer_of(config: ModelConfig) -> BatchOffer | None:
    """Return what the provider of a model offers; None when it is not known to have batches at a lower price.

    What an address of the user's own offers is not known, except Azure's, which always has one.
    """
    provider = keys.provider_of(config)
    if not has_batches(config) or providers.find(provider).local or (config.api_base and provider != "azure"):
        return None
    entry = models.entry_of(config.litellm_model)
    usual, lower = entry.get("input_cost_per_token"), entry.get("input_cost_per_token_batches")
    return BatchOffer(lower / usual, True) if usual and lower else BatchOffer(_USUAL_SHARE, False)


def price_share(config: ModelConfig) -> float:
    """Return what a call of a model costs in a batch, as a share of the usual price."""
    offer = offer_of(ModelConfig(config.model, config.provider))
    return offer.price_share if offer else 1.0
