"""A list of web addresses, one image each."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from core.errors import InvalidInputError, VitrineError
from core.fetch import Fetched, fetch
from core.images.intake import NewFile
from core.images.sources.base import Loaded, Place, in_pieces

MAX_ADDRESSES = 100_000
# Of one piece; all at the same time would look like an attack to the server they lie on.
_PIECE, _AT_ONCE = 16, 4


class UrlSource:
    name = "urls"
    label = "Web addresses"

    def plan(self, config: dict[str, Any], place: Place) -> Iterable[dict[str, Any]]:
        urls = list(dict.fromkeys(str(url).strip() for url in config.get("urls") or [] if str(url).strip()))
        if not urls:
            raise InvalidInputError("Enter at least one web address.", field="urls")
        if len(urls) > MAX_ADDRESSES:
            raise InvalidInputError(f"At most {MAX_ADDRESSES:,} addresses at a time.", field="urls")
        return ({"urls": some} for some in in_pieces(urls, _PIECE))

    def load(self, piece: dict[str, Any], config: dict[str, Any], place: Place, workdir: Path) -> Loaded:
        """Fetch the addresses; runs a short event loop of its own, so never on one."""
        answers = asyncio.run(_fetch_each(piece["urls"], place.settings.max_image_bytes))
        loaded = Loaded([])
        for url, answer in zip(piece["urls"], answers, strict=True):
            if isinstance(answer, Fetched):
                loaded.files.append(NewFile(_name(url), answer.data, url))
            else:
                loaded.refused.append((url, str(answer)))
        return loaded


async def _fetch_each(urls: list[str], max_bytes: int) -> list[Fetched | VitrineError]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(url: str) -> Fetched | VitrineError:
        async with gate:
            try:
                return await fetch(url, max_bytes=max_bytes)
            except VitrineError as error:
                return error

    return list(await asyncio.gather(*(one(url) for url in urls)))


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2]) or urlsplit(url).hostname or "image"
