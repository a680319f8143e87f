"""Why nothing waits at the desk, and how what was sent back is led to."""

from types import SimpleNamespace

import pytest

from core.dataset import parse_search
from pages.components.curate import empty_queue, sent_back
from pages.components.shared import nothing, page
from tests.pages.reading import draw, read
from tests.pages.running import services


@pytest.mark.parametrize(
    ("line", "waiting", "found", "undecided", "said"),
    [
        ("", 0, 3, 3, []),
        ("kind:count", 1, 3, 3, []),
        ("kind:count", 0, 0, 0, ["why"]),
        ("kind:count", 0, 1, 1,
         ["1 entry here. Nothing waits for you: you skipped what is open, or others have it."]),
        ("kind:count", 0, 3, 0, ["3 entries here, all of them decided."]),
    ],
    ids=["no filter", "some wait", "nothing found", "others have it", "all decided"],
)  # fmt: skip
def test_a_queue_without_entries_says_why(
    line: str, waiting: int, found: int, undecided: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = parse_search(line)
    entries = SimpleNamespace(
        count_entries=lambda _id, query: found if query == wanted else undecided, why_empty=lambda *_of: "why"
    )
    found_services = SimpleNamespace(entries=entries, collaboration=SimpleNamespace(count_queue=lambda *_of: waiting))
    monkeypatch.setattr(page, "services", lambda: found_services)
    shown: list[str] = []
    monkeypatch.setattr(nothing, "show", lambda reason, *_of: shown.append(reason))
    assert read(draw(empty_queue.explain, "p", wanted, "local")) + shown == said


@pytest.mark.parametrize(("count", "lines"), [(0, []), (1_200, ["[Sent back to you: 1,200 -> curate?q=sent%3AAda]"])])
def test_what_was_sent_back_is_led_to(count: int, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services().messages, "count_open", lambda *_of: count)
    assert read(draw(sent_back.link, "p", "Ada")) == lines
