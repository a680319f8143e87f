"""Prepares references for the request. One that fails is left out and reported; it never fails the request."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.db import Images
from core.errors import NotFoundError, VitrineError
from core.style.requests import FailedReference, Reference

if TYPE_CHECKING:
    from core.images import ImageService, StoredFile
    from core.llm import ImagePart
    from core.style.hidden_images import HiddenImages

MAX_SIDE_PX = 1024
"""Longer side of a reference: large enough for its style, and 14 references stay below 3 MB."""


@dataclass(frozen=True)
class ReadyReference:
    """A reference that was opened, shrunk and encoded."""

    reference: Reference
    image: Images
    part: "ImagePart"

    def to_recipe(self) -> dict[str, Any]:
        """Return what the recipe of a result stores of the reference."""
        return {
            "number": self.reference.number,
            "id": self.reference.id,
            "image_id": self.image.id,
            "image_name": self.image.image_name,
            "image_url": self.reference.image_url,
            "sha256": self.image.sha256,
            "reason": self.reference.reason,
            "pinned": self.reference.pinned,
        }


@dataclass(frozen=True)
class Prepared:
    """The references that will be sent, and those that could not be prepared."""

    ready: tuple[ReadyReference, ...]
    failed: tuple[FailedReference, ...]

    @property
    def parts(self) -> "tuple[ImagePart, ...]":
        """The images as they are sent, in their order."""
        return tuple(ready.part for ready in self.ready)

    @property
    def notices(self) -> tuple[str, ...]:
        """A sentence about those that failed, for the user."""
        if not self.failed:
            return ()
        names = "; ".join(f"reference {failed.number}, {failed.name}: {failed.why}" for failed in self.failed)
        total = len(self.failed) + len(self.ready)
        if not self.ready:
            return (f"None of the {total} references could be used, so only the text was sent. {names}",)
        return (f"{len(self.failed)} of {total} references could not be used. {names}",)


async def prepare(
    references: Sequence[Reference], project_id: str, *, images: "ImageService", hidden_images: "HiddenImages"
) -> Prepared:
    """Fetch, check, shrink and encode *references* concurrently; the result has their order."""
    made = await asyncio.gather(*(_prepare_one(reference, images, hidden_images) for reference in references))
    fetched = {
        item.reference.id: item.fetched for item in made if isinstance(item, _Encoded) and item.fetched is not None
    }
    recorded = await asyncio.to_thread(hidden_images.record, project_id, fetched) if fetched else {}
    return Prepared(
        ready=tuple(
            ReadyReference(item.reference, item.reference.image or recorded[item.reference.id], item.part)
            for item in made
            if isinstance(item, _Encoded)
        ),
        failed=tuple(item for item in made if isinstance(item, FailedReference)),
    )


@dataclass(frozen=True)
class _Encoded:
    reference: Reference
    part: "ImagePart"
    fetched: "StoredFile | None"
    """Set when the image was fetched for this request and is not recorded yet."""


async def _prepare_one(
    reference: Reference, images: "ImageService", hidden_images: "HiddenImages"
) -> _Encoded | FailedReference:
    from core.llm import ImagePart

    try:
        fetched = None if reference.image else await hidden_images.fetch(reference.image_url)
        image = reference.image or (fetched.image if fetched else None)
        if image is None:
            raise NotFoundError("This image is not in the library any more.")
        model_image = await asyncio.to_thread(images.model_image, image, MAX_SIDE_PX)
    except VitrineError as error:
        return FailedReference(reference.number, reference.name, str(error))
    part = ImagePart(model_image.data, model_image.mime_type, label=f"Reference {reference.number}:")
    return _Encoded(reference, part, fetched)
