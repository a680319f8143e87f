"""Reading what the analyzers found in many images at once."""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from core.db import Database, ImageAnalyses, ImageDatasets, ImageFindings, Images
from core.questions.evidence import evidence_of

if TYPE_CHECKING:
    from PIL.Image import Image

_IDS_PER_QUERY = 500
Seen = Mapping[str, Any]


def labels(db: Database, project_id: str) -> tuple[str, ...]:
    """Return the labels of all objects that were found in the images of a project."""
    query = select(ImageFindings.label).where(
        ImageFindings.project_id == project_id, ImageFindings.analyzer == "objects"
    )
    with db.reading() as session:
        return tuple(session.exec(query.distinct()))


def seen_in(db: Database, image_ids: Sequence[str]) -> Iterator[tuple[Images, Seen]]:
    """Yield each image that is still there with what was found in it, a few hundred read at a time."""
    for start in range(0, len(image_ids), _IDS_PER_QUERY):
        some = image_ids[start : start + _IDS_PER_QUERY]
        columns = (ImageAnalyses.image_id, ImageAnalyses.analyzer, ImageAnalyses.version, ImageAnalyses.result)
        query = select(*columns).where(
            col(ImageAnalyses.image_id).in_(some), col(ImageAnalyses.analyzer).in_(("objects", "text"))
        )
        found: dict[str, dict[str, tuple[str, Mapping[str, Any]]]] = {}
        with db.reading() as session:
            images = list(
                session.exec(select(Images).where(col(Images.id).in_(some), col(Images.deleted_at).is_(None)))
            )
            for image_id, analyzer, version, result in session.exec(query):
                found.setdefault(image_id, {})[analyzer] = version, result
        for image in images:
            yield image, evidence_of(image, found.get(image.id, {}))


def of_several_images(db: Database, project_id: str) -> set[str]:
    """Return the ids of the entries about more than one image."""
    query = select(ImageDatasets.id).where(ImageDatasets.project_id == project_id, ImageDatasets.more_image_ids != "")
    with db.reading() as session:
        return set(session.exec(query))


def schemas(db: Database, entry_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the JSON schemas of entries that have one, by id."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(entry_ids), _IDS_PER_QUERY):
        query = select(ImageDatasets.id, ImageDatasets.options).where(
            col(ImageDatasets.id).in_(entry_ids[start : start + _IDS_PER_QUERY])
        )
        with db.reading() as session:
            found |= {id_: options for id_, options in session.exec(query) if isinstance(options, dict)}
    return found


class Pixels:
    """The pixels of images, in the size that models are sent."""

    def __init__(self, db: Database) -> None:
        from core.images import ImageService

        self._images = ImageService(db)

    def of(self, image: Images) -> "Image | None":
        """Return the decoded image; None when it cannot be read."""
        from PIL import Image

        (found,) = self._images.model_images([image])
        if isinstance(found, Exception):
            return None
        with Image.open(io.BytesIO(found.data)) as opened:
            return opened.convert("RGB")
