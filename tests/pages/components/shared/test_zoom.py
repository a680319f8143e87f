import re
from typing import Any

import pytest
import streamlit as st

from core import Images
from core.images import service, tiles
from pages.components.shared import zoom


def _constant(name: str) -> int:
    (value,) = re.findall(rf"^const {name} = (\d+);", zoom.script(), re.MULTILINE)
    return int(value)


def test_the_browser_and_the_server_agree_on_the_sizes_of_tiles_and_views() -> None:
    assert _constant("TILE_SIDE_PX") == tiles.SIDE_PX
    assert _constant("COPY_SIDE_PX") == service.VIEW_SIDE_PX


@pytest.mark.parametrize(("stored", "reserved"), [((640, 480), (640, 480)), ((0, 0), (4, 3))])
def test_an_image_has_its_space_before_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch, stored: tuple[int, int], reserved: tuple[int, int]
) -> None:
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(st.components.v2, "component", lambda *_args, **_parts: lambda **given: drawn.update(given))
    image = Images(project_id="p", image_name="a.jpg", width=stored[0], height=stored[1], sha256="0" * 64)
    zoom.show(image, key="one")
    assert (drawn["data"]["width"], drawn["data"]["height"]) == reserved
