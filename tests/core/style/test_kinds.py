"""Style tasks: one item per prompt and variant, one item per image to analyze."""

import pytest

from core import Projects, ProjectService, StyleDatasets, StyleGenerationService, Tasks, TaskService
from core.db import Database
from core.errors import FilteredReplyError, InvalidInputError, MissingKeyError
from core.llm import session_keys
from core.style import analysis_service, style_task_kinds
from core.style.requests import StyleRequest
from core.style.results import ResultFilter
from core.tasks import TaskRunner
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.fakes.image_model import FakeImageModel

GEMINI = {"model": "gemini/gemini-3-pro-image"}


@pytest.fixture
def tasks(db: Database, style: StyleGenerationService) -> TaskService:
    return TaskService(db, lambda: {kind.task_type: kind for kind in style_task_kinds(style)})


async def run(db: Database, style: StyleGenerationService, task: Tasks) -> Tasks:
    return await TaskRunner(db, {kind.task_type: kind for kind in style_task_kinds(style)}).run(task.id)


def config(dataset: StyleDatasets, *prompts: str, variants: int = 1) -> dict:
    request = StyleRequest("stands for each prompt", dataset_id=dataset.id).to_dict()
    return {"request": request, "prompts": list(prompts), "variants": variants, "llm_config": GEMINI}


async def test_a_batch_makes_one_call_for_each_variant_of_each_prompt(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, tasks: TaskService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(*[encoded(drawn(WARM_SOFT, 90 + number)) for number in range(4)])
    task = tasks.create_task(
        dataset.project_id, "style-generation", config(dataset, "A cup", " ", "A boat", variants=2)
    )

    ended = await run(db, style, task)

    assert (ended.status, ended.total_count) == ("completed", 4)
    made = style.results.history(dataset.project_id, ResultFilter(task_id=task.id)).items
    assert sorted(result.generated.prompt for result in made) == ["A boat", "A boat", "A cup", "A cup"]
    assert not any(result.generated.kept for result in made)
    assert tasks.summary(task.id).spent == pytest.approx(4 * 0.039)
    assert sorted((asked.prompt[-6:].strip(), asked.variant) for asked in artist.requests) == [
        ("A boat", 1), ("A boat", 2), ("A cup", 1), ("A cup", 2),
    ]  # fmt: skip


async def test_one_filtered_image_does_not_stop_the_others(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, tasks: TaskService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(FilteredReplyError("The filter withheld it."), encoded(drawn(WARM_SOFT, 90)))
    task = tasks.create_task(dataset.project_id, "style-generation", config(dataset, "A cup", "A boat"))

    ended = await run(db, style, task)

    assert (ended.status, ended.failed_count) == ("completed with failures", 1)
    assert [group.error_code for group in tasks.summary(task.id).failures] == ["filtered"]


async def test_a_missing_key_pauses_the_batch(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, tasks: TaskService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(*[MissingKeyError("There is no key.")] * 8)
    task = tasks.create_task(dataset.project_id, "style-generation", config(dataset, "A cup", variants=8))

    ended = await run(db, style, task)

    assert (ended.status, ended.note) == ("paused", "There is no key.")


async def test_the_session_key_is_used_and_never_stored(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, tasks: TaskService, artist: FakeImageModel
) -> None:
    used: list[str | None] = []
    paint = artist.create_image

    async def watched(config, request, *, ledger=None):  # type: ignore[no-untyped-def]
        used.append(config.api_key)
        return await paint(config, request, ledger=ledger)

    artist.create_image = watched  # type: ignore[method-assign]
    artist.enqueue_images(encoded(drawn(WARM_SOFT, 90)))
    given = config(dataset, "A cup") | {"llm_config": {**GEMINI, "api_key": "sk-typed"}}
    task = tasks.create_task(dataset.project_id, "style-generation", given)
    session_keys.register(task.id, "sk-typed")

    await run(db, style, task)

    assert used == ["sk-typed"]
    assert "sk-typed" not in str(tasks.get_task(task.id).config)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompts": [" "]}, "There is no prompt"),
        ({"variants": 2000}, "1 to 1,000 images"),
        ({"variants": 0}, "1 to 1,000 images"),
        ({"request": {"aspect_ratio": "7:3"}}, "does not make 7:3"),
        ({"request": {"mood": "x"}}, "no field mood"),
    ],
)
def test_an_invalid_batch_is_refused_before_it_starts(
    dataset: StyleDatasets, tasks: TaskService, change: dict, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        tasks.create_task(dataset.project_id, "style-generation", config(dataset, "A cup") | change)


async def test_an_analysis_has_an_item_for_each_image_that_is_not_analyzed(
    db: Database, project: Projects, style: StyleGenerationService, tasks: TaskService, image_ids: list[str]
) -> None:
    made = style.create_style_dataset(project.id, "Warm")
    style.add_images(made.id, image_ids)
    style.analysis.measure_images(made.id, limit=3)

    task = tasks.create_task(project.id, "style-analysis", {"dataset_id": made.id})
    ended = await run(db, style, task)

    assert (ended.status, ended.total_count) == ("completed", 5)
    assert style.datasets.summary(made.id).analyzed == 8


def test_measuring_at_once_ends_after_its_time_when_enough_are_measured(
    project: Projects, style: StyleGenerationService, image_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = style.create_style_dataset(project.id, "Warm")
    style.add_images(made.id, image_ids)
    monkeypatch.setattr(analysis_service, "MEASURED_ANYWAY", 3)
    monkeypatch.setattr(analysis_service, "MAX_MEASURING_S", 0)
    assert style.analysis.measure_images(made.id) == 3
    monkeypatch.setattr(analysis_service, "MAX_MEASURING_S", 60)
    assert style.analysis.measure_images(made.id) == 5


@pytest.mark.parametrize("task_type", ["style-generation", "style-analysis"])
def test_work_on_a_style_dataset_of_another_project_is_refused(
    db: Database, dataset: StyleDatasets, tasks: TaskService, task_type: str
) -> None:
    other = ProjectService(db).create_project("Other").id

    with pytest.raises(InvalidInputError, match="belongs to another project"):
        tasks.create_task(other, task_type, config(dataset, "A cup") | {"dataset_id": dataset.id})


def test_an_analysis_needs_a_style_dataset(project: Projects, tasks: TaskService) -> None:
    with pytest.raises(InvalidInputError, match="dataset_id"):
        tasks.create_task(project.id, "style-analysis", {})
