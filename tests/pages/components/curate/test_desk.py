"""The data of the review desk."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.dataset import parse_search
from core.dataset.collaboration import Plan
from pages.components.curate import desk
from pages.components.shared import page, visitor
from tests.pages.components.recording import RecordedComponents
from tests.pages.running import services


def _data(components: RecordedComponents, line: str, plan: Plan, actor: str = "Anna") -> dict[str, Any]:
    desk.show("p", parse_search(line), actor, plan)
    return dict(components.data["vitrine_desk"])


@pytest.mark.parametrize(
    ("line", "plan", "name", "flags"),
    [
        ("", Plan(), "All open entries", (False, False, False)),
        ("kind:count", Plan("shared"), "kind:count", (False, True, False)),
        ("", Plan("divided", ("Anna", "Ben"), 1), "All open entries, Anna's part", (False, False, True)),
        ("", Plan("divided", ("Ben",)), "All open entries", (False, False, False)),
        ("", Plan("all", ("Anna",)), "All open entries", (False, False, False)),
        ("skipped:Anna", Plan(), "Entries you skipped", (False, False, False)),
        ("sent:Anna", Plan(), "Sent back to you", (False, False, False)),
        ("sent:Ben", Plan(), "sent:Ben", (False, False, False)),
        ("skipped:Ben", Plan(), "skipped:Ben", (False, False, False)),
        ("tools:contradicts", Plan(), "Contradicted by tools", (False, False, False)),
        ("second:Anna", Plan("all", (), 20), "Second reviews", (True, False, True)),
    ],
)
def test_the_desk_is_named_by_its_queue(
    line: str, plan: Plan, name: str, flags: tuple[bool, ...], components: RecordedComponents
) -> None:
    data = _data(components, line, plan)

    assert (data["project"], data["actor"], data["q"], data["name"]) == ("p", "Anna", line, name)
    assert (data["second"], data["shared"], data["offers_second"]) == flags
    assert data["sent"] is line.startswith("sent:")
    assert data["token"]
    assert data["base"] == ""


@pytest.mark.parametrize(("account_id", "person"), [(None, "Anna"), ("a", "a")])
def test_the_keys_are_those_of_the_account_or_else_of_the_name(
    account_id: str | None, person: str, components: RecordedComponents, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(visitor, "actor", lambda: SimpleNamespace(account_id=account_id, is_admin=True))
    monkeypatch.setattr(desk, "own_keys", lambda _services, of: asked.append(of) or {"confirm": "k"})
    monkeypatch.setattr(page, "may", lambda _act, _id: True)
    assert _data(components, "", Plan())["keys"] == (("confirm", "k"),)
    assert asked == [person]


@pytest.mark.parametrize(("text", "version"), [("Count cups.", 3), ("", 0)])
def test_emptied_guidelines_are_none(text: str, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(version=3, text=text)
    monkeypatch.setattr(services().guidelines, "guidelines", lambda _id: found)
    assert desk._version_of_guidelines("p") == version
    monkeypatch.setattr(page, "may", lambda _act, _id: True)
    assert desk._withheld("p", version) == (() if version else ("guidelines",))
