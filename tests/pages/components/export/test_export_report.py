"""The report of an export: what was written and checked, what to remove, where it is, and publishing it."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.errors import NotFoundError
from core.export import ExportRecipe
from pages.components.export import finished_exports
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

MADE: dict[str, Any] = {
    "label": "LLaVA", "entries": 2, "images": 1, "load": "load here", "splits": {"train": {"entries": 2}},
    "checks": [{"name": "It opens", "passed": True, "examined": 1_200}, {"name": "Boxes", "passed": False,
                "examined": 3}],
    "left_out": {}, "leaks_prevented": {"pairs": 0}, "notes": ["A note."], "file_count": 3,
}  # fmt: skip


def export(container: str = "zip", **report: Any) -> Any:
    recipe = ExportRecipe().as_dict() | {"container": container}
    return SimpleNamespace(
        id="e", project_id="p", format="llava", recipe=recipe, report=MADE | report, size_bytes=2_000, path="/srv/e",
        create_at=datetime(2026, 5, 1, 9, 0, tzinfo=UTC),
    )  # fmt: skip


ALONE = [
    "**2 entries on 1 image, as LLaVA.**", "Read back by the rules of Vitrine: 1 of 2 checks passed. 2.0 kB",
    "[Download -> /export/e/download]", "load here", "A note.",
]  # fmt: skip
CHECKS = ["expander: Checks", "Passed: It opens (1,200)", "Failed: Boxes (3)"]


@pytest.mark.parametrize(
    ("container", "report", "more"),
    [
        ("zip", {}, []),
        ("zip", {"directory": "shelf"}, ["With the ZIP unpacked into the directory shelf:"]),
        ("directory", {"directory": "shelf"}, ["On this server: /srv/e"]),
        ("zip", {"splits": {"train": {"entries": 1}, "test": {"entries": 2}}},
         ["Splits: train 1 entry, test 2 entries"]),
        ("zip", {"pinned": {"moved_entries": ["a"]}},
         ["1 entry was in another split of the earlier export. Remove them there: EXPORT_REPORT.json in the bundle has "
          "their ids."]),
    ],
    ids=["usual", "a directory in the ZIP", "a directory here", "splits", "moved"],
)  # fmt: skip
def test_a_report_says_what_was_written_and_how_it_is_loaded(
    container: str, report: dict[str, Any], more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finished_exports, "_publish", lambda _export: None)
    monkeypatch.setattr(finished_exports, "_load", lambda _export: "load here")
    lines = read(draw(finished_exports.report, export(container, **report)))
    own = [line for line in lines if line not in CHECKS]
    assert lines[-3:] == CHECKS
    assert [line for line in own if not line.startswith("[Download")] == [
        *ALONE[:2], *[line for line in more if line.startswith(("On this", "With"))], ALONE[3],
        *[line for line in more if not line.startswith(("On this", "With"))], ALONE[4],
    ]  # fmt: skip
    assert any(line.startswith("[Download") for line in own) is (container == "zip")


def entry(name: str) -> Any:
    return SimpleNamespace(image_name=name, question="", id="i")


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (None, []),
        ({"removed_entries": [], "removed": 0}, []),
        ({"removed_entries": ["a"], "removed": 2},
         ["expander: Removed since the export before: 2 entries", "a.png · i\nb.png · i"]),
        ({"removed_entries": ["a"], "removed": 3},
         ["expander: Removed since the export before: 3 entries",
          "a.png · i\nb.png · i\nand 1 more; EXPORT_REPORT.json in the bundle has their ids"]),
    ],
)  # fmt: skip
def test_what_was_removed_since_the_export_before_is_listed(
    changes: Any, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services().exports, "removed_entries", lambda _export: [entry("a.png"), entry("b.png")])
    assert read(draw(finished_exports._removed, export(changes=changes))) == lines


@pytest.mark.parametrize("public", [False, True])
def test_a_bundle_is_published_to_the_typed_address_and_private_unless_wanted(
    public: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    monkeypatch.setattr(st, "rerun", lambda: None)
    monkeypatch.setattr(services().tasks, "create_task", lambda *of: done.append(of) or SimpleNamespace(id="t"))
    monkeypatch.setattr(services().engine, "submit", done.append)
    at = draw(finished_exports._publish, export())
    assert read(at)[1].startswith("What leaves this machine: 3 files, 2.0 kB: 2 entries on 1 image, with all texts")
    assert at.button(key="export-publish-now-e").disabled
    assert controls(at)["export-public-e"] == "toggle Make it public on the Hub | value False"
    at.toggle(key="export-public-e").set_value(public)
    at.text_input(key="export-address-e").set_value("hf://datasets/a/b").run()
    at.button(key="export-publish-now-e").click().run()
    config = {"export_id": "e", "address": "hf://datasets/a/b", "public": public}
    assert done == [("p", "dataset-send", config), "t"]


def test_earlier_exports_are_listed_and_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [export()]
    again: list[Any] = []
    monkeypatch.setattr(services().exports, "list_exports", lambda _id: found)
    at = draw(finished_exports.earlier, "p", lambda id_, recipe: again.append((id_, recipe.format, recipe.container)))
    assert read(at)[:3] == [
        "Earlier exports", "LLaVA, 2 entries on 1 image, 2.0 kB\n2026-05-01 09:00 UTC", "[Run again]",
    ]  # fmt: skip
    at.button(key="again-e").click().run()
    assert again == [("p", "llava", "zip")]
    found.clear()
    assert read(at.run()) == []


def test_a_directory_on_this_server_is_loaded_by_its_path_while_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finished_exports._load(export("zip")) == "load here"
    monkeypatch.setattr(services().exports, "export_path", lambda _export: Path("/srv/shelf"))
    assert "/srv/shelf" in finished_exports._load(export("directory"))

    def gone(_export: object) -> Path:
        raise NotFoundError("Its files are gone.")

    monkeypatch.setattr(services().exports, "export_path", gone)
    assert finished_exports._load(export("directory")) == "load here"
