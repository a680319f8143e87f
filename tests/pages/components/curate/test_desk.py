"""The data of the review desk."""

from typing import Any

import pytest

from core.dataset import parse_search
from core.dataset.collaboration import Plan
from pages.components.curate import desk
from tests.pages.components.recording import RecordedComponents


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
    assert data["token"]
    assert data["base"] == ""
