import re

from core.images import service, tiles
from pages.components.shared import zoom


def _constant(name: str) -> int:
    (value,) = re.findall(rf"^const {name} = (\d+);", zoom.script(), re.MULTILINE)
    return int(value)


def test_the_browser_and_the_server_agree_on_the_sizes_of_tiles_and_views() -> None:
    assert _constant("TILE_SIDE_PX") == tiles.SIDE_PX
    assert _constant("COPY_SIDE_PX") == service.VIEW_SIDE_PX
