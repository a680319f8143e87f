"""The draft of a style request: its defaults, its prompts, and the request that it becomes."""

import pytest

from pages.components.style import request_draft
from pages.components.style.request_draft import Draft


def test_a_new_draft_asks_for_one_square_image_with_five_references() -> None:
    assert Draft().to_dict() == {
        "prompt": "", "style": "", "aspect_ratio": "1:1", "size": None, "count": 5, "variants": 1,
        "wording": "balanced", "pinned": [], "excluded": [], "overrides": {}, "parent_id": None, "batch": False,
        "cost_cap": None,
    }  # fmt: skip


def test_the_request_is_that_of_the_first_prompt() -> None:
    draft = Draft(prompt=" A lamp \n\nA boat", batch=True, style="  ", pinned=("a",), excluded=("b",), count=2)

    request = draft.request("dataset")

    assert draft.prompts == ["A lamp", "A boat"]
    assert (request.prompt, request.dataset_id, request.style) == ("A lamp", "dataset", None)
    assert (request.pinned, request.excluded, request.reference_image_count) == (("a",), ("b",), 2)
    assert Draft(prompt="  ").request(None).prompt == "…"
    assert Draft(style=" oil ").request(None).style == "oil"


SHOWN = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("action", "row_id", "pinned"),
    [
        ("earlier", "a", ()), ("earlier", "b", ("b", "a", "c")), ("later", "a", ("b", "a", "c")),
        ("later", "b", ("a", "c", "b")), ("later", "c", ()), ("unknown", "a", ()),
    ],
)  # fmt: skip
def test_a_reference_moves_within_the_references(action: str, row_id: str, pinned: tuple[str, ...]) -> None:
    assert request_draft.apply_action(Draft(), action, row_id, SHOWN).pinned == pinned
    assert SHOWN == ["a", "b", "c"]


def test_a_pin_is_added_behind_and_taken_away_alone() -> None:
    pinned = request_draft.apply_action(Draft(pinned=("b",)), "pin", "a", SHOWN)

    assert pinned.pinned == ("b", "a")
    assert request_draft.apply_action(pinned, "unpin", "b", SHOWN).pinned == ("a",)


def test_a_reference_that_is_switched_off_is_not_pinned_and_lowers_the_number() -> None:
    draft = request_draft.apply_action(Draft(pinned=("a", "b"), excluded=("x",), count=1), "off", "a", SHOWN)

    assert (draft.pinned, draft.excluded, draft.count) == (("b",), ("x", "a"), 0)
    assert request_draft.apply_action(draft, "off", "b", SHOWN).count == 0


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("prompt\nA lamp\n", ["A lamp"]),
        ("id, Prompt\n1,A  lamp\n2,\n3\n", ["A lamp"]),
        ("A lamp,x\nA boat,y", ["A lamp", "A boat"]),
        ("", []),
        ("\n\n", []),
    ],
)
def test_the_prompts_of_a_csv_are_its_column_or_its_first_one(text: str, prompts: list[str]) -> None:
    assert request_draft.prompts_from(text, is_csv=True) == prompts
