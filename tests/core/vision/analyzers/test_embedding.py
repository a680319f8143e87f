"""Vectors of images from the analyzer to the search."""

import base64
import json
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from sqlmodel import select

from core import Projects
from core.db import ImageVectors, LlmCalls
from core.errors import ImageRejectedError
from core.services import Services
from core.vision.analyzers import embedding
from core.vision.analyzers.embedding import kind
from tests.core.images.pictures import drawn, encoded
from tests.fakes.http_server import Answer, HttpServer, Received


async def test_images_get_vectors_without_any_model_and_similar_ones_are_found(
    services: Services, project: Projects
) -> None:
    files = [(f"{number}.jpg", encoded(drawn(number))) for number in range(4)]
    mirrored = drawn(2).transpose(0)  # left and right exchanged
    services.intake.add_images(project.id, [*files, ("mirrored.jpg", encoded(mirrored))])
    made = await services.analysis.analyze(project.id, analyzers=["embedding"])
    assert (made["analyzed"], made["failed"]) == (5, 0)
    assert kind(services.db.settings) == "measured 2"

    images = {image.image_name: image for image in services.images.list_images(project.id)}
    found = services.images.find_similar(images["mirrored.jpg"].id, limit=2)
    assert found[0][0].image_name == "2.jpg"
    assert found[0][1] > found[1][1]


def _vector_of(received: Received) -> Answer:
    """Answer with a vector that says whether the image is light or dark."""
    body = json.loads(received.body)
    data = base64.b64decode(body["input"][0].split(",")[1])
    light = float(np.asarray(Image.open(BytesIO(data)).convert("L")).mean()) / 255
    vector = [light, 1 - light, 0.1][: body.get("dimensions", 3)]
    made = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": vector}], "model": "x"}
    return Answer(body=json.dumps({**made, "usage": {"prompt_tokens": 10, "total_tokens": 10}}).encode())


async def test_an_embedding_model_makes_vectors_and_those_of_two_versions_are_never_compared(
    services: Services, project: Projects
) -> None:
    shades = {f"{shade}.png": encoded(Image.new("L", (30, 20), shade), "PNG") for shade in (250, 240, 10, 20)}
    services.intake.add_images(project.id, list(shades.items()))
    images = {image.image_name: image.id for image in services.images.list_images(project.id)}
    await services.analysis.analyze(project.id, analyzers=["embedding"])

    def similar_to(name: str) -> list[str]:
        return [image.image_name for image, _ in services.images.find_similar(images[name])]

    with HttpServer(_vector_of) as server:
        config = {"model": "openai/my-clip", "api_base": f"{server.url}/v1", "api_key": "key-of-the-tests"}
        some = [images["250.png"], images["10.png"]]
        made = await services.analysis.analyze(project.id, some, ["embedding"], config)
        assert (made["analyzed"], made["failed"], len(server.received)) == (2, 0, 2)
        assert len(similar_to("250.png")) == 3  # by the version that all have, until the others have the new one
        rest = await services.analysis.analyze(project.id, None, ["embedding"], config)
        assert (rest["analyzed"], len(server.received)) == (2, 4)
        assert similar_to("250.png")[0] == "240.png"
        assert (await services.analysis.analyze(project.id, None, ["embedding"], config))["analyzed"] == 0

        small = await services.analysis.analyze(
            project.id, [images["10.png"]], ["embedding"], config | {"extra": {"dimensions": 2}}
        )
        assert small["analyzed"] == 1  # another number of values is another version
        assert similar_to("10.png")[0] == "20.png"
    with services.db.reading() as session:
        kinds = {name: set(session.exec(select(ImageVectors.kind).where(ImageVectors.image_id == id_)))
                 for name, id_ in images.items()}  # fmt: skip
        calls = list(session.exec(select(LlmCalls)))
    assert kinds["10.png"] == {"openai/my-clip, 3 values", "openai/my-clip, 2 values"}  # the version before stays
    assert kinds["250.png"] == {"measured 2", "openai/my-clip, 3 values"}
    assert {(call.state, call.purpose, call.prompt_tokens) for call in calls} == {("ok", "analysis", 10)}


@pytest.mark.parametrize(
    ("vector", "is_stored"),
    [([1.0, 2.0], True), ([0.0, 2.0], True), ([0.0, 0.0], False), ([1.0, np.nan], False), ([np.inf, 1.0], False)],
)
def test_a_model_of_ones_own_that_makes_no_vector_of_an_image_is_told(
    monkeypatch: pytest.MonkeyPatch, vector: list[float], is_stored: bool
) -> None:
    made = SimpleNamespace(embed=lambda _image: np.array(vector, np.float32))
    monkeypatch.setattr(embedding, "_embedder", lambda _folder, _version: made)
    monkeypatch.setattr("core.vision.opening.upright_image", lambda *_of: None)

    if is_stored:
        assert len(embedding.embed_own(Path(), "1", Path(), "PNG")) == 4
        return
    with pytest.raises(ImageRejectedError, match=r"makes no vector of this image\. Export it again"):
        embedding.embed_own(Path(), "1", Path(), "PNG")
