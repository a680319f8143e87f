"""A list of URLs, one image each."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from core.errors import InvalidInputError, VitrineError
from core.fetch import Fetched, fetch
from core.images.import_context import ImportContext
from core.images.stored_file import NewFile
from core.importing.sources.base import LoadedChunk, Source, in_chunks

MAX_URLS = 100_000
# Few at the same time: more would look like an attack to the server that has the images.
_ADDRESSES_PER_CHUNK, _CONCURRENCY = 16, 4


class UrlSource(Source):
    """Downloads the images behind ``urls``, safe against SSRF (see :mod:`core.fetch`)."""

    name = "urls"
    label = "Web addresses"
    input = "lines"
    input_key = "urls"
    input_label = "Web addresses, one per line"
    placeholder = "https://example.com/shelf.jpg"

    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[dict[str, Any]]:
        urls = list(dict.fromkeys(str(url).strip() for url in config.get("urls") or [] if str(url).strip()))
        if not urls:
            raise InvalidInputError("Enter at least one web address.", field="urls")
        if len(urls) > MAX_URLS:
            raise InvalidInputError(f"At most {MAX_URLS:,} addresses at a time. Split the list.", field="urls")
        return ({"urls": some} for some in in_chunks(urls, _ADDRESSES_PER_CHUNK))

    def load(self, chunk: dict[str, Any], config: dict[str, Any], context: ImportContext, workdir: Path) -> LoadedChunk:
        """Download the images; runs an event loop of its own, so call it from a thread without one."""
        answers = asyncio.run(_fetch_each(chunk["urls"], context.settings.max_image_bytes))
        loaded = LoadedChunk([])
        for url, answer in zip(chunk["urls"], answers, strict=True):
            if isinstance(answer, Fetched):
                loaded.files.append(NewFile(_file_name(url), answer.data, url))
            else:
                loaded.rejected.append((url, str(answer)))
        return loaded


async def _fetch_each(urls: list[str], max_bytes: int) -> list[Fetched | VitrineError]:
    semaphore = asyncio.Semaphore(_CONCURRENCY)

    async def download(url: str) -> Fetched | VitrineError:
        async with semaphore:
            try:
                return await fetch(url, max_bytes=max_bytes)
            except VitrineError as error:
                return error

    return list(await asyncio.gather(*(download(url) for url in urls)))


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2]) or urlsplit(url).hostname or "image"
