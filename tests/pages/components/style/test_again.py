"""Asking for a result anew, reading prompts from a file, and choosing the style dataset."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core import StyleDatasets
from core.llm import session_keys
from pages.components.shared import model_picker
from pages.components.style import dataset_menu, dataset_panel, recipe_dialog, request_form, results
from pages.components.style.request_draft import Draft
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

PROJECT: Any = SimpleNamespace(id="p")
REQUEST = {"size": "2K", "reference_image_count": 4, "wording": "strong", "overrides": {"a": "b"}, "excluded": ["x"]}
RECIPE = {"request": REQUEST, "references": [{"id": "r"}, {"id": "q"}], "model": {"model": "m", "api_base": None}}


def result(**changed: Any) -> Any:
    given = {
        "id": "g", "project_id": "p", "dataset_id": "s", "prompt": "A lamp", "style": None, "aspect_ratio": "3:2",
        "recipe": RECIPE, "full_prompt": "A lamp, soft", "caption": "", **changed,
    }  # fmt: skip
    return SimpleNamespace(generated=SimpleNamespace(**given))


@pytest.mark.parametrize(("key", "registered"), [(None, []), ("secret", [("t", "secret")])])
def test_a_request_is_sent_again_with_the_same_references(
    key: str | None, registered: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    monkeypatch.setattr(st, "query_params", {})
    monkeypatch.setattr(services().style_results, "get_result", lambda _id: result())
    monkeypatch.setattr(services().tasks, "create_task", lambda *of: done.append(of) or SimpleNamespace(id="t"))
    monkeypatch.setattr(services().llm, "model_info", lambda _model: SimpleNamespace(provider="openai"))
    monkeypatch.setattr(model_picker, "typed_key", lambda *_of: key)
    monkeypatch.setattr(session_keys, "register", lambda *of: done.append(of))
    monkeypatch.setattr(services().engine, "submit", done.append)
    results.again("g")
    request = {**REQUEST, "pinned": ["r", "q"], "parent_id": "g"}
    config = {"request": request, "prompts": ["A lamp"], "variants": 1, "llm_config": RECIPE["model"]}
    assert done == [("p", "style-generation", config), *registered, "t"]
    assert st.query_params == {"task": "t"}


@pytest.mark.parametrize("dataset_id", ["s", None])
def test_a_varied_request_is_the_draft_of_its_style_dataset_in_new_fields(
    dataset_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[Any] = []
    datasets = services().style_datasets
    for name in ("query_params", "session_state"):
        monkeypatch.setattr(st, name, {})
    monkeypatch.setattr(services().style_results, "get_result", lambda _id: result(dataset_id=dataset_id))
    monkeypatch.setattr(datasets, "get_style_dataset", lambda _id: SimpleNamespace(draft={"cost_cap": 2.0}))
    monkeypatch.setattr(datasets, "save_draft", lambda *of: saved.append(of))
    results.vary("g")
    results.vary("g")
    if dataset_id is None:
        assert (saved, st.session_state) == ([], {})
        return
    draft = {
        "cost_cap": 2.0, "prompt": "A lamp", "style": "", "aspect_ratio": "3:2", "size": "2K", "count": 4,
        "wording": "strong", "overrides": {"a": "b"}, "pinned": ["r", "q"], "excluded": ["x"], "batch": False,
        "parent_id": "g",
    }  # fmt: skip
    assert saved[0] == ("s", draft)
    assert st.query_params == {"style": "s"}
    assert st.session_state == {"style-epoch": 2}


@pytest.mark.parametrize(
    ("name", "data", "prompt"),
    [("a.csv", "id,prompt\n1,A lamp\n2,A cup", "A lamp\nA cup"), ("a.txt", "A lamp, red\n", "A lamp, red")],
)
def test_the_prompts_of_a_file_make_a_batch_in_new_fields(
    name: str, data: str, prompt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[Draft] = []
    file: list[Any] = [None]
    monkeypatch.setattr(request_form, "_save", lambda _dataset, draft: saved.append(draft))
    monkeypatch.setattr(st, "file_uploader", lambda *_of, max_upload_size, **_how: file[max_upload_size - 1])
    dataset = StyleDatasets(id="s", project_id="p", name="Warm")
    at = draw(request_form._from_file, dataset, Draft(count=2))
    assert read(at) == []
    file[0] = SimpleNamespace(name=name, getvalue=lambda: b"\xef\xbb\xbf" + data.encode())
    at.run()
    assert saved == []
    at.button(key="style-prompts-use").click().run()
    assert saved == [replace(Draft(count=2), batch=True, prompt=prompt)]
    assert at.session_state["style-epoch"] == 1


@pytest.mark.parametrize(
    ("given", "chosen"),
    [(None, "a"), ("b", "b"), ("gone", "a")],
)
def test_the_style_dataset_of_the_address_is_open_or_else_the_first(
    given: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [SimpleNamespace(id=id_, name="Warm", version=2) for id_ in "ab"]
    made: list[Any] = []
    monkeypatch.setattr(dataset_menu, "make", lambda _project: None)
    monkeypatch.setattr(services().style_datasets, "list_style_datasets", lambda _id: found)

    def script() -> None:
        if given is not None and "style" not in st.query_params:
            st.query_params["style"] = given
        made.append(dataset_panel.choose(PROJECT))

    at = draw(script)
    assert [one.id for one in made] == [chosen]
    assert at.query_params["style"] == chosen
    assert at.selectbox[0].options == ["Warm, version 2", "Warm, version 2 (2)"]
    found.clear()
    draw(script)
    assert made[-1] is None


@pytest.mark.parametrize(
    ("selected", "label"),
    [([], "Learn the style of this project"), (["a"], "Learn the style of 1 selected image"),
     (["a"] * 1_200, "Learn the style of 1,200 selected images")],
)  # fmt: skip
def test_the_style_of_the_selected_images_is_learned_or_else_of_the_project(
    selected: list[str], label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[Any] = []
    monkeypatch.setattr(st, "rerun", lambda: None)
    monkeypatch.setattr(services().projects, "counts", lambda _id: SimpleNamespace(images=3))
    monkeypatch.setattr(dataset_menu, "selected_images", lambda _project: selected)
    monkeypatch.setattr(dataset_menu, "analyze_rest", lambda _project, made: learned.append(made.id))
    monkeypatch.setattr(
        services().style_datasets, "create_from_project",
        lambda _id, *, image_ids: learned.append(image_ids) or SimpleNamespace(id="new"),
    )  # fmt: skip
    at = draw(dataset_panel.start, PROJECT)
    assert at.button(key="style-learn").label == label
    at.button(key="style-learn").click().run()
    assert learned == [selected, "new"]


@pytest.mark.parametrize(("business", "title"), [(None, "Brand"), ("", "Brand"), ("Mill *", "Brand: Mill *")])
def test_the_brand_is_filled_in_where_there_is_one(
    business: str | None, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = None if business is None else SimpleNamespace(business_name=business, vibes="calm", theme="wood")
    monkeypatch.setattr(services().style_generation, "get_business_profile", lambda _id: profile)
    at = draw(dataset_panel._brand, PROJECT)
    assert at.expander[0].label.replace("\\", "") == title
    shown = controls(at)
    assert shown["style-brand-name"].endswith(f"value {business or ''!r}")
    assert shown["style-brand-vibes"].endswith("value 'calm'" if profile else "value ''")
    assert shown["style-brand-theme"].endswith("value 'wood'" if profile else "value ''")


def test_a_recipe_says_which_references_were_sent_and_what_the_model_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    used = [SimpleNamespace(number=n, name=f"{n}.png", reason="near", sent=n == 1) for n in (1, 2)]
    shown = result(recipe={"notices": ["Cut."]}, caption="Soft.")
    monkeypatch.setattr(recipe_dialog, "_facts", lambda _row: "Facts.")
    monkeypatch.setattr(services().style_results, "get_result", lambda _id: shown)
    monkeypatch.setattr(services().style_results, "references_used", lambda _id: used)
    lines = ["A lamp, soft", "Facts.", "1. 1.png: near", "2. 2.png: not sent: near"]
    end = ["[Download the recipe]"]
    assert read(draw(recipe_dialog.show, "g")) == [*lines, "Cut.", "The model wrote: Soft.", *end]
    shown.generated.caption, shown.generated.recipe = "", {}
    assert read(draw(recipe_dialog.show, "g")) == [*lines, *end]
