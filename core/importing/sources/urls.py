"""A list of URLs, one image each."""

from collections.abc import Iterable
from typing import Any

from core.errors import InvalidInputError
from core.images.import_context import ImportContext
from core.importing import stages
from core.importing.chunks import in_chunks
from core.importing.sources.base import Source
from core.tasks import ItemPlan

MAX_URLS = 100_000
# Few at the same time: more would look like an attack to the server that has the images.
URLS_PER_CHUNK = 16


class UrlSource(Source):
    """Downloads the images behind ``urls``, safe against SSRF (see :mod:`core.fetch`)."""

    name = "urls"
    label = "Web addresses"
    input = "lines"
    input_key = "urls"
    input_label = "Web addresses, one per line"
    placeholder = "https://example.com/shelf.jpg"

    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[ItemPlan]:
        given = config.get("urls")
        if not isinstance(given, list | tuple) or not all(isinstance(url, str) for url in given):
            raise InvalidInputError("urls must be a list of web addresses.", field="urls")
        urls = list(dict.fromkeys(url.strip() for url in given if url.strip()))
        if not urls:
            raise InvalidInputError("Enter at least one web address.", field="urls")
        if len(urls) > MAX_URLS:
            raise InvalidInputError(f"At most {MAX_URLS:,} addresses at a time. Split the list.", field="urls")
        return (ItemPlan(payload={"do": "urls", "urls": some}, stage=stages.LOAD) for some in url_chunks(urls))


def url_chunks(urls: list[str]) -> Iterable[list[str]]:
    """Yield *urls* in the chunks that one item fetches."""
    return in_chunks(urls, URLS_PER_CHUNK)
