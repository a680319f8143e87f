"""The recipe of an export: what its choices make, what it says about them, and how rows and images are shown."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from core.export import ProblemCount, SelectionCounts, format_named
from pages.components.export import image_changes, recipe_form, row_preview
from pages.components.shared import folded
from tests.pages.controls import controls
from tests.pages.reading import draw, read


def returned(function: Any, *arguments: Any) -> Any:
    """Return what a part of the form returns before anybody changed it."""
    made: list[Any] = []
    draw(lambda: made.append(function(*arguments)))
    return made[-1]


@pytest.mark.parametrize("name", ["llava", "qwen", "parquet", "roboflow", "csv", "vitrine"])
def test_a_closed_form_says_of_images_and_rows_what_the_open_one_begins_with(name: str) -> None:
    format_ = format_named(name)
    assert recipe_form._usual_shape(format_) == returned(
        lambda: {**recipe_form._images(format_), **recipe_form._rows(format_)}
    )
    assert recipe_form._usual_destination(format_) == returned(recipe_form._destination, format_)


def test_originals_are_not_resized_and_images_that_are_only_named_have_no_version() -> None:
    made: list[Any] = []
    at = draw(lambda: made.append(recipe_form._images(format_named("llava"))))
    side = "export-side"
    at.number_input(key=side).set_value(512).run()
    assert made[-1]["max_side_px"] == 512
    at.selectbox(key="export-form-upright-original").set_value("original").run()
    assert made[-1] == {"images": made[0]["images"], "image_form": "original", "max_side_px": None}
    assert controls(at)[side].endswith("off | hint 'Original size'")
    at.selectbox(key="export-images-llava").set_value("none").run()
    assert made[-1] == {"images": "none"}
    assert side not in controls(at)


def test_the_report_is_not_included_in_rows_alone() -> None:
    made: list[Any] = []
    at = draw(lambda: made.append(recipe_form._destination(format_named("llava"))))
    at.toggle(key="export-with-report").set_value(True).run()
    assert made[-1]["report"] is True
    at.radio(key="export-container").set_value("file").run()
    assert (made[-1]["container"], made[-1]["report"]) == ("file", False)
    assert at.toggle(key="export-with-report").disabled
    at.slider(key="export-splits").set_value((70, 95)).run()
    assert made[-1]["splits"] == {"train": 70, "validation": 25, "test": 5, "seed": 0}
    assert "train 70%, validation 25%, test 5%" in read(at)
    at.slider(key="export-splits").set_value((0, 100)).run()
    assert "validation 100%" in read(at)


def test_the_destination_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded, "WAITS", True)
    assert read(draw(recipe_form.destination, format_named("llava"), {}))[0] == "ZIP to download, train 100%"
    monkeypatch.setattr(folded, "WAITS", False)
    at = draw(recipe_form.destination, format_named("llava"), {"test": 2, "train": 1_200})
    assert read(at)[-1] == "Put into a split by hand, whatever the shares: 2 into test and 1,200 into train."
    at.toggle(key="export-with-report").set_value(True)
    at.text_input(key="export-title").set_value("Shelf")
    at.selectbox(key="export-license").set_value("MIT").run()
    assert read(at)[0] == "ZIP to download, train 100%, Shelf, MIT, with the report"


def test_only_what_is_new_is_exported_once_there_was_an_export() -> None:
    assert returned(recipe_form.since, []) == {}
    export = SimpleNamespace(
        id="e", report={"label": "LLaVA"}, create_at=datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
    )  # fmt: skip
    made: list[Any] = []
    at = draw(lambda: made.append(recipe_form.since([export])))
    assert at.selectbox(key="export-since").options == [
        "Everything", "New or changed since LLaVA, 2026-05-01 09:00 UTC",
    ]  # fmt: skip
    at.selectbox(key="export-since").set_value("e").run()
    assert made == [{"since": ""}, {"since": "e"}]


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    assert read(draw(recipe_form.counts, SelectionCounts(1, 1, {}))) == ["**1 entry** on 1 image"]
    assert read(draw(recipe_form.counts, SelectionCounts(1_200, 2, {"rejected": 3}))) == [
        "**1,200 entries** on 2 images", "Left out, by the first reason that applies", "3  rejected",
    ]  # fmt: skip


def test_each_problem_is_asked_about_and_only_what_is_to_be_left_out_is() -> None:
    found = [ProblemCount(name, f"1 of 2 is {name}", 1) for name in ("empty", "long")]
    made: list[Any] = []
    at = draw(lambda: made.append(recipe_form.problems(found)))
    assert read(at) == [":material/warning: 1 of 2 is empty.", ":material/warning: 1 of 2 is long."]
    for name, choice in (("empty", "Export anyway"), ("long", "Leave out")):
        at.session_state[f"export-problem-{name}"] = choice
        at.run()
    assert made == [None, None, ("long",)]
    assert returned(recipe_form.problems, []) == ()


def test_a_choice_among_fewer_than_two_values_is_off() -> None:
    at = draw(lambda: [recipe_form._multiselect(str(n), ["a", "b"][:n], f"k{n}") for n in range(3)])
    assert [one.disabled for one in at.multiselect] == [True, True, False]


def test_long_texts_and_bytes_are_shortened_for_reading_only() -> None:
    row = {"image": b"\xff", "texts": ["é" * 400, "b" * 401], "size": (1, 2)}
    assert row_preview._shortened(row) == {
        "image": "the image's bytes", "texts": ["é" * 400, "b" * 400 + "… (401 characters)"], "size": [1, 2],
    }  # fmt: skip
    assert row_preview._as_text({"answer": "é"}) == '{\n  "answer": "é"\n}'


@pytest.mark.parametrize(
    ("name", "chosen", "made"),
    [
        ("llava", {}, {"format": None, "quality": 92}),
        ("llava", {"export-file-type": "PNG"}, {"format": "PNG"}),
        ("llava", {"export-file-type": "WEBP"}, {"format": "WEBP", "quality": 92}),
        ("llava", {"export-normalize": "half"}, {"format": None, "quality": 92, "normalize": {
            "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5), "write": "metadata"}}),
        ("parquet", {"export-normalize": "half"}, {"format": None, "quality": 92, "normalize": {
            "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5), "write": "metadata"}}),
    ],
)  # fmt: skip
def test_the_files_of_changed_images_are_as_chosen(name: str, chosen: dict[str, str], made: dict[str, Any]) -> None:
    found: list[Any] = []
    at = draw(lambda: found.append(image_changes._file(format_named(name))))
    for key, value in chosen.items():
        at.selectbox(key=key).set_value(value).run()
    assert found[-1] == made
    floats = "export-floats" in controls(at)
    assert floats is (name == "parquet")
    if floats:
        at.toggle(key="export-floats").set_value(True).run()
        assert found[-1]["normalize"]["write"] == "float"


def test_three_of_what_is_made_of_an_image_are_shown_with_why_the_rest_is_missing() -> None:
    original = SimpleNamespace(id="a", sha256="0" * 64, name="a.png", width=1_600, height=1_200)
    made = [SimpleNamespace(label=f"Variant {n}", data=b"x", size_wh=(160, 1_120), entries=n) for n in range(1, 5)]
    changed = SimpleNamespace(original=original, made=made, left_out=["Variant 5: too small", "Variant 6: too small"])
    assert read(draw(image_changes._show, changed, 0)) == [
        "Original, 1,600 x 1,200 px", "Variant 1, 160 x 1,120 px, 1 entry", "Variant 2, 160 x 1,120 px, 2 entries",
        "Variant 3, 160 x 1,120 px, 3 entries", "expander: Left out, and why",
        "Variant 5: too small\nVariant 6: too small",
    ]  # fmt: skip
