"""What a prompt quotes and nobody has looked for yet."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import InvalidInputError
from pages.components.generate import missing_analyses
from tests.pages.reading import draw, read
from tests.pages.running import services

PROMPT = {"custom_prompt": "What is $tags?"}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The tasks that are created; none runs."""
    made: list[tuple[str, dict[str, Any]]] = []

    def create_task(_project_id: str, kind: str, config: dict[str, Any]) -> SimpleNamespace:
        made.append((kind, config))
        return SimpleNamespace(id="t")

    monkeypatch.setattr(services().tasks, "create_task", create_task)
    monkeypatch.setattr(services().engine, "submit", lambda _id: None)
    return made


def lacking(monkeypatch: pytest.MonkeyPatch, found: dict[str, list[str]], *, cannot_run: str = "") -> None:
    monkeypatch.setattr(services().evidence, "lacking", lambda *_asked: found)
    monkeypatch.setattr(
        services().evidence, "missing_for", lambda name: f"{name} needs more." if name == cannot_run else None
    )


@pytest.mark.parametrize(
    ("config", "found"),
    [({}, {"tags": ["a"]}), ({"custom_prompt": ""}, {"tags": ["a"]}), (PROMPT, {})],
    ids=["no prompt", "an empty prompt", "nothing lacks"],
)
def test_nothing_is_said_where_nothing_lacks(
    config: dict[str, Any], found: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking(monkeypatch, found)
    assert read(draw(missing_analyses.show, "p", config)) == []


def test_an_invalid_recipe_is_left_to_the_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_asked: object) -> None:
        raise InvalidInputError("No such variable.")

    monkeypatch.setattr(services().evidence, "lacking", refuse)
    assert read(draw(missing_analyses.show, "p", PROMPT)) == []


@pytest.mark.parametrize(
    ("found", "names", "ids"),
    [
        ({"tags": ["a", "b"]}, ["objects", "tags"], ["a", "b"]),
        ({"tags": ["a"], "objects": ["b", "a"]}, ["tags", "objects"], ["a", "b"]),
        ({"text": ["a"]}, ["text"], ["a"]),
    ],
    ids=["tags are made of objects", "both", "neither"],
)
def test_what_lacks_is_analyzed_first(
    found: dict[str, list[str]], names: list[str], ids: list[str],
    started: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lacking(monkeypatch, found)
    at = draw(missing_analyses.show, "p", PROMPT)
    assert started == []
    at.button(key="generate-analyze").click().run()
    assert started == [("image-analysis", {"analyzers": names, "image_ids": ids})]
    assert at.session_state["opened"] == "tasks?task=t"


def test_what_cannot_run_here_says_what_it_needs_and_is_not_started(
    started: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking(monkeypatch, {"text": ["a", "b"]}, cannot_run="text")
    said = "Not known yet: text of 2 images. There the prompt says that none are known."
    assert read(draw(missing_analyses.show, "p", PROMPT)) == [said, "text needs more."]
    lacking(monkeypatch, {"text": ["a"], "objects": ["b"]}, cannot_run="text")
    at = draw(missing_analyses.show, "p", PROMPT)
    said = "Not known yet: text of 1 image, objects of 1 image. There the prompt says that none are known."
    assert read(at) == [said, "[Analyze them first]", "text needs more."]
    at.button(key="generate-analyze").click().run()
    assert started == [("image-analysis", {"analyzers": ["objects"], "image_ids": ["b"]})]
