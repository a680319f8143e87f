"""Where imports come from. A new source is one file in this directory and one line in ``SOURCES``."""

from typing import Any

from core.errors import InvalidInputError
from core.importing.sources.base import Source
from core.importing.sources.hub_dataset import HubSource
from core.importing.sources.path import PathSource
from core.importing.sources.urls import UrlSource

SOURCES: tuple[Source, ...] = (PathSource(), UrlSource(), HubSource())

# Names in the configs of earlier versions.
_FORMER_PATHS = ("zip", "directory", "pdf")


def source_of(config: dict[str, Any]) -> Source:
    """Return the source that the config of an import names.

    Raises:
        InvalidInputError: there is no such source.
    """
    name = config.get("source")
    if name in _FORMER_PATHS or (name == HubSource.name and not config.get("hub")):
        name = PathSource.name
    found = next((source for source in SOURCES if source.name == name), None)
    if found is None:
        names = ", ".join(source.name for source in SOURCES)
        raise InvalidInputError(f"Choose where the import comes from: {names}.", field="source")
    return found
