"""The library DBOS, seen in version 3.4.0: the one file that imports it.

Each chunk is a workflow without steps, whose id is that of the chunk: handing one out twice is no more than once. What
DBOS keeps is in a schema of its own in the same database: a chunk and its workflow appear in one transaction.

It has one private name here, ``LISTENING``. Fallback without it: see :class:`DbosTaker`.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from dbos import DBOS, DBOSClient
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from core.db import Database
from core.errors import VitrineError

log = logging.getLogger(__name__)

SCHEMA = "vitrine_dbos"
LISTENING = "_listening_queues"
"""The attribute that names the queues a process takes from, and is read every second. The public way to name them
holds for good, while queues appear with the first task of a kind and its lanes."""
CHUNKS_AT_ONCE = 2
"""Of one queue in one worker: while the last items of one run, the first ones of the next fill the free places."""
POLL_S = 0.2
KEPT_FOR = timedelta(hours=1)

_APPLICATION = _WORKFLOW = "vitrine"
_OPEN = ["ENQUEUED", "PENDING", "DELAYED"]
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_MOST_REMOVED = 1_000
_POOL_SIZE = 5
_IDS_ONLY: dict[str, Any] = {"load_input": False, "load_output": False, "application_name": _APPLICATION}


class DbosDispatcher:
    """Hands chunks out; runs nothing itself."""

    def __init__(self, db: Database) -> None:
        self._url = _url(db.engine)
        _quiet()
        self._client = DBOSClient(
            system_database_engine=db.engine, dbos_system_schema=SCHEMA, application_name=_APPLICATION, lazy=True
        )
        self._queues: set[str] = set()

    def prepare(self) -> None:
        DBOS.migrate(self._url, schema=SCHEMA)

    def enqueue(self, session: Session, chunk_id: str, queue: str, version: str) -> None:
        if queue not in self._queues:
            self._client.register_queue(
                queue, worker_concurrency=CHUNKS_AT_ONCE, polling_interval_sec=POLL_S, on_conflict="never_update"
            )
            self._queues.add(queue)
        options: Any = {
            "workflow_name": _WORKFLOW, "queue_name": queue, "workflow_id": chunk_id, "app_version": version,
            "application_name": _APPLICATION,
        }  # fmt: skip
        self._client.enqueue_in_transaction(session, options, chunk_id)

    def held(self) -> Mapping[str, str]:
        taken = self._client.list_workflows(status="PENDING", **_IDS_ONLY)
        return {workflow.workflow_id: workflow.executor_id or "" for workflow in taken}

    def give_back(self, chunk_ids: Collection[str]) -> None:
        by_queue: dict[str, list[str]] = {}
        for workflow in self._client.list_workflows(workflow_ids=list(chunk_ids), status="PENDING", **_IDS_ONLY):
            by_queue.setdefault(str(workflow.queue_name), []).append(workflow.workflow_id)
        for queue, ids in by_queue.items():
            self._client.resume_workflows(ids, queue_name=queue)

    def open_among(self, chunk_ids: Collection[str]) -> set[str]:
        found = self._client.list_workflows(workflow_ids=list(chunk_ids), status=_OPEN, **_IDS_ONLY)
        return {workflow.workflow_id for workflow in found}

    def forget(self, chunk_ids: Collection[str]) -> None:
        self._client.delete_workflows(list(chunk_ids))

    def tidy(self) -> None:
        before = (datetime.now(UTC) - KEPT_FOR).isoformat()
        ended = self._client.list_workflows(status=_ENDED, completed_before=before, limit=_MOST_REMOVED, **_IDS_ONLY)
        if ended:
            self.forget([workflow.workflow_id for workflow in ended])


class DbosTaker:
    """Takes the chunks of this process, of which DBOS allows one.

    Should the library have no attribute ``LISTENING`` any more, chunks of all queues come: those that are not wanted
    end at once and unrun, and within seconds the coordinator hands their items out anew, until one comes where it is
    wanted.
    """

    def __init__(self, db: Database, executor: str, version: str, wants: Callable[[str], bool]) -> None:
        self._client = DBOSClient(
            system_database_engine=db.engine, dbos_system_schema=SCHEMA, application_name=_APPLICATION, lazy=True
        )
        self._wants = wants
        _quiet()
        self._dbos = DBOS(
            config={
                "name": _APPLICATION, "system_database_url": _url(db.engine), "dbos_system_schema": SCHEMA,
                "executor_id": executor, "application_version": version, "log_level": "ERROR",
                "sys_db_pool_size": _POOL_SIZE, "run_migrations": False, "enable_otlp": False,
            }
        )  # fmt: skip

    def start(self, run: Callable[[str], None]) -> None:
        chooses = hasattr(self._dbos, LISTENING)

        def run_chunk(chunk_id: str) -> None:
            if chooses or self._is_wanted(chunk_id):
                run(chunk_id)

        DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)(run_chunk)
        if chooses:
            setattr(self._dbos, LISTENING, _Wanted(self._client, self._wants))
        else:
            log.warning("this version of the library dbos hands all chunks to each worker; tasks may begin late")
        DBOS.launch()

    def _is_wanted(self, chunk_id: str) -> bool:
        found = self._client.list_workflows(workflow_ids=[chunk_id], **_IDS_ONLY)
        return any(self._wants(str(workflow.queue_name)) for workflow in found)

    def stop(self, timeout_s: float) -> None:
        DBOS.destroy(workflow_completion_timeout_sec=max(1, round(timeout_s)), destroy_registry=True)


class _Wanted:
    """The names of the queues that this worker takes chunks of, as they are at this moment."""

    def __init__(self, client: DBOSClient, wants: Callable[[str], bool]) -> None:
        self._client = client
        self._wants = wants
        self._found: list[str] = []

    def __iter__(self) -> Iterator[str]:
        """Return those of the last time while the database is away: an error here would end the library's thread."""
        with suppress(VitrineError, SQLAlchemyError):
            self._found = [queue.name for queue in self._client.list_queues() if self._wants(queue.name)]
        return iter(self._found)


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def _quiet() -> None:
    """Let the log of the library go where the other logs go, from errors on."""
    logging.getLogger("dbos").setLevel(logging.ERROR)
