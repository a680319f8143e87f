"""Written image names mean exactly one image, or none."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.importing.matching import Match, ReferenceIndex, Written, match

_DECOMPOSED = unicodedata.normalize("NFD", "café ñandú.jpg")


def meant(files: list[str], *names: str | Written) -> list[str | None]:
    """Return the file that each name means, "" when several could be meant, None when none fits."""
    index = ReferenceIndex((file, file) for file in files)
    written = [name if isinstance(name, Written) else Written(name) for name in names]
    found = match(written, index)
    return [None if (place := found[name]) is None else place.image_id for name in written]


@pytest.mark.parametrize(
    ("files", "name", "expected"),
    [
        # As it is written.
        (["a.jpg"], "a.jpg", "a.jpg"),
        (["s/a.jpg"], "./s//a.jpg", "s/a.jpg"),
        (["s/a.jpg"], "s\\a.jpg", "s/a.jpg"),
        (["s/a.jpg", "t/a.jpg"], "x/../s/a.jpg", "s/a.jpg"),
        (["set/imgs/a.jpg"], "imgs/a.jpg", "set/imgs/a.jpg"),
        # The whole relative path is the tail of an absolute one.
        (["train/0001.jpg", "val/0001.jpg"], "/data/coco/val/0001.jpg", "val/0001.jpg"),
        (["val/0001.jpg", "x/val/0001.jpg"], "/data/coco/val/0001.jpg", "val/0001.jpg"),
        (["0001.jpg"], "/data/coco/val/0001.jpg", "0001.jpg"),
        (["0001.jpg"], "C:\\data\\val\\0001.jpg", "0001.jpg"),
        (["a/train/0001.jpg", "a/val/0001.jpg"], "/data/coco/val/0001.jpg", "a/val/0001.jpg"),
        (["images/a.jpg"], "https://example.org/set/images/a.jpg?x=1", "images/a.jpg"),
        (["1.jpg", "other/1.jpg"], "https://example.org/set/1.jpg", None),
        (["1.jpg"], "gs://bucket/set/1.jpg", "1.jpg"),
        # By name alone.
        (["deep/er/a.jpg"], "a.jpg", "deep/er/a.jpg"),
        # Other directories are other images.
        (["other/0001.jpg"], "missing/0001.jpg", None),
        (["val/images/0001.jpg"], "train/images/0001.jpg", None),
        (["other/0001.jpg"], "/data/missing/0001.jpg", None),
        ([], "a.jpg", None),
        (["a.jpg"], "", None),
        (["a.jpg"], "///", None),
        (["a.jpg"], "b.jpg", None),
        # More than one candidate.
        (["train/0001.jpg", "val/0001.jpg"], "0001.jpg", ""),
        (["x/val/0001.jpg", "y/val/0001.jpg"], "/data/val/0001.jpg", ""),
        (["IMG_1.jpg", "img_1.jpg"], "Img_1.jpg", ""),
        (["IMG_1.jpg", "img_1.jpg"], "img_1.jpg", "img_1.jpg"),
        # Ways of writing.
        ([_DECOMPOSED], unicodedata.normalize("NFC", _DECOMPOSED), _DECOMPOSED),
        (["IMG_1.JPG"], "img_1.jpg", "IMG_1.JPG"),
        (["STRASSE.jpg"], "straße.jpg", "STRASSE.jpg"),
        (["my photo #1.jpg"], "my%20photo%20%231.jpg", "my photo #1.jpg"),
        (["a%20b.jpg", "a b.jpg"], "a%20b.jpg", "a%20b.jpg"),
        (["a%20b.jpg", "a b.jpg"], "a b.jpg", "a b.jpg"),
        (["images/a.jpg", "other/a.jpg"], "Images/a.jpg", "images/a.jpg"),
        (["100%.jpg"], "100%.jpg", "100%.jpg"),
        (["👩‍🚀.jpg"], "👩‍🚀.jpg", "👩‍🚀.jpg"),
        (["👩🚀.jpg"], "👩‍🚀.jpg", None),
    ],
)  # fmt: skip
def test_a_name_means_one_image_or_none(files: list[str], name: str, expected: str | None) -> None:
    assert meant(files, name) == [expected]


def test_a_path_is_relative_to_its_annotation_file_first() -> None:
    files = ["a.jpg", "train/a.jpg", "val/a.jpg"]
    assert meant(files, Written("a.jpg", "train"), Written("a.jpg", "val"), Written("a.jpg")) == [
        "train/a.jpg", "val/a.jpg", "a.jpg",
    ]  # fmt: skip
    assert meant(["images/a.jpg", "train/a.jpg"], Written("../images/a.jpg", "labels")) == ["images/a.jpg"]


def test_a_bare_name_is_no_match_when_another_path_means_the_image() -> None:
    assert meant(["train/a.jpg"], Written("a.jpg", "train"), Written("a.jpg", "val")) == ["train/a.jpg", ""]
    assert meant(["a.jpg"], "a.jpg", "/data/val/a.jpg") == ["a.jpg", ""]


def test_different_paths_that_fall_on_one_image_are_no_match() -> None:
    assert meant(["0001.jpg"], "/data/train/0001.jpg", "/data/val/0001.jpg") == ["", ""]
    assert meant(["images/1.jpg"], "gqa/images/1.jpg", "ocr_vqa/images/1.jpg") == ["", ""]
    assert meant(["coco/val/1.jpg"], "coco/val/1.jpg", "/data/vg/val/1.jpg") == ["coco/val/1.jpg", ""]


def test_different_ways_to_write_one_path_are_the_same() -> None:
    ways = [
        "/data/val/IMG 1.jpg",
        "\\data\\val\\IMG 1.jpg",
        "/data/val/IMG%201.jpg",
        "/data/val/img 1.jpg",
        "val/IMG 1.jpg",
    ]
    assert meant(["val/IMG 1.jpg"], *ways) == ["val/IMG 1.jpg"] * 5


def test_several_references_of_one_image_are_one_candidate() -> None:
    index = ReferenceIndex([("train/a.jpg", "1"), ("val/a.jpg", "1"), ("b.jpg", "2")])
    assert match([Written("a.jpg")], index) == {Written("a.jpg"): Match("1")}


def test_a_url_is_the_image_that_was_fetched_from_it() -> None:
    index = ReferenceIndex([("https://x.org/i?id=1", "1"), ("https://x.org/i?id=2", "2"), ("i", "3")])
    wanted = Written("https://x.org/i?id=2")
    assert match([wanted], index) == {wanted: Match("2")}


def test_the_reason_names_what_could_be_meant() -> None:
    index = ReferenceIndex([("val/a.jpg", "1"), ("train/a.jpg", "2")])
    assert match([Written("a.jpg")], index) == {
        Written("a.jpg"): Match(
            "", "a.jpg fits several images, such as train/a.jpg and val/a.jpg. Write the path in full."
        )
    }


_PARTS = st.text(st.sampled_from("abAB %éß"), min_size=1, max_size=3).filter(lambda part: part.strip(". ") != "")
_PATHS = st.lists(_PARTS, min_size=1, max_size=3).map("/".join)


@given(st.lists(_PATHS, min_size=1, max_size=8, unique=True))
def test_every_file_is_found_by_its_own_path(files: list[str]) -> None:
    assert meant(files, *files) == files


@given(st.lists(_PATHS, max_size=8, unique=True), st.lists(_PATHS, min_size=1, max_size=5))
def test_a_match_has_the_same_name_and_no_other_directories(files: list[str], names: list[str]) -> None:
    def plain(path: str) -> list[str]:
        from urllib.parse import unquote

        return unicodedata.normalize("NFC", unquote(path).casefold()).split("/")

    for name, found in zip(names, meant(files, *names), strict=True):
        if found:
            shorter, longer = sorted((plain(name), plain(found)), key=len)
            assert longer[-len(shorter) :] == shorter


@given(st.lists(_PATHS, max_size=8, unique=True), st.lists(_PATHS, min_size=1, max_size=5))
def test_the_order_of_files_and_names_does_not_matter(files: list[str], names: list[str]) -> None:
    shuffled = sorted(files, key=hash)
    assert meant(files, *names) == list(reversed(meant(shuffled, *reversed(names))))
