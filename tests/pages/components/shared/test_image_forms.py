"""The forms for changes and variants of images: their limits, and what they return when everything is chosen."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from core.transform import OPERATIONS
from tests.pages.controls import controls


def changes() -> AppTest:
    def script() -> None:
        import json

        import streamlit as st

        from pages.components.shared import change_form

        st.code(json.dumps([change_form.show("x"), change_form.unfit("x")]))

    return AppTest.from_function(script, default_timeout=120)


def variants(*, only_train: bool, usual: int) -> AppTest:
    def script(only_train: bool, usual: int) -> None:
        import json

        import streamlit as st

        from pages.components.shared import variant_form

        st.code(json.dumps(variant_form.show("x", only_train=only_train, usual=usual)))

    return AppTest.from_function(script, default_timeout=120, kwargs={"only_train": only_train, "usual": usual}).run()


def made(at: AppTest) -> Any:
    return json.loads(at.code[0].value)


def test_no_change_is_made_before_one_is_chosen() -> None:
    assert made(changes().run()) == [{"grayscale": False}, "leave_out"]


def test_every_change_has_these_limits_and_defaults() -> None:
    at = changes().run()
    at.multiselect(key="x-redact").set_value(["text", "objects"])
    at.selectbox(key="x-crop").set_value("center")
    at.selectbox(key="x-size").set_value("fill")
    at.selectbox(key="x-pad").set_value("1:1")
    at.run()

    shown = controls(at)
    assert {key: shown[key] for key in ("x-crop-share", "x-width", "x-height", "x-multiple")} == {
        "x-crop-share": "slider Kept, in % of each side | value 80 | min 10 max 100 step 5",
        "x-width": "number_input Width, px | value 512 | min 8 max 8192 step 1",
        "x-height": "number_input Height, px | value 512 | min 8 max 8192 step 1",
        "x-multiple": "number_input Sides as a multiple of, px | value 1 | min 1 max 256 step 1",
    }
    assert made(at)[0] == {
        "redact": {"sources": ["text", "objects"], "labels": [], "how": "blur"},
        "crop": {"to": "center", "share": 0.8},
        "resize": {"how": "fill", "width": 512, "height": 512, "multiple_of": 1},
        "pad": {"ratio": "1:1", "color": "#ffffff"},
        "grayscale": False,
    }


def test_what_is_typed_and_chosen_is_in_the_recipe() -> None:
    at = changes().run()
    at.multiselect(key="x-redact").set_value(["text"])
    at.selectbox(key="x-crop").set_value("regions")
    at.number_input(key="x-multiple").set_value(2)
    at.toggle(key="x-grayscale").set_value(True)
    at.toggle(key="x-keep-broken").set_value(True)
    at.run()
    assert "x-redact-labels" not in controls(at)  # text has no labels
    at.text_input(key="x-crop-labels").set_value(" person, ,car").run()

    assert made(at) == [
        {
            "redact": {"sources": ["text"], "labels": [], "how": "blur"},
            "crop": {"to": "regions", "source": "objects", "labels": ["person", "car"]},
            "resize": {"multiple_of": 2},
            "grayscale": True,
        },
        "keep",
    ]
    at.selectbox(key="x-crop").set_value("ratio").run()
    assert made(at)[0]["crop"] == {"to": "ratio", "ratio": "1:1"}


def test_variants_have_these_limits_and_defaults() -> None:
    at = variants(only_train=False, usual=1)

    shown = controls(at)
    assert {key: shown[key] for key in ("x-variants", "x-most", "x-variant-seed", "x-strength")} == {
        "x-variants": "number_input Variants of each image | value 1 | min 1 max 20 step 1",
        "x-most": "number_input Changes at once, at most | value 3 | min 1 max 10 step 1",
        "x-variant-seed": "number_input Seed of the variants | value 0 | min 0 max 2.14748e+09 step 1",
        "x-strength": "slider Strength, in % | value 50 | min 10 max 100 step 10",
    }
    assert made(at) == {"variants": 1, "operations": list(OPERATIONS), "most": 3, "seed": 0, "strength": 0.5}
    assert [at.multiselect[0].options[0], "JPEG" in at.multiselect[0].options] == ["Flip", True]


def test_an_export_begins_without_variants() -> None:
    at = variants(only_train=True, usual=0)

    assert made(at) == {"variants": 0}
    assert controls(at) == {"x-variants": "number_input Variants of each image | value 0 | min 0 max 20 step 1"}


def test_variants_are_made_of_what_is_chosen_or_else_of_everything() -> None:
    at = variants(only_train=True, usual=2)
    at.multiselect[0].set_value(["flip"]).run()
    assert made(at)["operations"] == ["flip"]
    at.multiselect[0].set_value([]).run()
    assert made(at)["operations"] == list(OPERATIONS)
