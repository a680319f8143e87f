"""Making references ready to be sent. A reference that fails is left out and named; it never fails the request."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.db import Images
from core.errors import VitrineError
from core.style.requests import FailedReference, Reference

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import ImagePart
    from core.style.shelf import Shelf

MAX_SIDE_PX = 1024
"""Style survives it, and 14 references stay below 3 MB."""


@dataclass(frozen=True)
class ReadyReference:
    reference: Reference
    image: Images
    part: "ImagePart"

    def to_recipe(self) -> dict[str, Any]:
        """Return what the frozen recipe of a result keeps of it."""
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
    ready: tuple[ReadyReference, ...]
    failed: tuple[FailedReference, ...]

    @property
    def parts(self) -> "tuple[ImagePart, ...]":
        return tuple(ready.part for ready in self.ready)

    @property
    def notices(self) -> tuple[str, ...]:
        """What to say about those that failed."""
        if not self.failed:
            return ()
        names = "; ".join(f"reference {failed.number}, {failed.name}: {failed.why}" for failed in self.failed)
        total = len(self.failed) + len(self.ready)
        if not self.ready:
            return (f"None of the {total} references could be used, so only the text was sent. {names}",)
        return (f"{len(self.failed)} of {total} references could not be used. {names}",)


async def prepare(
    references: Sequence[Reference], project_id: str, *, images: "ImageService", shelf: "Shelf"
) -> Prepared:
    """Fetch, check, shrink and encode *references*, all at once and in their order."""
    made = await asyncio.gather(*(_one(reference, project_id, images, shelf) for reference in references))
    return Prepared(
        ready=tuple(one for one in made if isinstance(one, ReadyReference)),
        failed=tuple(one for one in made if isinstance(one, FailedReference)),
    )


async def _one(
    reference: Reference, project_id: str, images: "ImageService", shelf: "Shelf"
) -> ReadyReference | FailedReference:
    from core.llm import ImagePart

    try:
        image = reference.image or await shelf.fetch(reference.id, reference.image_url, project_id)
        model_image = await asyncio.to_thread(images.model_image, image, MAX_SIDE_PX)
    except VitrineError as error:
        return FailedReference(reference.number, reference.name, str(error))
    part = ImagePart(model_image.data, model_image.mime_type, label=f"Reference {reference.number}:")
    return ReadyReference(reference, image, part)
