"""Directories are classes where all images are in one each, and their names look like it."""

import pytest

from core.importing.class_directories import classes_of, note_of, tag_of

PETS = ["cat/1.jpg", "cat/2.png", "dog/1.jpeg", "dog/2.webp"]
NUMBERS = [f"{number}/{n}.png" for number in range(3) for n in range(2)]


@pytest.mark.parametrize(
    ("names", "noted", "chosen"),
    [
        (PETS, {"cat", "dog"}, {"cat", "dog"}),
        ([f"train/{name}" for name in PETS] + ["test/cat/9.jpg"], {"cat", "dog"}, {"cat", "dog"}),
        ([f"pets/Train/{name}" for name in PETS], {"cat", "dog"}, {"cat", "dog"}),
        ([*PETS, "readme.doc"], {"cat", "dog"}, {"cat", "dog"}),
        # Numbers are classes only where somebody says so; shards and days are numbers too.
        (NUMBERS, set(), {"0", "1", "2"}),
        (PETS[1:3], set(), {"cat", "dog"}),
        (["images/1.jpg", "images/2.jpg", "masks/1.jpg", "masks/2.jpg"], set(), {"images", "masks"}),
        # Images in different depths, or in one directory, or at the top.
        ([*PETS, "old/cat/1.jpg"], set(), set()),
        (PETS[:2], set(), set()),
        ([*PETS, "5.jpg"], set(), set()),
        ([], set(), set()),
    ],
)  # fmt: skip
def test_the_last_directories_of_all_images_are_classes(names: list[str], noted: set[str], chosen: set[str]) -> None:
    assert {*classes_of(names).values()} == noted
    assert {*classes_of(names, is_chosen=True).values()} == chosen


def test_at_most_a_thousand_directories_are_classes() -> None:
    names = [f"class {number}/{n}.jpg" for number in range(1_000) for n in range(2)]

    assert len({*classes_of(names).values()}) == 1_000
    assert classes_of([*names, "one more/1.jpg"]) == {}


def test_a_class_is_a_tag_without_commas() -> None:
    assert tag_of("train/big,  red cat/1.jpg") == "big red cat"


def test_the_note_names_the_first_classes() -> None:
    assert note_of(dict(zip("123456", "fedcba", strict=True))) == (
        "The names of the 6 directories (a, b, c, d, e, …) are tags of the new images. Choose the format Image classes "
        "to make each also the answer about its images."
    )
