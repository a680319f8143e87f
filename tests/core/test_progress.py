"""How the progress of a long call is told."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

import core
from core.db import Database
from core.progress import ignore, shown
from tests.pictures import png


def test_a_long_call_tells_a_callback_its_share_up_to_the_end(db: Database, project: core.Projects) -> None:
    images, tasks = core.ImageService(db), core.TaskService(db)
    ids = [core.run(images.upload_image(project.id, f"{color}.png", png(color))).id for color in ("red", "blue")]
    asking = core.ImageQuestionGenerationTask(db, core.LLMService(), images)
    config = {"image_ids": ids, "num_questions": 1, "llm_config": {"model": "offline/measure"}}
    told: list[tuple[float, str]] = []
    task = tasks.create_task(project.id, asking.task_type, config)
    core.run(asking.process_task(task, config, progress=lambda *step: told.append(step)))
    assert told[-1] == (1.0, "2 of 2")
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_the_analysis_of_a_style_tells_how_many_images_it_has_ended(db: Database, project: core.Projects) -> None:
    images = core.ImageService(db)
    ids = [core.run(images.upload_image(project.id, f"{color}.png", png(color))).id for color in ("red", "blue")]
    style = core.StyleGenerationService(db, core.LLMService(), images)
    dataset = style.create_style_dataset(project.id, "Plain")
    style.add_images(dataset.id, ids)
    told: list[tuple[float, str]] = []
    core.run(style.analyze_images(dataset.id, progress=lambda *step: told.append(step)))
    assert told == [(0.5, "1 of 2"), (1.0, "2 of 2")]


def test_a_bar_is_shown_when_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(True, "Importing") as show:
        show(0.5, "20 files")
        show(1.0, "40 files")
    written = capsys.readouterr().err
    assert "Importing 100%" in written
    assert "40 files" in written


def test_notebooks_get_a_bar_without_asking_and_scripts_get_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with shown(None, "Importing") as show:
        assert show is ignore
    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    with shown(None, "Importing") as show:
        assert show is not ignore
    with shown(False, "Importing") as show:
        assert show is ignore
