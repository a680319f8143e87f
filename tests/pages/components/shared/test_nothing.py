"""What a search without results says, and the searches that it offers instead."""

import pytest

from core.dataset import parse_search
from core.errors import InvalidInputError
from core.search_line import EmptyReason
from pages.components.shared import nothing
from tests.pages.reading import draw, read

BOTH = "No entry matches all of this. tag:draft alone finds 1 entry, the rest 3 entries."


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        (None, ["No entry matches this search."]),
        (EmptyReason("tag:draft", 0, 3), ["No entry matches tag:draft.", "[Remove tag:draft]"]),
        (EmptyReason("tag:draft", 1, 3), [BOTH, "[Remove tag:draft]"]),
        (EmptyReason("tag:draft", 1, 3, "tag:drafts"), [BOTH, "[Search for tag:drafts]", "[Remove tag:draft]"]),
    ],
    ids=["unknown", "the part finds nothing", "only not together", "another word finds some"],
)
def test_the_part_that_leaves_nothing_is_named_and_can_be_removed(reason: EmptyReason | None, lines: list[str]) -> None:
    assert read(draw(nothing.show, reason, parse_search("red tag:draft"), "entry")) == lines
    noted = read(draw(nothing.show, reason, parse_search("red tag:draft"), "entry", note="Analyze first."))
    assert noted == lines if reason is None else [lines[0], "Analyze first.", *lines[1:]]


@pytest.mark.parametrize(("key", "line"), [("nothing-remove", "red"), ("nothing-instead", "red tag:drafts")])
def test_a_click_replaces_the_search(key: str, line: str) -> None:
    at = draw(nothing.show, EmptyReason("tag:draft", 1, 3, "tag:drafts"), parse_search("red tag:draft"), "entry")
    at.button(key=key).click().run()
    assert at.session_state["search-line"] == line


@pytest.mark.parametrize(("line", "buttons"), [("colour:red", []), ("knd:count", ["[Search for kind:count]"])])
def test_a_mended_search_is_offered_where_there_is_one(line: str, buttons: list[str]) -> None:
    assert read(draw(nothing.refused, line, InvalidInputError("Not a field."))) == ["error: Not a field.", *buttons]
