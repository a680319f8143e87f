"""Images from outside: what they are called, how large they may be, and which are refused."""

from typing import Any

import pytest

from core import ImageService
from core.db import Database
from core.errors import ImageRejectedError, NotFoundError
from core.fetch import Fetched
from core.style import hidden_images
from core.style.hidden_images import HiddenImages, _name_of
from tests.pictures import png


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.example/a/b%20c.png?size=1", "b c.png"), ("https://x.example/", "reference"),
        ("https://x.example", "reference"), (f"https://x.example/{'n' * 200}", "n" * 120),
    ],
)  # fmt: skip
def test_a_fetched_image_is_called_by_the_end_of_its_address(url: str, name: str) -> None:
    assert _name_of(url) == name


@pytest.mark.parametrize(("of_settings", "most"), [(1_000, 1_000), (10**12, hidden_images.MAX_REFERENCE_BYTES)])
async def test_no_more_is_fetched_than_a_reference_and_an_image_may_have(
    db: Database, images: ImageService, of_settings: int, most: int
) -> None:
    asked: list[tuple[str, int]] = []

    async def fetch(url: str, *, max_bytes: int) -> Any:
        asked.append((url, max_bytes))
        return Fetched(**dict.fromkeys(Fetched.__dataclass_fields__) | {"data": png("red")})

    object.__setattr__(db.settings, "max_image_bytes", of_settings)
    stored = await HiddenImages(db, images, fetch).fetch("https://x.example/a.png")

    assert asked == [("https://x.example/a.png", most)]
    assert stored.image is not None


async def test_an_image_without_an_address_is_gone(db: Database, images: ImageService) -> None:
    with pytest.raises(NotFoundError):
        await HiddenImages(db, images).fetch("")


def test_bytes_that_are_no_image_are_refused_with_the_reason(db: Database, images: ImageService) -> None:
    with pytest.raises(ImageRejectedError):
        HiddenImages(db, images).check("a.png", b"no image", "https://x.example/a.png")
