"""What the fields of a search line find, at and beside their bounds."""

import pytest
from sqlalchemy import update
from sqlmodel import col

from core import Projects
from core.db import Images
from core.images import parse_image_query
from core.services import Services
from tests.core.vision.conftest import add_images

USUAL = {"width": 1000, "height": 1000, "sharpness": 100.0, "brightness": 50.0, "contrast": 30.0}
BOUNDS: tuple[tuple[str, dict[str, float], bool], ...] = (
    ("quality:blurred", {"sharpness": 49.9}, True), ("quality:blurred", {"sharpness": 50}, False),
    ("quality:dark", {"brightness": 19.9}, True), ("quality:dark", {"brightness": 20}, False),
    ("quality:bright", {"brightness": 90.1}, True), ("quality:bright", {"brightness": 90}, False),
    ("quality:flat", {"contrast": 7.9}, True), ("quality:flat", {"contrast": 8}, False),
    ("quality:small", {"width": 319, "height": 319}, True), ("quality:small", {"width": 320, "height": 319}, False),
    ("quality:small", {"width": 319, "height": 320}, False),
    ("shape:landscape", {"height": 979}, True), ("shape:landscape", {"height": 980}, False),
    ("shape:square", {"height": 980}, True), ("shape:square", {"width": 980}, True),
    ("shape:portrait", {"width": 979}, True), ("shape:portrait", {"width": 980}, False),
    ("side:1000", {"height": 1}, True), ("side:1000", {"width": 1}, True), ("side:1000", {"width": 1001}, False),
    ("side:<640", {"width": 639, "height": 1}, True), ("side:<640", {"width": 640, "height": 1}, False),
    ("side:640..1279", {"width": 1, "height": 1279}, True), ("side:640..1279", {"width": 1280, "height": 1}, False),
)  # fmt: skip
SIZES = {639: "<640", 640: "640..1279", 1279: "640..1279", 1280: "1280..2559", 2559: "1280..2559", 2560: ">=2560"}


@pytest.fixture
def image_id(services: Services, project: Projects) -> str:
    (id_,) = add_images(services, project.id, "a.jpg").values()
    return id_


def _set(services: Services, image_id: str, values: dict[str, float]) -> None:
    with services.db.transaction() as session:
        session.execute(update(Images).where(col(Images.id) == image_id).values(**(USUAL | values)))


def test_a_bound_belongs_to_one_side(services: Services, project: Projects, image_id: str) -> None:
    found = []
    for line, values, _ in BOUNDS:
        _set(services, image_id, values)
        found.append((line, values, services.image_queries.count(project.id, line) == 1))

    assert found == [*BOUNDS]


def test_each_size_is_in_one_bar(services: Services, project: Projects, image_id: str) -> None:
    bars = {}
    for side_px in SIZES:
        _set(services, image_id, {"width": side_px, "height": 1})
        # A facet with one value is shown where the line names it.
        facets = services.image_queries.facets(project.id, parse_image_query(f"side:{side_px}"))
        (bars[side_px],) = (value.value for facet in facets if facet.field == "side" for value in facet.values)

    assert bars == SIZES
