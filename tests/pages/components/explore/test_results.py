"""The results of Explore: their three forms, and where the selected ones or all of them go."""

from typing import Any

import pytest

from core.accounts.permissions import Act
from core.dataset import parse_search
from pages.components.explore import results
from pages.components.shared import asked_grid, choice, entry_grid, entry_table, page
from tests.pages.reading import draw
from tests.pages.running import services

FOUND = parse_search("kind:count")


@pytest.mark.parametrize(("shape", "selected"), [("Images", ["asked"]), ("Entries", ["entry"]), ("Table", [])])
def test_results_are_drawn_in_the_chosen_form(shape: str, selected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    chosen: dict[str, Any] = {}
    monkeypatch.setattr(choice, "show", lambda _label, _options, **how: chosen.update(how) or shape)
    monkeypatch.setattr(entry_table, "show", lambda *_of: drawn.append("table"))
    monkeypatch.setattr(asked_grid, "show", lambda *_of: drawn.append("images") or ["asked"])
    monkeypatch.setattr(entry_grid, "show", lambda *_of: drawn.append("entries") or ["entry"])
    assert results.show("p", FOUND, 3, "local") == selected
    assert drawn == [shape.lower()]
    assert (chosen["in_url"], chosen["shows_label"], chosen["default"]) == (True, False, "Images")


@pytest.mark.parametrize(
    ("total", "selected", "waiting", "label", "about", "off"),
    [
        (0, [], 0, "Review 0", "All of them are decided, or you have skipped them", [True, True, True]),
        (3, [], 3, "Review 3", "Review them at the desk", [False, False, False]),
        (3, [], 1, "Review 1", "The other 2 are decided, you have skipped them, or others have them", [False] * 3),
        (3, ["a", "b"], 1, "Review 1 selected",
         "The other 1 are decided, you have skipped them, or others have them", [False] * 3),
        (3, ["a"], 0, "Review 0 selected", "All of them are decided, or you have skipped them", [False, False, True]),
    ],
)  # fmt: skip
def test_what_waits_of_the_results_can_be_reviewed(
    total: int, selected: list[str], waiting: int, label: str, about: str, off: list[bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    acts: list[Act] = []

    def only(act: Act, *, disabled: bool, help: str) -> dict[str, Any]:
        acts.append(act)
        return {"disabled": disabled, "help": help}

    monkeypatch.setattr(page, "only", only)
    monkeypatch.setattr(services().collaboration, "count_queue", lambda *_of: waiting)
    at = draw(results.next_steps, "p", FOUND, total, selected, "local")
    buttons = [at.button(key=key) for key in ("to-generate", "to-export", "review")]
    assert (buttons[2].label, buttons[2].help) == (label, about)
    assert [button.disabled for button in buttons] == off
    assert acts == [Act.GENERATE_PAID, Act.EXPORT, Act.REVIEW]


@pytest.mark.parametrize(("selected", "line"), [([], "kind:count"), (["a", "b"], "id:a id:b")])
def test_the_selected_entries_are_passed_on_or_else_all(
    selected: list[str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(page, "go", lambda file, **query: opened.append((file, query)))
    monkeypatch.setattr(page, "only", lambda _act, *, disabled, help: {"disabled": disabled, "help": help})
    monkeypatch.setattr(services().collaboration, "count_queue", lambda *_of: 1)
    monkeypatch.setattr(services().entries, "image_ids", lambda _id, chosen: [str(chosen)])
    at = draw(results.next_steps, "p", FOUND, 3, selected, "local")
    for key in ("to-generate", "to-export", "review"):
        at.button(key=key).click().run()
    assert opened == [
        ("generate", {}), ("export", {"which": page.EXPORT_ALL, "q": line}), ("curate", {"q": line}),
    ]  # fmt: skip
    assert at.session_state["selected-images"] == [line]
