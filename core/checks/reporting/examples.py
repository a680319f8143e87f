"""Entries drawn by seed, with small pictures."""

import io
import random
from collections.abc import Sequence

from sqlmodel import col, select

from core.checks.reporting.content import Example, Section
from core.checks.reporting.source import Source
from core.db import Database, ImageDatasets, Images
from core.errors import VitrineError
from core.pluralize import pluralize

_SIDE_PX = 240
_QUALITY = 70
_MAX_CHARS = 600


def drawn(source: Source) -> Section:
    """Return a random sample of the entries."""
    with source.db.reading() as session:
        ids = session.exec(select(ImageDatasets.id).where(*source.kept)).all()
        chosen = random.Random(source.seed).sample(sorted(ids), min(source.examples, len(ids)))
        rows = session.exec(select(ImageDatasets).where(col(ImageDatasets.id).in_(chosen))).all()
        by_id = {row.id: row for row in rows}
        entries = [by_id[id_] for id_ in chosen if id_ in by_id]
        found = session.exec(select(Images).where(col(Images.id).in_({entry.image_id for entry in entries}))).all()
        images = {image.id: image for image in found}
    pictures = _pictures(source.db, list(images.values())) if source.has_pictures else {}
    return Section(
        "Examples",
        examples=tuple(_example(entry, pictures.get(entry.image_id)) for entry in entries),
        how=f"{pluralize(len(entries), 'entry')} of {len(ids):,}, drawn with seed {source.seed}; nobody chose them.",
    )


def _example(entry: ImageDatasets, picture: bytes | None) -> Example:
    more = len(entry.image_ids) - 1
    about = [entry.kind, entry.language, entry.model or "a person", "confirmed" if entry.confirmed else "not reviewed"]
    if more:
        about.insert(0, f"and {pluralize(more, 'more image')}")
    return Example(
        entry.image_name, picture, _cut(entry.question), _cut(entry.answer), " · ".join(part for part in about if part)
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CHARS else text[:_MAX_CHARS] + " …"


def _pictures(db: Database, images: Sequence[Images]) -> dict[str, bytes]:
    """Return small JPEGs by id; an image whose file is missing or damaged has none."""
    from PIL import Image, UnidentifiedImageError

    from core.images.service import ImageService

    service, found = ImageService(db), {}
    for image in images:
        try:
            with Image.open(service.thumbnail_path(image)) as thumbnail:
                small = thumbnail.convert("RGB")
        except (VitrineError, OSError, UnidentifiedImageError):
            continue
        small.thumbnail((_SIDE_PX, _SIDE_PX))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=_QUALITY)
        found[image.id] = buffer.getvalue()
    return found
