"""What became of the files of an import, in words."""

import pytest

from pages.components.upload import import_outcomes


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, ""),
        ({"added": 1}, "1 image added."),
        ({"added": 3, "near-duplicate": 2}, "5 images added (2 similar to another image)."),
        ({"near-duplicate": 1}, "1 image added (1 similar to another image)."),
        ({"duplicate": 1200}, "1,200 already in this project."),
        ({"added": 2, "duplicate": 1, "rejected": 3}, "2 images added, 1 already in this project, 3 rejected."),
        ({"rejected": 0, "left-out": 4}, ""),
    ],
)
def test_the_files_of_an_import_are_counted_by_outcome(counts: dict[str, int], sentence: str) -> None:
    assert import_outcomes._files(counts) == sentence


def test_a_row_has_an_image_when_it_is_stored() -> None:
    row = {"name": "a.png", "outcome": "near-duplicate", "reason": "like b.png", "image_id": "i", "sha256": "ab"}

    shown = import_outcomes._row(row)

    assert shown["image"] != ""
    assert {name: shown[name] for name in ("place", "outcome", "reason")} == {
        "place": "a.png", "outcome": "added, similar", "reason": "like b.png",
    }  # fmt: skip
    assert import_outcomes._row(row | {"sha256": ""})["image"] == ""
    assert import_outcomes._row(row | {"image_id": ""})["image"] == ""
    assert import_outcomes._row(row | {"outcome": "new kind"})["outcome"] == "new kind"
