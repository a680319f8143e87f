"""Lanes: where the model calls of a task go, so that a worker can be bound to the servers it is next to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.errors import InvalidInputError
from core.fetch import PORTS
from core.llm import keys, providers
from core.llm.types import ModelConfig

_ADDRESS = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):(\d{1,5})")
_MAX_PORT = 65_535


@dataclass(frozen=True)
class Lane:
    """A destination of model calls.

    *name* is ``host:port`` of an own address, as for a model server on a GPU, otherwise the provider.
    """

    name: str
    concurrency: int | None = None
    """Most calls in flight from one process, as the model's configuration says; None: the default of its limiter.

    Each worker has so many of its own; what holds for all of them together is ``requests_per_minute``.
    """


def lane_of(config: ModelConfig) -> Lane:
    """Return the lane of the calls with *config*; models at one address share it."""
    return Lane(_address(config.api_base) if config.api_base else keys.provider_of(config), config.concurrency)


def lanes_of(models: Iterable[Mapping[str, Any]]) -> tuple[Lane, ...]:
    """Return the lanes of a task by the configs of its models, each once; none for a task without models.

    Of several limits of one lane the lowest holds.

    Raises:
        InvalidInputError: a config is invalid.
    """
    found: dict[str, int | None] = {}
    for lane in map(lane_of, map(ModelConfig.from_dict, models)):
        limits = [limit for limit in (found.get(lane.name), lane.concurrency) if limit is not None]
        found[lane.name] = min(limits, default=None)
    return tuple(Lane(name, concurrency) for name, concurrency in found.items())


def require_lane(name: str) -> None:
    """Check that a lane can be called *name*: ``host:port``, or the name of a provider.

    Raises:
        InvalidInputError: none can.
    """
    address = _ADDRESS.fullmatch(name)
    if address and 0 < int(address[2]) <= _MAX_PORT:
        return
    if name in providers.table().providers or name in _of_litellm():
        return
    known = ", ".join(sorted(providers.table().providers))
    raise InvalidInputError(
        f"There is no lane called {name}. Name the host:port of a model server, in lower case, or one of {known}.",
        field="lane",
    )


def _of_litellm() -> Iterable[str]:
    from core.llm import litellm_client

    return (str(getattr(provider, "value", provider)) for provider in litellm_client.litellm().provider_list)


def _address(api_base: str) -> str:
    """Return ``host:port`` of an address that ``ModelConfig`` has checked."""
    parts = urlsplit(api_base)
    host = parts.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or PORTS[parts.scheme]}"
