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
"""Up to 16 references are fetched at once; a photograph that shows a style is smaller."""

Fetch = Callable[..., Awaitable["Fetched"]]
"""``await fetch(url, max_bytes=…)``; by default the SSRF-safe ``core.fetch.fetch``."""


class HiddenImages:
    """Fetches, checks and records images that are not in the library."""

    def __init__(self, db_session: Database, images: "ImageService", fetch: Fetch | None = None) -> None:
        self._db = db_session
        self._images = images
        self._fetch = fetch or _fetch_safely

    async def fetch(self, url: str) -> "StoredFile":
        """Fetch and check the image behind *url*; the caller records it with :meth:`record`.

        Raises:
            VitrineError: the URL is not allowed or does not answer, or the answer is not an image.
        """
        if not url:
            raise NotFoundError("This image is not in the library any more.")
        fetched = await self._fetch(url, max_bytes=min(MAX_REFERENCE_BYTES, self._db.settings.max_image_bytes))
        return await asyncio.to_thread(self.check, _name_of(url), fetched.data, url)

    def record(self, project_id: str, fetched: "Mapping[str, StoredFile]") -> dict[str, Images]:
        """Record fetched images as hidden.

        Args:
            project_id: the project of the style dataset.
            fetched: the stored files by the id of the row of the style dataset that each was fetched for.
        """
        images = {}
        with self._db.transaction() as session:
            for row_id, stored in fetched.items():
                images[row_id] = insert_hidden(session, project_id, stored, FETCHED)
                row = session.get(StyleDatasetImages, row_id)
                if row is not None:
                    row.image_id = images[row_id].id
        return images

    def check(self, name: str, data: bytes, source_ref: str) -> "StoredFile":
        """Check, measure and store bytes from outside; blocks.

        Raises:
            ImageRejectedError: the bytes are not an image that Vitrine accepts.
        """
        from core.images import NewFile

        (stored,) = self._images.intake.store([NewFile(name, data, source_ref)])
        if stored.image is None:
            raise ImageRejectedError(stored.reason or "This is not an image.", reason="rejected")
        return stored


def insert_hidden(session: Session, project_id: str, stored: "StoredFile", source: str) -> Images:
    """Insert a checked image as hidden, or return the image of the library that has the same bytes."""
    from core.images import record

    (outcome,) = record(session, project_id, [stored], source, visibility=HIDDEN)
    if outcome.image is None:
        raise ImageRejectedError(outcome.reason or "This is not an image.", reason="rejected")
    return outcome.image


async def _fetch_safely(url: str, *, max_bytes: int) -> "Fetched":
    from core.fetch import fetch  # lazy import: it loads httpx, which only URLs need

    return await fetch(url, max_bytes=max_bytes)


def _name_of(url: str) -> str:
    return unquote(PurePosixPath(urlsplit(url).path).name)[:120] or "reference"
