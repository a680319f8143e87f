from pathlib import Path

import pytest

from core import connect
from core.db import Tasks
from core.llm import session_keys
from core.services import Services, lanes_of_task, typed_key_of_address
from core.tasks.engines.routing import Routing, wants, who_takes

GPU = {"models": [{"model": "hosted_vllm/qwen", "api_base": "http://localhost:8000/v1"}]}
SHARED = {"models": [{"model": "hosted_vllm/qwen", "api_base": "http://gpu-1:8000/v1"}, {"model": "openai/gpt-4o"}]}


def test_a_queue_is_named_by_the_kind_of_a_task_and_its_lanes(services: Services) -> None:
    routing = Routing(services.kinds, lanes_of_task)
    assert routing.queue_of("image-question-generation", SHARED) == "image-question-generation|gpu-1:8000+openai"
    assert routing.queue_of("image-variants", {}) == "image-variants|"


def test_what_needs_files_or_waits_for_batches_stays_on_the_server(services: Services) -> None:
    routing = Routing(services.kinds, lanes_of_task)
    on_server = {kind for kind in services.kinds if routing.queue_of(kind, {}) is None}
    assert on_server == {
        "image-import", "image-map", "overlap-search", "dataset-export", "dataset-send", "dataset-return",
        "project-export", "project-import",
    }  # fmt: skip
    batches = {"models": [{"model": "openai/gpt-4o"}], "batch": True}
    assert routing.why_on_server("image-question-generation", batches) == "it waits for the batches of a provider"
    assert routing.queue_of("of-a-newer-version", {}) is None


def test_with_a_bucket_imports_and_exports_run_on_workers_once_their_files_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_TASK_ENGINE", "dbos")
    monkeypatch.setenv("VITRINE_STORAGE_URL", "s3://pictures/vitrine")
    with connect(tmp_path / "server") as db:
        services = Services(db)
    routing = Routing(services.kinds, lanes_of_task)
    on_server = {kind for kind in services.kinds if routing.why_on_server(kind, {"staged": True})}
    assert on_server == {"image-map", "project-export", "project-import"}
    for kind in ("image-import", "overlap-search", "dataset-return"):
        assert routing.why_on_server(kind, {"path": "upload/shelf.zip"}) == "its files are not in the bucket yet"
        assert routing.queue_of(kind, {"path": "upload/shelf.zip", "staged": "shelf.zip"}) == f"{kind}|"
    assert routing.queue_of("image-import", {"path": "s3://photos/2026"}) == "image-import|"
    assert (
        routing.queue_of("image-import", {"source": "urls", "urls": ["https://example.org/1.jpg"]}) == "image-import|"
    )


@pytest.mark.parametrize(
    ("queue", "kinds", "lanes", "takes"),
    [
        ("image-analysis|", (), (), True),
        ("image-analysis|", ("image-variants",), (), False),
        ("generation|openai", (), ("localhost:8000",), False),
        ("generation|localhost:8000", (), (), False),
        ("generation|[::1]:8000", (), (), False),
        ("generation|localhost:8000", (), ("localhost:8000",), True),
        ("generation|localhost:8000+openai", (), ("localhost:8000",), False),
        ("generation|gpu-1:8000+openai", (), (), True),
        ("image-analysis|", (), ("localhost:8000",), False),
    ],
)
def test_a_worker_takes_what_it_is_bound_to_or_what_every_machine_reaches(
    queue: str, kinds: tuple[str, ...], lanes: tuple[str, ...], takes: bool
) -> None:
    assert wants(queue, kinds, lanes) is takes


def test_the_command_that_is_missing_names_the_lane_of_this_machine() -> None:
    assert who_takes("generation|localhost:8000+openai") == "vitrine worker --lane localhost:8000 --lane openai"
    assert who_takes("generation|openai") == "vitrine worker"


def test_a_typed_key_of_an_address_is_refused_once_with_the_variable_to_set_on_workers() -> None:
    models = [{"model": "openai/gpt-4o"}, {"model": "hosted_vllm/qwen", "api_base": "https://llm.example.org/v1"}]
    task = Tasks(id="typed", project_id="", task_type="generation", config={"models": models})
    session_keys.register("typed", "sk-typed", 0)
    assert typed_key_of_address(task) == ""
    session_keys.register("typed", "sk-typed", 1)
    assert typed_key_of_address(task) == (
        "Workers do not know a key that was typed. Set VITRINE_KEY_LLM_EXAMPLE_ORG in the environment of each worker "
        "and start it again, then start this without a typed key."
    )
    assert (session_keys.find("typed", 1), typed_key_of_address(task)) == (None, "")
