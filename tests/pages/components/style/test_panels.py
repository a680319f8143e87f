"""Parts of the Style page: the panel of a style dataset, its groups, what is left out, and the history."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core import StyleDatasets
from core.style.results import ResultFilter
from pages.components.shared import cards
from pages.components.style import dataset_menu, dataset_panel, request_preview, result_cards, results, style_groups
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

DATASET = StyleDatasets(id="s", project_id="p", name="Warm")
PROJECT: Any = SimpleNamespace(id="p")


@pytest.mark.parametrize(
    ("images", "which"), [(300, "your images"), (301, "the newest 300 of your 301 images"), (0, "your images")]
)
def test_a_style_is_learned_from_the_newest_images(images: int, which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_panel, "MAX_FIRST_IMAGES", 300)
    assert dataset_panel._which_images(images) == which


@pytest.mark.parametrize(
    ("total", "analyzed", "is_analyzing", "lines"),
    [
        (12, 12, False, ["12 images, 12 measured"]),
        (13, 13, False, ["13 images, 13 measured", "[Show more of 13]"]),
        (3, 1, False, ["3 images, 1 measured, 2 waiting", "[Measure the rest]"]),
        (3, 1, True, ["3 images, 1 measured, 2 waiting"]),
    ],
)
def test_the_images_of_a_style_dataset_are_counted_and_the_rest_is_measured(
    total: int, analyzed: int, is_analyzing: bool, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []
    monkeypatch.setattr(cards, "show", lambda *_cards, **_looks: None)
    monkeypatch.setattr(services().style_datasets, "list_images", lambda _id, limit: limits.append(limit) or [])
    monkeypatch.setattr(dataset_menu, "is_analyzing", lambda _project: is_analyzing)
    at = draw(dataset_panel._images, PROJECT, DATASET, total, analyzed)
    assert read(at) == lines
    if total > 12:
        at.button(key="style-show-more").click().run()
        assert limits[-1] == 36


@pytest.mark.parametrize(
    ("count", "examples", "line"),
    [(2, ("a", "b"), "Switched off: a, b"), (3, ("a", "b"), "Switched off: a, b and 1 more")],
)
def test_what_is_not_sent_is_named_by_its_reason(count: int, examples: tuple[str, ...], line: str) -> None:
    named = [SimpleNamespace(name=name) for name in examples]
    group = SimpleNamespace(count=count, reason="switched off", examples=named)
    preview: Any = SimpleNamespace(left_out=[group])
    title = f"expander: {count} images are not sent, and why"
    assert read(draw(request_preview._left_out, preview)) == [title, line]
    assert read(draw(request_preview._left_out, SimpleNamespace(left_out=[]))) == []


@pytest.mark.parametrize(
    ("unity", "lines"),
    [
        ({"is_one_style": True, "groups": []}, []),
        ({"is_one_style": False, "groups": []},
         ["info: These images have no single style, and no groups with one were found. Remove some."]),
        ({"is_one_style": False, "groups": [SimpleNamespace(label=one, ids=list("abcde")) for one in ("Warm", "Cold")]},
         ["info: These images have no single style: they fall into 2 groups. Use one of them for results that look "
          "alike.", "Warm: 5 images", "[Make a style dataset of it]", "Cold: 5 images",
          "[Make a style dataset of it]"]),
    ],
    ids=["one style", "none", "groups"],
)  # fmt: skip
def test_images_without_a_single_style_are_told_apart_by_group(
    unity: dict[str, Any], lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(services().style_datasets, "unity", lambda _id: SimpleNamespace(**unity))
    monkeypatch.setattr(services().style_datasets, "get_images", lambda ids: asked.append(ids) or [])
    assert read(draw(style_groups.show, DATASET)) == lines
    assert asked == [list("abcd")] * len(unity["groups"])


@pytest.mark.parametrize(
    ("count", "more"), [(3, []), (4, ["expander: 1 more group"]), (6, ["expander: 3 more groups"])]
)
def test_three_groups_are_shown_and_the_others_can_be_opened(
    count: int, more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = [SimpleNamespace(label=str(number), ids=["a"]) for number in range(count)]
    unity = SimpleNamespace(is_one_style=False, groups=groups)
    monkeypatch.setattr(services().style_datasets, "unity", lambda _id: unity)
    monkeypatch.setattr(services().style_datasets, "get_images", lambda _ids: [])
    lines = read(draw(style_groups.show, DATASET))
    assert [line for line in lines if line.startswith("expander")] == more
    assert [line for line in lines if line.endswith(": 1 image")] == [f"{number}: 1 image" for number in range(count)]


@pytest.mark.parametrize(("models", "offers"), [([], False), (["m"], False), (["m", "n"], True)])
def test_the_history_is_filtered_by_model_where_several_drew(
    models: list[str], offers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services().style_results, "models_used", lambda _id: models)
    monkeypatch.setattr(services().style_datasets, "list_style_datasets", lambda _id: [])
    found: list[tuple[ResultFilter, bool]] = []
    at = draw(lambda: found.append(results._filters(PROJECT)))
    assert ("style-made-by" in controls(at)) is offers
    assert found == [(ResultFilter(), False)]
    wanted = {
        "kept": ResultFilter(kept=True), "open": ResultFilter(kept=False), "good": ResultFilter(rating=1),
        "bad": ResultFilter(rating=-1), "discarded": ResultFilter(discarded=True),
    }  # fmt: skip
    for state, expected in wanted.items():
        at.selectbox(key="style-state").set_value(state).run()
        assert found[-1] == (expected, False)


def made(*scores: float | None) -> list[Any]:
    return [
        SimpleNamespace(id=str(n), generated=SimpleNamespace(match={} if score is None else {"score": score}))
        for n, score in enumerate(scores)
    ]


def test_the_best_match_comes_first_and_what_was_not_measured_last() -> None:
    assert [one.id for one in results._by_match(made(None, 2.0, 1.0, 98.9))] == ["2", "1", "3", "0"]


@pytest.mark.parametrize(
    ("total", "status", "order", "is_cut"),
    [(3, "completed", ["2", "1", "0"], False), (4, "completed", ["2", "1", "0"], True),
     (3, "running", ["2", "1", "0"], False)],
)  # fmt: skip
def test_the_results_of_a_task_are_sorted_once_it_has_ended(
    total: int, status: str, order: list[str], is_cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[str]] = []
    found = SimpleNamespace(items=made(3.0, 2.0, 1.0), total=total)
    monkeypatch.setattr(services().style_results, "history", lambda *_of, limit: found)
    monkeypatch.setattr(services().tasks, "get_task", lambda _id: SimpleNamespace(status=status))
    monkeypatch.setattr(results, "_side_by_side", lambda items, *_of, key: drawn.append([one.id for one in items]))
    at = draw(results.of_task, PROJECT, DATASET, "t")
    assert drawn[-1] == order
    said = "The latest 3 of 4; the history has all of them."
    assert (said in read(at)) is is_cut
    toggle = at.toggle(key="style-results-by-match")
    assert (toggle.value, toggle.disabled) == (True, status == "running")
    if status == "completed":
        toggle.set_value(False).run()
        assert drawn[-1] == ["2", "1", "0"]
    found.items = []
    assert read(draw(results.of_task, PROJECT, DATASET, "t")) == []


def test_a_result_of_another_project_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_side_by_side", lambda *_of, key: st.text(key))
    shown = []
    for project_id in ("p", "another"):
        found = SimpleNamespace(id="r", generated=SimpleNamespace(project_id=project_id))
        monkeypatch.setattr(services().style_results, "get_result", lambda _id, found=found: found)

        def script() -> None:
            st.query_params["result"] = "r"
            results.opened(PROJECT, DATASET)

        shown.append(read(draw(script)))
    assert shown == [["Selected result", "[Close]", "style-opened-r"], []]
    assert read(draw(results.opened, PROJECT, DATASET)) == []


@pytest.mark.parametrize(
    ("width", "height", "aspect"), [(200, 100, 2.0), (None, 100, 1.0), (200, None, 1.0), (0, 100, 1.0)]
)
def test_a_card_has_the_shape_of_its_image(width: int | None, height: int | None, aspect: float) -> None:
    found: Any = SimpleNamespace(image=SimpleNamespace(width=width, height=height))
    assert result_cards._aspect(found) == aspect
    assert result_cards._aspect(SimpleNamespace(image=None)) == 1.0
