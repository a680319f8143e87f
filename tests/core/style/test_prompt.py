"""The full prompt: its documented order and text."""

import pytest

from core.errors import InvalidInputError
from core.style.prompt import Brand, build_parts, full_prompt


def test_the_full_prompt_has_the_documented_parts_in_the_documented_order() -> None:
    parts = build_parts(
        "A teapot on a table",
        brand=Brand("Nordlicht", "calm, honest", "northern light"),
        master_prompt="Muted colors, soft shadows",
        reference_tags=["calm", "low light", "Calm", "airy"],
        reference_count=3,
        style="watercolor",
    )

    assert full_prompt(parts) == (
        "Brand: Nordlicht. Vibe: calm, honest. Theme: northern light.\n"
        "Style Guidelines: Muted colors, soft shadows\n"
        "Reference style: calm, low light, airy.\n"
        "Match the style and aesthetic of the 3 reference image(s) provided.\n"
        "A teapot on a table\n"
        "Style: watercolor."
    )


def test_without_anything_else_only_the_prompt_is_sent() -> None:
    assert full_prompt(build_parts("A teapot")) == "A teapot"


def test_without_references_no_part_mentions_them() -> None:
    parts = build_parts(
        "A teapot", reference_tags=["calm"], reference_count=0, overrides={"references": "Match all five images."}
    )

    assert full_prompt(parts) == "A teapot"


@pytest.mark.parametrize(
    ("brand", "line"),
    [
        (Brand("Nordlicht"), "Brand: Nordlicht."),
        (Brand("Nordlicht", "calm."), "Brand: Nordlicht. Vibe: calm."),
        (Brand(theme="sea"), "Theme: sea."),
    ],
)
def test_empty_fields_of_a_brand_are_left_out(brand: Brand, line: str) -> None:
    assert full_prompt(build_parts("A teapot", brand=brand)) == f"{line}\nA teapot"


@pytest.mark.parametrize(
    ("wording", "line"),
    [
        ("subtle", "Take loose inspiration from the style and aesthetic of the 2 reference image(s) provided."),
        ("balanced", "Match the style and aesthetic of the 2 reference image(s) provided."),
    ],
)
def test_the_wording_sets_the_weight_of_the_references(wording: str, line: str) -> None:
    assert full_prompt(build_parts("A teapot", reference_count=2, wording=wording)) == f"{line}\nA teapot"


def test_the_strong_wording_still_asks_for_new_content() -> None:
    text = full_prompt(build_parts("A teapot", reference_count=2, wording="strong"))

    assert text.startswith("Match the style and aesthetic of the 2 reference image(s) provided exactly")
    assert "never a copy" in text


def test_a_part_can_be_replaced_or_removed() -> None:
    parts = build_parts(
        "A teapot", brand=Brand("Nordlicht"), style="oil", overrides={"brand": "", "style": "Painted in oil."}
    )

    assert full_prompt(parts) == "A teapot\nPainted in oil."
    assert [part.edited for part in parts] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"prompt": "  "}, "prompt"),
        ({"prompt": "A teapot", "wording": "brutal"}, "wording"),
        ({"prompt": "A teapot", "overrides": {"mood": "x"}}, "overrides"),
    ],
)
def test_an_invalid_prompt_is_refused(arguments: dict, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        build_parts(**arguments)

    assert refused.value.field == field
