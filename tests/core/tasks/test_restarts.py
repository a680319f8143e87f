"""A PostgreSQL that crashes three times during an import, a generation and an export: nothing is lost or doubled."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from core import ImageDatasets, connect
from core.dataset import ReviewService, parse_search
from core.db import Database, LlmCalls, server
from core.errors import DatabaseAwayError
from core.services import Services
from core.tasks.engines import embedded as engine_module
from tests import postgresql
from tests.core.importing.test_kill import annotated, check
from tests.fakes.provider import MODELS, Call, FakeProvider, Reply
from tests.pictures import png

pytestmark = [pytest.mark.postgresql, pytest.mark.prove, pytest.mark.timeout(900)]

RESTARTS, CONCURRENCY, IMAGES = 3, 4, 60


@pytest.fixture
def restarted(
    own: postgresql.TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Services, Callable[[str], None]]]:
    """Return services on the server, and what runs a task to its end while the server crashes."""
    monkeypatch.setattr(engine_module, "TAKE_OVER_S", 0.5)
    monkeypatch.setenv("VITRINE_IMPORT_ROOTS", str(tmp_path))
    with connect(own.new_empty_database()) as db:
        services = Services(db)
        yield services, lambda task_id: _run_with_restarts(own, services, task_id)
        services.close(keep_image_workers=True)


def _run_with_restarts(own: postgresql.TestServer, services: Services, task_id: str) -> None:
    services.engine.submit(task_id)
    _wait(lambda: services.engine.works_on(task_id))
    crashes = 0
    for _ in range(RESTARTS):
        time.sleep(0.4)  # the moment is arbitrary: items are read, sent and written
        own.halt()
        crashes += services.engine.works_on(task_id)
        _says_so(services.db)
        own.resume()
        _wait(lambda: services.engine.works_on(task_id) or services.tasks.get_task(task_id).ended_at is not None)
    _wait(lambda: services.tasks.get_task(task_id).ended_at is not None)
    assert services.tasks.get_task(task_id).status == "completed"
    assert crashes, "it had ended before the first one"


def _says_so(db: Database) -> None:
    """Check that whoever reads meanwhile is told so in a sentence."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "WAIT_S", 0.0)
        with pytest.raises(DatabaseAwayError, match="The database server does not answer"), db.reading():
            pass


def _wait(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 300
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_an_import_has_every_image_question_and_entry_once(
    restarted: tuple[Services, Callable[[str], None]], tmp_path: Path
) -> None:
    services, run = restarted
    root = annotated(tmp_path / "shelf")
    project = services.projects.create_project("Shelf")
    run(services.tasks.create_task(project.id, "image-import", {"source": "directory", "path": str(root)}).id)
    check(services.db)


def _one_entry(_call: Call) -> Reply:
    item = {"question": "What color is it?", "answer": "Plain.", "kind": "attribute"}
    return Reply(json.dumps({"items": [item]}), delay_s=0.2)


def test_a_generation_has_an_entry_for_each_image_and_names_the_calls_that_may_be_paid_twice(
    restarted: tuple[Services, Callable[[str], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, run = restarted
    monkeypatch.setenv("OPENAI_API_KEY", "sk-fake")
    project = services.projects.create_project("Shelf")
    services.intake.add_images(project.id, [(f"{number}.png", png((number, 9, 7))) for number in range(IMAGES)])
    with FakeProvider(_one_entry) as provider:
        model = {"model": MODELS["openai"], "api_base": f"{provider.url}/v1"}
        config = {"num_questions": 1, "with_answers": True, "concurrency": CONCURRENCY, "llm_config": model}
        task_id = services.tasks.create_task(project.id, config=config).id
        run(task_id)
        sent = len(provider.calls)
    with services.db.reading() as session:
        entries = session.exec(select(ImageDatasets.image_id)).all()
        calls = Counter(session.exec(select(LlmCalls.state)).all())
    repeated = services.tasks.summary(task_id).maybe_paid_twice
    assert len(entries) == len(set(entries)) == IMAGES
    assert calls == Counter({"ok": IMAGES, "unknown": repeated} if repeated else {"ok": IMAGES})
    assert sent - IMAGES <= repeated <= RESTARTS * CONCURRENCY


def test_an_export_is_the_one_that_nobody_disturbed(
    restarted: tuple[Services, Callable[[str], None]], tmp_path: Path
) -> None:
    services, run = restarted
    project = services.projects.create_project("Shelf")
    root = annotated(tmp_path / "shelf")
    task = services.tasks.create_task(project.id, "image-import", {"source": "directory", "path": str(root)})
    services.engine.submit(task.id)
    _wait(lambda: services.tasks.get_task(task.id).ended_at is not None)
    ReviewService(services.db).bulk(project.id, parse_search("is:open"), "confirm")
    sums = []
    for is_disturbed in (False, True):
        config = {"recipe": {"format": "llava", "image_form": "original"}}
        task_id = services.tasks.create_task(project.id, "dataset-export", config).id
        if is_disturbed:
            run(task_id)
        else:
            services.engine.submit(task_id)
            _wait(lambda: services.tasks.get_task(task_id).ended_at is not None)  # noqa: B023
        assert services.tasks.summary(task_id).failures == ()
        (export, *_) = services.exports.list_exports(project.id)
        sums.append(_sums(services.exports.export_path(export)))
    assert sums[0] == sums[1]
    assert len(services.exports.list_exports(project.id)) == 2


def _sums(path: Path) -> dict[str, str]:
    import zipfile

    with zipfile.ZipFile(path) as bundle:
        names = [name for name in bundle.namelist() if "report" not in name and "card" not in name.lower()]
        return {name: hashlib.sha256(bundle.read(name)).hexdigest() for name in names}
