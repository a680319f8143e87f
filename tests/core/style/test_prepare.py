"""Preparing references: concurrently, in their order, recorded in one transaction."""

import asyncio

from sqlmodel import select

from core import Images, Projects, StyleGenerationService
from core.db import Database
from core.fetch import Fetched
from core.images import ImageService
from core.style.hidden_images import HiddenImages
from core.style.prepare import prepare
from core.style.requests import Reference
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.fakes.image_model import FakeImageModel


def waiting_for_each_other(count: int):  # type: ignore[no-untyped-def]
    """Return a fetch that answers only once *count* fetches are under way."""
    together = asyncio.Barrier(count)

    async def fetch(url: str, *, max_bytes: int) -> Fetched:
        await together.wait()
        return Fetched(encoded(drawn(WARM_SOFT, int(url[-1]))), url, "image/png")

    return fetch


async def test_references_are_fetched_concurrently_and_keep_their_order(db: Database, project: Projects) -> None:
    images = ImageService(db)
    style = StyleGenerationService(db, FakeImageModel(), images)
    hidden = HiddenImages(db, images, waiting_for_each_other(5))
    dataset = style.create_style_dataset(project.id, "Web")
    rows = style.add_images(dataset.id, urls=[f"https://example.com/{number}" for number in range(5)])
    references = [Reference(number, row.id, "", False, None, row.image_url) for number, row in enumerate(rows, start=1)]

    async with asyncio.timeout(20):
        prepared = await prepare(references, project.id, images=images, hidden_images=hidden)

    assert [ready.reference.image_url[-1] for ready in prepared.ready] == ["0", "1", "2", "3", "4"]
    assert [part.label for part in prepared.parts] == [f"Reference {number}:" for number in range(1, 6)]
    with db.reading() as session:
        stored = session.exec(select(Images)).all()
    assert {image.source for image in stored} == {"web"}
    assert {image.visibility for image in stored} == {"hidden"}
    assert images.list_images(project.id) == []
    assert [entry.row.image_id for entry in style.datasets.list_images(dataset.id)] == [
        ready.image.id for ready in prepared.ready
    ]


async def test_the_same_bytes_behind_two_urls_are_stored_once(db: Database, project: Projects) -> None:
    images = ImageService(db)

    async def fetch(url: str, *, max_bytes: int) -> Fetched:
        return Fetched(encoded(drawn(WARM_SOFT, 1)), url, "image/png")

    style = StyleGenerationService(db, FakeImageModel(), images)
    hidden = HiddenImages(db, images, fetch)
    dataset = style.create_style_dataset(project.id, "Web")
    rows = style.add_images(dataset.id, urls=["https://example.com/a", "https://example.com/b"])
    references = [Reference(number, row.id, "", False, None, row.image_url) for number, row in enumerate(rows, start=1)]

    prepared = await prepare(references, project.id, images=images, hidden_images=hidden)

    assert len({images.original_path(ready.image) for ready in prepared.ready}) == 1
    assert images.list_images(project.id) == []
