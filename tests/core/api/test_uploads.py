"""Files of one request are added in batches of a bounded size."""

import io

import pytest
from starlette.datastructures import UploadFile

from core import Projects
from core.api import uploads
from core.services import Services
from tests.pictures import png


def _file(name: str | None, size: int) -> UploadFile:
    return UploadFile(io.BytesIO(bytes(size)), size=size, filename=name)


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        ([4, 6], [[4, 6]]),
        ([4, 7], [[4], [7]]),
        ([11, 1], [[11], [1]]),
        ([3, 3, 4, 1, 9], [[3, 3, 4], [1, 9]]),
    ],
)
def test_a_batch_grows_up_to_its_limit_and_a_larger_file_is_alone(
    sizes: list[int], batches: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_BATCH_BYTES", 10)

    made = list(uploads._batches([_file("a", size) for size in sizes]))

    assert [[file.size for file in batch] for batch in made] == batches


async def test_each_file_has_its_outcome_in_the_order_of_the_request(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_BATCH_BYTES", 1)
    red, blue = png("red"), png("blue")
    files = [
        UploadFile(io.BytesIO(red), filename="red.png", size=len(red)),
        _file("notes.txt", 3),
        UploadFile(io.BytesIO(blue), filename=None, size=len(blue)),
    ]

    outcomes = await uploads.add_uploads(services.intake, project.id, files, source="desk")

    assert [outcome.image is not None for outcome in outcomes] == [True, False, True]
    images = [outcome.image for outcome in outcomes if outcome.image is not None]
    assert [(image.image_name, image.source) for image in images] == [("red.png", "desk"), ("image.png", "desk")]
