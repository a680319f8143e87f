"""What the report of an export says of the bundle, sentence by sentence."""

from collections import Counter
from typing import Any

import pytest

from core.export import parse_recipe
from core.export.bundle import BundleCounts
from core.export.earlier import Changes
from core.export.job import ExportJob
from core.export.reporting.report import MAX_NAMED, Provenance, as_markdown, image_changes_lines, make_report
from core.export.selecting.removed import RemovedEntry
from core.export.writing.changing import ChangeCounts
from core.transform.variants import NOTHING_HOLDS


def report_of(
    recipe: dict[str, Any], counts: BundleCounts | None = None, provenance: Provenance | None = None
) -> dict[str, Any]:
    job = ExportJob(parse_recipe(recipe), "Shelf")
    counts = counts or BundleCounts(entries=Counter(train=1), rows=Counter(train=1))
    return make_report(job, counts, [], {}, provenance or Provenance())


def notes(recipe: dict[str, Any], **counts: Any) -> list[str]:
    own = report_of(recipe)["notes"]
    found = report_of(recipe, BundleCounts(entries=Counter(train=1), rows=Counter(train=1), **counts))["notes"]
    return [note for note in found if note not in own]


THREE_WAYS = {"train": 80, "validation": 10, "test": 10}


@pytest.mark.parametrize(
    ("recipe", "counts", "said"),
    [
        ({"format": "llava"}, {"with_control_words": 1}, ["1 entry had a control word like <image>"]),
        ({"format": "csv"}, {"with_control_words": 1}, []),
        ({"format": "csv"}, {"with_system": 2}, ["2 entries have a system prompt, which is left out: CSV"]),
        ({"format": "sharegpt"}, {"with_system": 2}, []),
        ({"format": "csv"}, {"escaped_cells": 1}, ["1 cell begin with an apostrophe"]),
        ({"format": "llava"}, {"generated": {"generated-1.jpg"}}, ["A model made 1 image. Their names begin with"]),
        ({"format": "llama-factory"}, {"large_images": 2}, ["2 images are larger than 768 x 768 px."]),
        ({"format": "llama-factory", "max_side_px": 768}, {"large_images": 2}, []),
        ({"format": "llama-factory", "images": "none"}, {"large_images": 2}, []),
        ({"format": "llava"}, {"large_images": 2}, []),
    ],
)  # fmt: skip
def test_what_was_changed_or_left_out_is_said_where_it_matters(
    recipe: dict[str, Any], counts: dict[str, Any], said: list[str]
) -> None:
    found = notes(recipe, **counts)

    assert len(found) == len(said)
    assert all(note.startswith(beginning) for note, beginning in zip(found, said, strict=True))


@pytest.mark.parametrize(
    ("changes", "words", "is_said"),
    [
        ({"images": "none"}, "Images are named but not included", True),
        ({}, "Images are named but not included", False),
        ({"image_form": "original"}, "Images are the originals", True),
        ({"image_form": "original", "images": "none"}, "Images are the originals", False),
        ({"splits": THREE_WAYS}, "Splits are assigned by hash", True),
        ({}, "Splits are assigned by hash", False),
        ({"format": "roboflow"}, "validation and test has no row", True),
        ({}, "has no row", False),
    ],
)
def test_the_recipe_decides_what_is_good_to_know(changes: dict[str, Any], words: str, is_said: bool) -> None:
    assert any(words in note for note in report_of({"format": "llava"} | changes)["notes"]) == is_said


@pytest.mark.parametrize(
    ("counts", "lines"),
    [
        (ChangeCounts(), []),
        (ChangeCounts(changed=1), ["IMAGE_CHANGES.json says how each image was made."]),
        (ChangeCounts(variants=2, operations=Counter(rotate=2)), ["2 variants of images by rotate 2."]),
        (
            ChangeCounts(not_made=Counter({NOTHING_HOLDS: 1})),
            ["0 variants of images.", f"No further variant of 1 image: {NOTHING_HOLDS}."],
        ),
        (
            ChangeCounts(broken=Counter({("flip", "it asks for a side"): 1})),
            ["Not used for 1 question: flip, because it asks for a side."],
        ),
        (ChangeCounts(boxes_lost=Counter({"too small": 2})), ["2 boxes dropped: too small."]),
        (ChangeCounts(not_analyzed=1), ["1 image was not analyzed for text: a flip may have turned letters around"]),
    ],
)
def test_changed_images_are_told_line_by_line(counts: ChangeCounts, lines: list[str]) -> None:
    found = image_changes_lines(counts.as_report())

    assert len(found) == len(lines)
    assert all(one.startswith(beginning) for one, beginning in zip(found, lines, strict=True))


@pytest.mark.parametrize(
    ("count", "named", "more"), [(0, 0, ""), (MAX_NAMED, 50, ""), (MAX_NAMED + 2, 50, "and 2 more")]
)
def test_fifty_removed_and_moved_entries_are_named(count: int, named: int, more: str) -> None:
    removed = [RemovedEntry(f"e{number}", f"i{number}", "", "") for number in range(count)]
    provenance = Provenance(
        changes=Changes(1, 2, removed), pinned=Counter(train=3), moved=[f"m{number}" for number in range(count)]
    )
    made = report_of({"format": "llava"}, provenance=provenance)

    text = as_markdown(made)

    assert f"1 added, 2 changed, {count} removed." in text
    assert [text.count(f"\n- {letter}") for letter in ("e", "m")] == [named, named]
    assert text.count("- and") == (2 if more else 0)
    assert more in text
    assert [len(made["changes"]["removed_entries"]), len(made["pinned"]["moved_entries"])] == [count, count]
