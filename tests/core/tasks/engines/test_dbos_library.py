from types import SimpleNamespace
from typing import Any

import pytest
from dbos import DBOS

from core.background_loop import BackgroundLoop
from core.db import Database
from core.errors import DatabaseAwayError
from core.tasks import TaskService
from core.tasks.engines import dbos_library
from core.tasks.engines.dbos_library import LISTENING, _Wanted
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted, kinds
from tests.core.tasks.engines.conftest import WithWorker, until, wait_for


class Client:
    """Lists queues until the database is away."""

    is_away = False

    def list_queues(self) -> list[Any]:
        if self.is_away:
            raise DatabaseAwayError("The database server does not answer.")
        return [SimpleNamespace(name=name) for name in ("a|", "b|")]


def test_the_queues_of_a_worker_are_those_of_the_last_time_while_the_database_is_away() -> None:
    client: Any = Client()
    wanted = _Wanted(client, lambda queue: queue == "b|")
    assert list(wanted) == ["b|"]
    client.is_away = True
    assert list(wanted) == ["b|"]


def test_the_library_still_has_the_attribute_that_names_the_queues() -> None:
    assert LISTENING in DBOS.__init__.__code__.co_names, (
        f"This version of dbos has no {LISTENING} any more: workers take chunks of all queues and give back what they "
        "do not want. Look up how it now names the queues of a process, and change core/tasks/engines/dbos_library.py."
    )


@pytest.mark.postgresql
def test_without_that_attribute_a_chunk_that_is_not_wanted_is_handed_out_anew_until_it_is(
    db: Database, kind: Counting, loop: BackgroundLoop, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbos_library, "LISTENING", "_of_another_version")
    asked: list[str] = []

    def wants(queue: str) -> bool:
        asked.append(queue)
        return len(asked) > 1

    engine = WithWorker(db, kinds(kind), loop)
    engine.worker._taker._wants = wants  # type: ignore[attr-defined]
    engine.start()
    try:
        task = make_task(*["ok"] * 3)
        engine.submit(task.id)
        until(lambda: bool(asked))
        assert counted(db) == []
        wait_for(TaskService(db), task.id, "completed", timeout_s=30)
    finally:
        engine.stop()
    assert (asked, counted(db)) == (["counting|", "counting|"], [0, 1, 2])
