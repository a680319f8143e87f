"""The fields of a request for images in a style."""

from streamlit.testing.v1 import AppTest

from pages.components.style import request_preview
from tests.pages.controls import controls


def fields(sizes: tuple[str, ...]) -> AppTest:
    def script(sizes: tuple[str, ...]) -> None:
        import streamlit as st

        from core import StyleDatasets
        from pages.components.style import request_form
        from pages.components.style.request_draft import Draft

        dataset = StyleDatasets(id="s", project_id="p", name="Warm")
        made = request_form.fields(dataset, Draft(), ("1:1", "3:2"), sizes)
        st.code(repr((made.prompts, made.aspect_ratio, made.wording, made.variants, made.size, made.cost_cap)))

    return AppTest.from_function(script, default_timeout=120, kwargs={"sizes": sizes}).run()


def test_a_request_begins_with_these_values_within_these_limits() -> None:
    at = fields(("1K", "2K"))

    stated = {
        "style-variants-s-0": "number_input Variants | value 1 | min 1 max 20 step 1",
        "style-ratio-s-0": "pills Aspect ratio | value '1:1' | required",
        "style-size-s-0": "segmented_control Size | value '1K' | required",
        "style-wording-s-0": "segmented_control Weight of the references | value 'balanced' | required",
        "style-batch-s-0": "toggle Batch: one prompt per line | value False",
    }
    shown = controls(at)
    assert {key: shown.get(key) for key in stated} == stated
    assert "style-cap-s-0" not in shown  # one image of one prompt
    assert at.code[0].value == "([], '1:1', 'balanced', 1, '1K', None)"


def test_a_model_with_one_size_asks_for_none_and_several_images_for_a_cap() -> None:
    at = fields(("1K",))
    at.number_input(key="style-variants-s-0").set_value(2).run()

    shown = controls(at)
    assert "style-size-s-0" not in shown
    assert shown["style-cap-s-0"].startswith("number_input Cost cap, in US dollars | value None | min 0 ")
    at.number_input(key="style-cap-s-0").set_value(0.0).run()
    assert at.code[0].value == "([], '1:1', 'balanced', 2, None, None)"  # a cap of 0 is none


def test_the_cost_is_that_of_all_images() -> None:
    said = [
        request_preview.cost_text(cost, images)
        for cost, images in ((None, 1), ((0.0, 0.0), 3), ((0.5, 0.5), 1), ((0.5, 0.75), 0), ((0.5, 0.75), 2))
    ]

    assert said == [
        "Cost unknown: this model has no listed price.", "No cost.", "Cost: about $0.50.",
        "Cost: about $0.50 to $0.75.", "Cost: about $1.00 to $1.50 for 2 images.",
    ]  # fmt: skip
