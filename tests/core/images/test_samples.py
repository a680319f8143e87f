"""The images to try Vitrine with."""

from collections import Counter

from core.images.samples import drawings, sample_images
from core.measure import hash_distance, measure
from tests.core.images.pictures import opened


def test_there_are_21_photographs_and_twelve_drawings_in_every_format() -> None:
    sizes = Counter(opened(file.read_bytes()).size for file in sample_images().iterdir())
    assert sizes == {(1280, 960): 16, (960, 1280): 3, (1600, 700): 2}
    assert len({drawing.name for drawing in drawings()}) == 12
    assert {opened(drawing.data).format for drawing in drawings()} == {"JPEG", "PNG", "WEBP"}
    assert {opened(drawing.data).size for drawing in drawings()} == {(960, 720)}


def test_the_drawings_share_colors_but_none_is_a_near_duplicate() -> None:
    measured = [measure(opened(drawing.data)) for drawing in drawings()]
    hashes = [image.dhash for image in measured]

    assert min(hash_distance(a, b) for n, a in enumerate(hashes) for b in hashes[n + 1 :]) > 3
    shared = [
        {color.name for color in image.colors} & {"beige", "turquoise", "orange", "dark blue"} for image in measured
    ]
    assert all(len(names) >= 1 for names in shared)
