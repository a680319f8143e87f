import pytest

from core.pluralize import pluralize


@pytest.mark.parametrize(
    ("count", "singular", "plural", "expected"),
    [
        (0, "image", "", "0 images"),
        (1, "image", "", "1 image"),
        (2_400, "image", "", "2,400 images"),
        (1, "entry", "", "1 entry"),
        (3, "earlier reply", "", "3 earlier replies"),
        (1, "file was", "files were", "1 file was"),
        (2, "file was", "files were", "2 files were"),
    ],
)
def test_a_number_agrees_with_its_noun(count: int, singular: str, plural: str, expected: str) -> None:
    assert pluralize(count, singular, plural) == expected
