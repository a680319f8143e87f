"""What is known about single providers, read from ``providers.toml``: the only place that names them."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

TABLE_FILE = Path(__file__).with_name("providers.toml")

ImageTokenRule = Literal["openai", "anthropic", "gemini"]
ImageEmbeddingForm = Literal["data url", "content", "messages"]

# For a bare model name that matches no entry.
_DEFAULT_PROVIDER = "openai"


@dataclass(frozen=True)
class Provider:
    """One provider; the meaning of each field is described in ``providers.toml``."""

    name: str
    aliases: tuple[str, ...] = ()
    model_names: tuple[str, ...] = ()
    key_variables: tuple[str, ...] = ()
    key_pattern: str = ""
    api_base: str | None = None
    local: bool = False
    local_url: str | None = None
    prices_are_complete: bool = False
    image_token_rule: ImageTokenRule | None = None
    image_request: Literal["gemini"] | None = None
    image_api_models: tuple[str, ...] = ()
    image_embedding: ImageEmbeddingForm = "data url"
    batches: str = ""
    image_links: Literal["", "any", "https"] = ""


@dataclass(frozen=True)
class BoxForm:
    """How a model writes boxes; the meaning of each field is described in ``providers.toml``."""

    order: Literal["xyxy", "yxyx"]
    unit: Literal["1000", "px"]
    names: tuple[str, ...] = ()
    grid_px: int = 1
    max_side_px: int | None = None


@dataclass(frozen=True)
class ProviderTable:
    """All providers by name, the suggested models, how models write boxes, and names of those that make vectors."""

    providers: dict[str, Provider]
    suggested_chat: tuple[str, ...]
    suggested_image: tuple[str, ...]
    box_forms: tuple[BoxForm, ...] = ()
    embedding_names: tuple[str, ...] = ()

    @cached_property
    def key_patterns(self) -> tuple[str, ...]:
        """The regular expressions of keys, of all providers that have one."""
        return tuple(provider.key_pattern for provider in self.providers.values() if provider.key_pattern)

    @cached_property
    def any_key(self) -> re.Pattern[str]:
        """What looks like a key of any provider, or follows "Bearer" in a header."""
        return re.compile("|".join([*self.key_patterns, r"(?<=Bearer )[^\s\"',]{4,}"]), re.IGNORECASE)


@cache
def table() -> ProviderTable:
    """Return the table of this process, read the first time."""
    return parse_table(TABLE_FILE.read_text(encoding="utf-8"))


def parse_table(text: str) -> ProviderTable:
    """Return the table that *text*, in the form of ``providers.toml``, describes."""
    read = tomllib.loads(text)
    return ProviderTable(
        providers={name: _provider(name, entry) for name, entry in read["providers"].items()},
        suggested_chat=tuple(read["suggested"]["chat"]),
        suggested_image=tuple(read["suggested"]["image"]),
        box_forms=tuple(BoxForm(**{**entry, "names": tuple(entry["names"])}) for entry in read.get("boxes", ())),
        embedding_names=tuple(read.get("embedding", {}).get("names", ())),
    )


def find(name: str) -> Provider:
    """Return the provider called *name*; one without an entry has no properties but its name."""
    return table().providers.get(name) or Provider(name)


def resolve_alias(name: str) -> str:
    """Return the name by which litellm knows a provider: ``gemini`` for ``google``."""
    lowered = name.lower()
    return next((provider.name for provider in table().providers.values() if lowered in provider.aliases), name)


def of_bare_name(model: str) -> str:
    """Return the provider of a model that is named without one: ``anthropic`` for ``claude-haiku``."""
    lowered = model.lower()
    makers = (maker.name for maker in table().providers.values() if lowered.startswith(maker.model_names))
    return next(makers, _DEFAULT_PROVIDER)


def maker_of(model: str) -> Provider:
    """Return who made ``provider/model``, which may be another than who serves it."""
    makers = (maker for maker in table().providers.values() if any(name in model for name in maker.model_names))
    return next(makers, None) or find(model.split("/", 1)[0])


def box_form(model: str) -> BoxForm | None:
    """Return how ``provider/model`` writes boxes; None when that is not known."""
    lowered = model.lower()
    return next((form for form in table().box_forms if any(name in lowered for name in form.names)), None)


def _provider(name: str, entry: dict[str, Any]) -> Provider:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Provider(name=name, **fields)
