"""Images that Vitrine holds without their being in the library: fetched references, results not yet kept.

They come in like every image, checked in the sandbox and stored by content, and can be shown by id; their rows
are marked as deleted from the start, until a person keeps them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sqlmodel import Session, select

from core.db import Database, GeneratedImages, Images, StyleDatasetImages, utc_now
from core.errors import ImageRejectedError, NotFoundError

if TYPE_CHECKING:
    from core.fetch import Fetched
    from core.images import ImageService
    from core.images.intake import Kept

FETCHED = "web"
GENERATED = "generated"
OUT_OF_SIGHT = (FETCHED, GENERATED)
"""Sources of images that may be shown although their rows are marked as deleted."""

MAX_REFERENCE_BYTES = 25_000_000
"""Fourteen are fetched at once; a photograph that shows a style is smaller."""

Fetch = Callable[..., Awaitable["Fetched"]]


class HiddenImages:
    def __init__(self, db_session: Database, images: "ImageService", fetch: Fetch | None = None) -> None:
        self._db = db_session
        self._images = images
        self._fetch = fetch or _guarded

    async def fetch(self, url: str) -> "Kept":
        """Fetch and check the image behind *url*; :meth:`remember` follows.

        Raises:
            VitrineError: the address is not allowed, does not answer, or what it sends is no image.
        """
        if not url:
            raise NotFoundError("This image is not in the library any more.")
        fetched = await self._fetch(url, max_bytes=min(MAX_REFERENCE_BYTES, self._db.settings.max_image_bytes))
        return await asyncio.to_thread(self.check, _name_of(url), fetched.data, url)

    def remember(self, project_id: str, fetched: "Mapping[str, Kept]") -> dict[str, Images]:
        """Record fetched images, by the row of the style dataset that each was fetched for."""
        images = {}
        with self._db.transaction() as session:
            for row_id, kept in fetched.items():
                images[row_id] = put(session, project_id, kept, FETCHED)
                row = session.get(StyleDatasetImages, row_id)
                if row is not None:
                    row.image_id = images[row_id].id
        return images

    def check(self, name: str, data: bytes, source_ref: str) -> "Kept":
        """Check, measure and store bytes from outside; blocks.

        Raises:
            ImageRejectedError: they are no image that Vitrine keeps.
        """
        from core.images.intake import NewFile

        (kept,) = self._images.keep([NewFile(name, data, source_ref)])
        if kept.image is None:
            raise ImageRejectedError(kept.reason or "This is not an image.", reason="rejected")
        return kept


async def _guarded(url: str, *, max_bytes: int) -> "Fetched":
    from core.fetch import fetch  # brings httpx, which nobody needs before the first address

    return await fetch(url, max_bytes=max_bytes)


def put(session: Session, project_id: str, kept: "Kept", source: str) -> Images:
    """Record a checked image out of sight; when the library has it already, return that one."""
    from core.images.intake import record

    (outcome,) = record(session, project_id, [kept], source)
    if outcome.image is None:
        raise ImageRejectedError(outcome.reason or "This is not an image.", reason="rejected")
    if outcome.outcome != "duplicate":
        outcome.image.deleted_at = utc_now()
    return outcome.image


def shown_anyway(session: Session, image_id: str) -> Images | None:
    """Return an image that is out of sight but belongs to a result or a style dataset; None for any other."""
    image = session.get(Images, image_id)
    if image is None or image.source not in OUT_OF_SIGHT:
        return None
    result = select(GeneratedImages.id).where(GeneratedImages.image_id == image_id)
    reference = select(StyleDatasetImages.id).where(StyleDatasetImages.image_id == image_id)
    shown = session.exec(result.limit(1)).first() or session.exec(reference.limit(1)).first()
    return image if shown else None


def hide(session: Session, image_id: str) -> None:
    image = session.get(Images, image_id)
    if image is not None and image.deleted_at is None:
        image.deleted_at = utc_now()


def _name_of(url: str) -> str:
    return unquote(PurePosixPath(urlsplit(url).path).name)[:120] or "reference"
