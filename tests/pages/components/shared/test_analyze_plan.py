"""What the dialog that analyzes images plans: of which images, by which analyzers, at what cost, as which task."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.llm import session_keys
from core.vision.store import AnalyzedCount
from pages.components.shared import analyze_dialog, model_picker, page
from pages.components.shared.analyze_dialog import _Plan
from pages.components.shared.model_picker import ModelChoice
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

TOOLS: Any = SimpleNamespace(settings=SimpleNamespace(model_side_px=1024))
COUNTS = AnalyzedCount(current=4, stale=2, missing=1)
ALL = ["text", "tags", "caption"]


def analyzer(name: str, missing: str | None, version: str = "measured 1") -> Any:
    return SimpleNamespace(
        name=name, label=name.capitalize(), help="", missing=lambda _tools: missing, version=lambda _tools: version
    )


@pytest.fixture(autouse=True)
def _counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"text": analyzer("text", None), "tags": analyzer("tags", "Needs *x*."),
             "caption": analyzer("caption", None, "openai/x / 2")}  # fmt: skip
    monkeypatch.setattr(analyze_dialog, "analyzers", lambda: found)
    monkeypatch.setattr(analyze_dialog, "_counts", lambda *_of: COUNTS)
    monkeypatch.setattr(services().projects, "counts", lambda _id: SimpleNamespace(images=7))


@pytest.mark.parametrize(
    ("selected", "filtered", "options", "ids"),
    [
        ([], None, ["All 7"], None),
        ([], [], ["0 filtered", "All 7"], []),
        ([], ["b"], ["1 filtered", "All 7"], ["b"]),
        (["a", "b"], ["b"], ["2 selected", "1 filtered", "All 7"], ["a", "b"]),
    ],
)
def test_the_nearest_choice_of_images_comes_first(
    selected: list[str], filtered: list[str] | None, options: list[str], ids: list[str] | None
) -> None:
    chosen: list[list[str] | None] = []
    at = draw(lambda: chosen.append(analyze_dialog._images("p", selected, filtered)))
    assert at.segmented_control[0].options == options
    assert chosen == [ids]


def test_a_model_is_asked_only_when_it_is_one_that_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[ModelChoice | None] = []
    offered = ModelChoice({"model": "offline/measure"}, None)
    monkeypatch.setattr(analyze_dialog, "ASK_MODEL", ("text", "tags", "caption"))
    monkeypatch.setattr(model_picker, "show", lambda _key, built_in: offered)
    at = draw(lambda: given.append(analyze_dialog._model()))
    assert at.toggle[0].help == (
        "It finds text, tags and caption. Without it nothing leaves this machine, and local models are used."
    )
    at.toggle[0].set_value(True).run()
    offered = ModelChoice({"model": "openai/x"}, None)
    at.run()
    assert given == [None, None, offered]


@pytest.mark.parametrize(("fresh", "to_analyze"), [(False, 3), (True, 7)])
def test_what_can_run_is_switched_on_by_default_and_its_images_are_counted(fresh: bool, to_analyze: int) -> None:
    plans: list[_Plan] = []
    at = draw(lambda: plans.append(analyze_dialog._analyzers("p", ["a"], TOOLS, fresh=fresh)))
    assert controls(at) == {
        "analyze-text": "toggle Text | value True", "analyze-tags": "toggle Tags | value False | off",
        "analyze-caption": "toggle Caption | value False",
    }  # fmt: skip
    counted = "1 without a result, 2 with a result of another version"
    assert read(at) == [counted, "By measured 1", "Needs *x*.", counted, "By openai/x"]
    at.toggle(key="analyze-caption").set_value(True).run()
    assert plans == [
        _Plan(["a"], ["text"], to_analyze, fresh),
        _Plan(["a"], ["text", "caption"], 2 * to_analyze, fresh),
    ]


def test_only_what_is_missing_or_old_is_told_of_an_analyzer() -> None:
    said = [analyze_dialog._describe(AnalyzedCount(4, *of)) for of in ((0, 0), (2, 0), (0, 1))]
    assert said == ["all 4 are up to date", "2 with a result of another version", "1 without a result"]


@pytest.mark.parametrize(
    ("ids", "to_analyze", "images"), [(None, 9, 7), (None, 3, 3), (["a", "b"], 3, 2), (["a", "b"], 1, 1)]
)
def test_an_image_that_several_analyze_is_one_image(ids: list[str] | None, to_analyze: int, images: int) -> None:
    assert analyze_dialog._images_to_analyze("p", _Plan(ids, ALL, to_analyze, False)) == images


def started(
    monkeypatch: pytest.MonkeyPatch, plan: _Plan, choice: ModelChoice | None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return what is drawn below the plan, and with which configuration and cap the task starts, if it can."""
    made: list[tuple[Any, ...]] = []
    monkeypatch.setattr(analyze_dialog, "_price", lambda *_of: 2.5)
    monkeypatch.setattr(services().tasks, "create_task", lambda _id, *of, cost_cap: _made(made, of, cost_cap))
    monkeypatch.setattr(services().engine, "submit", lambda id_: made.append(("submitted", id_)))
    monkeypatch.setattr(session_keys, "register", lambda *of: made.append(of))
    monkeypatch.setattr(page, "go", lambda *of, **query: made.append((*of, query)))
    at = draw(analyze_dialog._start, "p", plan, choice, TOOLS)
    lines = read(at)
    if not lines[-1].endswith("off"):
        at.button(key="analyze-start").click().run()
    return lines, made


def _made(made: list[tuple[Any, ...]], of: tuple[Any, ...], cap: float | None) -> Any:
    made.append((*of, cap))
    return SimpleNamespace(id="t")


@pytest.mark.parametrize(
    ("plan", "choice", "config", "cap", "key"),
    [
        (_Plan(None, ["text"], 3, False), None, {"analyzers": ["text"], "fresh": False}, None, []),
        (_Plan(["a", "b", "c"], ["text"], 3, True), ModelChoice({"model": "m"}, None),
         {"analyzers": ["text"], "fresh": True, "image_ids": ["a", "b", "c"], "llm_config": {"model": "m"}}, 2.5, []),
        (_Plan(None, ["text"], 3, False), ModelChoice({"model": "m"}, "secret"),
         {"analyzers": ["text"], "fresh": False, "llm_config": {"model": "m"}}, 2.5, [("t", "secret", 0)]),
    ],
    ids=["without a model", "of some images", "with a key"],
)  # fmt: skip
def test_the_plan_is_a_task_that_is_shown(
    plan: _Plan, choice: ModelChoice | None, config: dict[str, Any], cap: float | None, key: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lines, made = started(monkeypatch, plan, choice)
    assert lines == ["[Analyze 3 images]"]
    assert made == [("image-analysis", config, cap), *key, ("submitted", "t"), ("tasks", {"task": "t"})]


NOTHING_MISSING = "Nothing is missing: every one of these images has a current result."


@pytest.mark.parametrize(
    ("plan", "choice", "lines"),
    [
        (_Plan(None, [], 0, False), None, ["[Analyze 0 images] off"]),
        (_Plan(None, ["text"], 0, False), None, [NOTHING_MISSING, "[Analyze 0 images] off"]),
        (_Plan(None, ["text"], 1, False), ModelChoice({}, None, refused=True), ["[Analyze 1 image] off"]),
    ],
    ids=["no analyzer", "nothing missing", "a model that sees nothing"],
)
def test_nothing_starts_without_anything_to_do(
    plan: _Plan, choice: ModelChoice | None, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert started(monkeypatch, plan, choice) == (lines, [])


@pytest.mark.parametrize(
    ("found", "fresh", "names", "said"),
    [
        (None, False, ["text"], "3 calls, price unknown."),
        (SimpleNamespace(low=0.0, high=0.0), True, ["text"], "7 calls, no cost."),
        (SimpleNamespace(low=0.5, high=1.0), False, ["text", "caption"], "6 calls, about $0.50 to $1.00."),
    ],
)
@pytest.mark.parametrize(("config", "side_px"), [({}, 1024), ({"max_side_px": 512}, 512)])
def test_calls_and_their_cost_are_said_before_a_model_is_asked(
    found: Any, fresh: bool, names: list[str], said: str, config: dict[str, Any], side_px: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    estimated: list[tuple[Any, ...]] = []
    monkeypatch.setattr(analyze_dialog, "ASK_MODEL", ("text", "caption"))
    monkeypatch.setattr(analyze_dialog, "estimate", lambda _llm, *of: estimated.append(of) or found)
    choice = ModelChoice({"model": "m", **config}, None)
    at = draw(analyze_dialog._price, "p", _Plan(None, [*names, "tags"], 9, fresh), choice, TOOLS)
    assert read(at) == [said]
    assert estimated == [("m", side_px, dict.fromkeys(names, 7 if fresh else 3))]
    assert "value None | min 0.01" in controls(at)["analyze-cap"]
