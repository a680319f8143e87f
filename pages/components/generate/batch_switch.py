"""The switch of Generate that lets the provider answer later, at a lower price."""

from collections.abc import Sequence

import streamlit as st

from core.llm import BatchOffer, ModelConfig
from pages.components.shared import numbers, page
from pages.components.shared.model_picker import ModelChoice


def show(choices: Sequence[ModelChoice]) -> bool:
    """Draw the switch if all models have batches; return whether it is on."""
    offers = [page.services().llm.batch_offer(ModelConfig.from_dict(choice.config)) for choice in choices]
    known = [offer for offer in offers if offer is not None]
    if len(known) < len(offers):
        return False
    hours = max(offer.hours for offer in known)
    return st.toggle(
        f"Answer within {hours} hours at {_price(known)}", key="generate-batch", persist_state="session",
        help="The requests are sent in batches, which the provider answers when it has time. Most come within an hour "
        "or a few. Vitrine may be closed meanwhile. What is not answered in time costs nothing and is asked again.",
    )  # fmt: skip


def _price(offers: list[BatchOffer]) -> str:
    dearest = max(offer.price_share for offer in offers)
    return "half price" if abs(dearest - 0.5) < 0.005 else f"{numbers.percent(dearest)} of the price"
