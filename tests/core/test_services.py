"""What services do by themselves: the housekeeping of a bucket, and keys that workers cannot know."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import services as module
from core.db import Tasks
from core.services import Services, lanes_of_task, typed_key_of_address

LOCAL = {"model": "openai/llava", "api_base": "http://localhost:8000/v1"}


@pytest.mark.parametrize(
    ("has_shared_files", "owns_bucket", "removed"),
    [(False, False, []), (True, False, []), (False, True, []), (True, True, ["staged", "lost exports"])],
)
def test_what_tasks_left_in_a_bucket_is_removed_where_files_are_shared_in_an_own_bucket(
    services: Services, monkeypatch: pytest.MonkeyPatch, has_shared_files: bool, owns_bucket: bool, removed: list[str]
) -> None:
    done: list[str] = []
    monkeypatch.setattr(module, "has_shared_files", lambda _settings: has_shared_files)
    monkeypatch.setattr(services.intake, "owns_bucket", lambda: owns_bucket)
    monkeypatch.setattr(module.rooms, "remove_staged", lambda _db: done.append("staged"))
    monkeypatch.setattr(module.rooms, "remove_lost_exports", lambda _db: done.append("lost exports"))
    services.tidy()
    assert done == removed


@pytest.mark.parametrize(
    ("config", "typed", "said"),
    [
        ({"llm_config": LOCAL}, (0,), "Workers do not know a key that was typed. Set VITRINE_KEY_"),
        ({"llm_config": LOCAL}, (), ""),
        ({"llm_config": {"model": "openai/gpt-4o"}}, (0,), ""),
        ({"llm_config": {"model": "openai/gpt-4o"}, "more_models": [LOCAL]}, (1,), "Workers do not know a key"),
    ],
)
def test_a_key_that_was_typed_for_a_model_of_ones_own_is_not_known_to_workers(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], typed: tuple[int, ...], said: str
) -> None:
    forgotten: list[str] = []
    keys = SimpleNamespace(find=lambda _task_id, index: "sk-typed" if index in typed else None, forget=forgotten.append)
    monkeypatch.setattr(module.rooms, "session_keys", keys)
    task = Tasks(project_id="p", task_type="image-question-generation", config=config)
    found = typed_key_of_address(task)
    assert (found[: len(said)], bool(found)) == (said, bool(said))
    assert forgotten == ([task.id] if said else [])


def test_a_task_that_asks_no_model_or_an_impossible_one_has_no_lanes() -> None:
    assert lanes_of_task({}) == []
    assert lanes_of_task({"llm_config": {"model": ""}}) == []
    assert len(lanes_of_task({"llm_config": {"model": "openai/gpt-4o"}})) == 1


def test_when_a_task_has_ended_the_images_that_it_added_are_analyzed(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted: list[str] = []
    made: dict[str, Any] = {}
    engine = SimpleNamespace(start=lambda: None, stop=lambda: None, submit=submitted.append)

    def make_engine(_db: Any, _kinds: Any, _loop: Any, _lanes: Any, ended: Any, _typed: Any) -> Any:
        made["ended"] = ended
        return engine

    monkeypatch.setattr(module, "make_engine", make_engine)
    opened = {"with": "analysis-1", "without": None}
    monkeypatch.setattr(services.new_images, "open_task", lambda project_id, **_: opened[project_id])
    services._start_engine()
    for task_type in ("image-import", services.analysis.task_type):
        for project_id in opened:
            made["ended"](Tasks(project_id=project_id, task_type=task_type))
    assert submitted == ["analysis-1"]
