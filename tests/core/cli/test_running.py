"""The verbs that run tasks: import, ask, analyze, check, export, task and worker."""

import io
import json
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image
from typer.testing import CliRunner, Result

from core import ImageDatasetService, ProjectService, TaskService, connect
from core.cli import app
from core.cli.output import progress_bar
from core.errors import ConfigurationError
from core.llm.batches import model_batches
from core.services import Services
from core.tasks import EmbeddedEngine
from tests import postgresql
from tests.fakes.batches import FakeBatches

runner = CliRunner()
OFFLINE = ("--model", "offline/measure")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, color in enumerate(("red", "green", "blue")):
        Image.new("RGB", (40 + number, 30), color).save(folder / f"{color}.png")
    return folder


@pytest.fixture
def shelf(photos: Path) -> None:
    _run("import", str(photos), "--project", "Shelf")


def _run(*arguments: str, code: int = 0) -> Result:
    result = runner.invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result


def test_an_import_says_what_did_not_come_in_and_only_strict_ones_end_with_3(photos: Path) -> None:
    (photos / "notes.md").write_text("hi")
    first = _run("import", str(photos), "--project", "Shelf")
    assert first.stdout.startswith("3 images added, 0 known")
    assert first.stderr.startswith("Created the project Shelf.\nnotes.md: This kind of file is not read.")
    again = _run("import", str(photos), "--project", "Shelf", "--json", "--strict", code=3)
    found = json.loads(again.stdout)
    assert (found["images_known"], found["status"], found["problems"][0]["where"]) == (3, "completed", "notes.md")
    (photos / "only").mkdir()
    (photos / "only" / "notes.md").write_text("hi")
    assert _run("import", str(photos / "only"), "--project", "Shelf", code=1).stdout.startswith("0 images added")


@pytest.mark.usefixtures("shelf")
def test_asking_again_asks_nothing_until_more_is_asked_for() -> None:
    asking = ("ask", "--project", "Shelf", *OFFLINE, "--questions", "2", "--json")
    assert json.loads(_run(*asking).stdout)["questions"] == 6
    assert json.loads(_run(*asking).stdout) == {"status": "completed", "calls": 0}
    assert json.loads(_run(*asking, "--more", "--what", "questions").stdout)["questions"] == 6
    answered = json.loads(_run("ask", "--project", "Shelf", *OFFLINE, "--what", "answers", "--json").stdout)
    assert answered["answers"] == 6


@pytest.mark.usefixtures("shelf")
def test_the_provider_answers_later_at_half_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_batches, "PACE", model_batches.Pace(first_s=0.01, longest_s=0.05))
    monkeypatch.setenv("VITRINE_KEY_127_0_0_1", "key-of-the-tests")
    with FakeBatches() as server, connect() as db:
        config = {name: value for name, value in server.config().items() if name != "api_key"}
        Services(db).profiles.save_profile("later", config)
        asking = ("ask", "--project", "Shelf", "--profile", "later", "--questions", "1", "--what", "questions")
        found = json.loads(_run(*asking, "--batch", "--max-cost", "1", "--json").stdout)

    assert (found["status"], found["questions"], len(server.batches)) == ("completed", 3, 1)
    assert found["spent_usd"] == pytest.approx(3 * 0.00135)
    refused = _run("ask", "--project", "Shelf", *OFFLINE, "--batch", code=1)
    assert "offline/measure has no batches. Ask at once, or use another model." in refused.stderr


@pytest.mark.usefixtures("shelf")
def test_the_price_is_said_and_without_a_terminal_it_has_to_be_agreed_to() -> None:
    paid = ("ask", "--project", "Shelf", "--model", "openai/gpt-4o")
    refused = _run(*paid, code=1)
    assert refused.stderr.startswith("3 calls, about $0.0")
    assert refused.stderr.endswith("Add --max-cost or --yes.\n")
    unknown = _run("ask", "--project", "Shelf", "--model", "openai/nobody-knows-it", "--max-cost", "1", code=1)
    assert "3 calls, price unknown.\nWithout a price --max-cost cannot stop it.\n" in unknown.stderr
    assert "test" not in _run("task", "list", "--all").stdout
    # It agrees, creates the task, and the missing key pauses it with the command that continues.
    paused = _run(*paid, "--max-cost", "1", code=3)
    assert "There is no key for openai. Set OPENAI_API_KEY" in paused.stderr
    assert "task resume" in paused.stderr
    with connect() as db:
        (task, *_) = TaskService(db).list_tasks()
        assert (task.status, task.cost_cap) == ("paused", 1.0)


@pytest.mark.usefixtures("shelf")
def test_ctrl_c_pauses_and_the_command_that_is_said_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    presses = iter([KeyboardInterrupt])
    waits = EmbeddedEngine.wait

    def wait(engine: EmbeddedEngine, task_id: str, timeout_s: float) -> bool:
        for press in presses:
            raise press
        return waits(engine, task_id, timeout_s)

    monkeypatch.setattr(EmbeddedEngine, "wait", wait)
    monkeypatch.setattr(EmbeddedEngine, "submit", lambda *_: None)  # nothing has begun when it is pressed
    stopped = _run("ask", "--project", "Shelf", *OFFLINE, code=130)
    monkeypatch.undo()
    said = stopped.stderr.splitlines()[-1]
    assert said.startswith("Paused. To continue, run: vitrine --data ")
    resumed = _run(*said.partition("vitrine ")[2].split())
    assert resumed.stdout == "completed, 3 done\n"


@pytest.mark.sqlite  # the lease of PostgreSQL is in tests/core/db/test_lease.py
@pytest.mark.usefixtures("shelf")
def test_beside_a_process_that_runs_the_tasks_it_refuses_and_leaves_no_task_behind(tmp_path: Path) -> None:
    with FileLock(tmp_path / "data" / "runner.lock"):
        for verb in (("ask", "--project", "Shelf", *OFFLINE), ("worker",)):
            refused = _run(*verb, code=1)
            assert refused.stdout == ""
            assert refused.stderr.startswith(
                f"Another Vitrine process, such as the server, runs the tasks of {tmp_path}"
            )
    assert _run("task", "list", "--all").stdout.count("\n") == 1


@pytest.mark.usefixtures("shelf")
def test_a_worker_runs_what_is_open_and_leaves_what_is_paused() -> None:
    with connect() as db:
        (project,) = ProjectService(db).list_projects()
        tasks, config = Services(db).tasks, {"models": [{"model": "offline/measure"}]}
        left, paused = (tasks.create_task(project.id, "image-question-generation", config) for _ in range(2))
        tasks.pause(paused.id)
    assert _run("worker").stdout == "1 task ended. 1 paused task left alone.\n"
    with connect() as db:
        statuses = [TaskService(db).get_task(id_).status for id_ in (left.id, paused.id)]
    assert statuses == ["completed", "paused"]
    assert _run("task", "cancel", paused.id).stderr == f"Cancelled {paused.id}.\n"


@pytest.mark.usefixtures("shelf")
def test_problems_of_an_export_have_to_be_left_out_or_accepted(tmp_path: Path) -> None:
    _run("ask", "--project", "Shelf", *OFFLINE, "--questions", "1")
    with connect() as db:
        dataset = ImageDatasetService(db)
        entry = dataset.list_dataset_entries(ProjectService(db).list_projects()[0].id)[0]
        dataset.create_dataset_entry(entry.project_id, entry.image_id, entry.question, "Something else.", "me")
    out = tmp_path / "out.zip"
    export = ("export", "--project", "Shelf", "--unconfirmed", "--out", str(out))
    refused = _run(*export, code=1)
    assert "contradict another answer to their question (--leave-out contradiction)." in refused.stderr
    assert not out.exists()
    assert _run(*export, "--leave-out", "contradiction").stdout == f"{out}: 2 entries\n"
    assert "exists already" in _run(*export, "--yes", code=1).stderr


def test_a_terminal_gets_a_progress_bar_on_stderr(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("Import") as show:
        show(0.5, "6 of 12")
    assert "Import" in terminal.getvalue()
    assert "6 of 12" in terminal.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "nowhere", "--project", "Shelf"), "There is nothing at nowhere."),
        (("ask", "--project", "Shelf"), "Name a --model or a --profile."),
        (("ask", "--project", "Shelf", "--profile", "mine"), "There is no profile mine."),
        (("ask", "--project", "Nothing", *OFFLINE), "There is no project Nothing."),
        (("analyze", "--project", "Shelf", "--with", "smell"), "There is no analyzer smell."),
        (("check", "smell", "--project", "Shelf"), "There is no check smell."),
        (("check", "guessable", "--project", "Shelf", "--set", "target"), "Write an option as name=value"),
        (("export", "--project", "Shelf", "--splits", "80,20"), "three whole numbers"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(arguments: tuple[str, ...], message: str) -> None:
    with connect() as db:
        ProjectService(db).create_project("Shelf")
    refused = _run(*arguments, code=1)
    assert (refused.stdout, message in refused.stderr) == ("", True)


def test_a_worker_beside_others_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Workers need VITRINE_TASK_ENGINE=dbos" in _run("worker", "--concurrency", "8", code=1).stderr
    monkeypatch.setenv("VITRINE_TASK_ENGINE", "dbos")
    if not postgresql.WANTED:
        assert "Workers need PostgreSQL: set VITRINE_DATABASE_URL" in _run("worker", code=1).stderr
    refused = _run("worker", "--kinds", "analysis", code=1).stderr
    assert "There is no kind of task called analysis. Use asked-check, dataset-check, " in refused
    assert "The server itself runs image-map. Use" in _run("worker", "--kinds", "image-map", code=1).stderr
    refused = _run("worker", "--lane", "gpu", code=1).stderr
    assert "There is no lane called gpu. Name the host:port of a model server, in lower case, or one of" in refused
    assert "llamafile, lm_studio, mistral" in refused


def test_a_worker_that_finds_none_of_the_images_refuses_to_start(shelf: None) -> None:
    services = Services(connect())
    try:
        services.look_for_originals()
        for file in services.db.settings.images_dir.rglob("*.png"):
            file.unlink()
        with pytest.raises(ConfigurationError, match=r"are not in .*images\. Set VITRINE_STORAGE_URL to the bucket"):
            services.look_for_originals()
    finally:
        services.close()
