"""Hidden images: fetched references and results that were not kept. They are stored, but not in the library.

They are checked in the sandbox and stored by content like every image, and can be shown by id.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sqlmodel import Session

from core.db import HIDDEN, Database, Images, StyleDatasetImages
from core.errors import ImageRejectedError, NotFoundError

if TYPE_CHECKING:
    from core.fetch import Fetched
    from core.images import ImageService, StoredFile

FETCHED = "web"
GENERATED = "generated"
MAX_REFERENCE_BYTES = 25_000_000
"""Fourteen are fetched at once; a photograph that shows a style is smaller."""

Fetch = Callable[..., Awaitable["Fetched"]]


class HiddenImages:
    def __init__(self, db_session: Database, images: "ImageService", fetch: Fetch | None = None) -> None:
        self._db = db_session
        self._images = images
        self._fetch = fetch or _guarded

    async def fetch(self, url: str) -> "StoredFile":
        """Fetch and check the image behind *url*; :meth:`remember` follows.

        Raises:
            VitrineError: the address is not allowed, does not answer, or what it sends is no image.
        """
        if not url:
            raise NotFoundError("This image is not in the library any more.")
        fetched = await self._fetch(url, max_bytes=min(MAX_REFERENCE_BYTES, self._db.settings.max_image_bytes))
        return await asyncio.to_thread(self.check, _name_of(url), fetched.data, url)

    def remember(self, project_id: str, fetched: "Mapping[str, StoredFile]") -> dict[str, Images]:
        """Record fetched images, by the row of the style dataset that each was fetched for."""
        images = {}
        with self._db.transaction() as session:
            for row_id, kept in fetched.items():
                images[row_id] = put(session, project_id, kept, FETCHED)
                row = session.get(StyleDatasetImages, row_id)
                if row is not None:
                    row.image_id = images[row_id].id
        return images

    def check(self, name: str, data: bytes, source_ref: str) -> "StoredFile":
        """Check, measure and store bytes from outside; blocks.

        Raises:
            ImageRejectedError: they are no image that Vitrine keeps.
        """
        from core.images import NewFile

        (kept,) = self._images.intake.store([NewFile(name, data, source_ref)])
        if kept.image is None:
            raise ImageRejectedError(kept.reason or "This is not an image.", reason="rejected")
        return kept


async def _guarded(url: str, *, max_bytes: int) -> "Fetched":
    from core.fetch import fetch  # brings httpx, which nobody needs before the first address

    return await fetch(url, max_bytes=max_bytes)


def put(session: Session, project_id: str, kept: "StoredFile", source: str) -> Images:
    """Record a checked image as hidden; when the library has the same bytes, return that image."""
    from core.images import record

    (outcome,) = record(session, project_id, [kept], source, visibility=HIDDEN)
    if outcome.image is None:
        raise ImageRejectedError(outcome.reason or "This is not an image.", reason="rejected")
    return outcome.image


def _name_of(url: str) -> str:
    return unquote(PurePosixPath(urlsplit(url).path).name)[:120] or "reference"
