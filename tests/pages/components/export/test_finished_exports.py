"""What the report of an export says."""

from typing import Any

from pages.components.export import finished_exports

REPORT: dict[str, Any] = {"left_out": {}, "leaks_prevented": {"pairs": 0}, "notes": [], "entries": 1, "images": 2}


def test_an_amount_counts_entries_and_images() -> None:
    assert finished_exports._amount(REPORT) == "1 entry on 2 images"


def test_notes_are_problems_what_was_left_out_related_images_and_the_rest() -> None:
    made = REPORT | {
        "left_out": {"rejected": 1_200}, "leaks_prevented": {"pairs": 2}, "notes": ["A note."],
        "problems": [{"text": "1 answer is empty"}],
    }  # fmt: skip

    assert finished_exports._notes(made) == [
        "1 answer is empty.",
        "Left out, rejected: 1,200",
        "Kept in one split to prevent leakage: 2 pairs of related images.",
        "A note.",
    ]
    assert finished_exports._notes(REPORT) == []


def test_changes_are_named_when_there_was_an_export_before() -> None:
    assert finished_exports._changes(REPORT) == finished_exports._changes(REPORT | {"changes": None}) == ""
    assert finished_exports._changes(REPORT | {"changes": {"added": 1, "changed": 2, "removed": 3}}) == (
        "; compared with the export before: 1 added, 2 changed, 3 removed"
    )
