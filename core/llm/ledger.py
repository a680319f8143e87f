"""The call ledger: a row is committed before each attempt and completed with its outcome."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol

from pydantic import BaseModel
from sqlalchemy import bindparam, exists, insert, or_, select, update
from sqlmodel import Session

from core.db import Database, LlmCalls, Tasks, utc_now
from core.errors import BadReplyError, ConflictError, LLMError
from core.llm.redaction import redact
from core.llm.types import ChatReply, ChatRequest, ImageReply, ImageRequest, ModelConfig

# More than any useful reply; what is read of a longer one is stored elsewhere.
_MAX_REPLY_CHARS = 200_000


@dataclass(frozen=True)
class CallStart:
    """What is recorded before a call is sent."""

    model: str
    request_hash: str
    prompt: str
    params: dict[str, Any]
    attempt: int
    purpose: str = ""


@dataclass(frozen=True)
class Usage:
    """Tokens and US dollars of a call; None where the provider stated nothing."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None


@dataclass(frozen=True)
class PaidCall:
    """An earlier successful call whose reply can be used again."""

    call_id: int
    text: str


class Ledger(Protocol):
    """Where calls are recorded; a write is committed when its future is done."""

    @property
    def database(self) -> Database:
        """The database of the ledger."""
        ...

    def begin(self, call: CallStart) -> "Future[int | None]":
        """Record the start of a call and return its id; None when the call must not be sent any more."""
        ...

    def record_failure(self, call_id: int, error: LLMError, usage: Usage) -> "Future[None]":
        """Record that a call failed."""
        ...

    async def find_paid(self, request_hash: str) -> PaidCall | None:
        """Return the newest successful call with the same content, None when there is none."""
        ...


class DatabaseLedger:
    """The ledger in the table ``llm_calls``.

    A successful call stays "started" until :meth:`settle` is called in the transaction that stores its results. A
    crash in between leaves a row that may have been paid, and never a result without its call.
    """

    def __init__(
        self,
        db_session: Database,
        *,
        task_id: str | None = None,
        item_id: int | None = None,
        purpose: str = "",
        prefetched: Mapping[str, PaidCall | None] = MappingProxyType({}),
    ) -> None:
        """*prefetched* is the result of :func:`paid_calls` for requests that are known beforehand."""
        self._db = db_session
        self._task_id = task_id
        self._item_id = item_id
        self._purpose = purpose
        self._prefetched = prefetched

    @property
    def database(self) -> Database:
        """The database of the ledger."""
        return self._db

    def start(self, call: CallStart) -> int:
        """Commit a row for a call that is about to be sent, and return its id.

        Raises:
            ConflictError: the task of this call is not running.
        """
        call_id = self.begin(call).result()
        if call_id is None:
            raise ConflictError("The task of this call is not running. Resume it first.")
        return call_id

    def fail(self, call_id: int, error: LLMError, usage: Usage) -> None:
        """Commit that the call failed, or that it is unknown whether it was paid."""
        self.record_failure(call_id, error, usage).result()

    def begin(self, call: CallStart) -> "Future[int | None]":
        """Do the same as :meth:`start` without waiting; concurrent calls share a commit (group commit).

        Returns None for an item of a paused or cancelled task, unless the item already has a started call:
        items that were waiting for their turn are not sent, cost nothing and stay open.
        """
        row = {
            **_CALL_DEFAULTS, "task_id": self._task_id, "item_id": self._item_id,
            "purpose": self._purpose or call.purpose, "model": call.model, "request_hash": call.request_hash,
            "params": call.params, "prompt": call.prompt, "attempt": call.attempt,
        }  # fmt: skip

        def add(session: Session) -> int | None:
            statement = _INSERT if self._task_id is None else _INSERT_IF_TASK_RUNS
            return session.connection().execute(statement, {**row, "started_at": utc_now()}).scalar()

        return self._db.submit(add)

    def record_failure(self, call_id: int, error: LLMError, usage: Usage) -> "Future[None]":
        """Do the same as :meth:`fail` without waiting."""
        reply = error.reply_head if isinstance(error, BadReplyError) else str(error)
        values = {
            "state": "unknown" if error.maybe_paid else "failed",
            "error_code": error.code,
            "http_status": error.http_status,
            "reply": redact(reply),
            **vars(usage),
        }
        return self._db.submit(lambda session: _complete(session, call_id, values))

    def settle(self, session: Session, reply: ChatReply | ImageReply, *, reusable: bool = True) -> None:
        """Mark the call of *reply* as successful, in the transaction that stores its results.

        Without *reusable* it is marked as failed: the same request is then sent again instead of being answered from
        the ledger, because the reply brought nothing.
        """
        if reply.call_id is None or (isinstance(reply, ChatReply) and reply.cached):
            return
        _complete(session, reply.call_id, {
            "state": "ok" if reusable else "failed", "error_code": "" if reusable else BadReplyError.code,
            "http_status": 200, "reply": reply.text[:_MAX_REPLY_CHARS], **vars(_usage(reply)),
        })  # fmt: skip

    def settle_now(self, reply: ChatReply | ImageReply, *, reusable: bool = True) -> None:
        """Settle *reply* in its own transaction: for calls that store nothing else."""
        with self._db.transaction() as session:
            self.settle(session, reply, reusable=reusable)

    def reject(self, reply: ChatReply | ImageReply, reason: str) -> None:
        """Commit that a readable reply could not be used, and what it cost."""
        if reply.call_id is None:
            return
        error = BadReplyError(reason, reply_head=reply.text[:2048], http_status=200)
        self.fail(reply.call_id, error, _usage(reply))

    async def find_paid(self, request_hash: str) -> PaidCall | None:
        """Return the newest successful call with the same content, None when there is none."""
        if request_hash not in self._prefetched:
            return (await asyncio.to_thread(paid_calls, self._db, [request_hash]))[request_hash]
        return self._prefetched[request_hash]


def paid_calls(db: Database, request_hashes: Sequence[str]) -> dict[str, PaidCall | None]:
    """Return for each hash the newest successful call with that content, None where there is none."""
    with db.reading() as session:
        rows = session.connection().execute(_PAID, {"hashes": list(request_hashes)}).all()
    found = {row.request_hash: PaidCall(row.id, row.reply) for row in rows if row.reply}
    return {request_hash: found.get(request_hash) for request_hash in request_hashes}


def _usage(reply: ChatReply | ImageReply) -> Usage:
    return Usage(reply.prompt_tokens, reply.completion_tokens, reply.cost)


# Used for every call: built once, and executed as SQLAlchemy Core statements, which are faster than the ORM.
_CALLS, _TASKS = LlmCalls.__table__, Tasks.__table__  # type: ignore[attr-defined]
_COLUMNS_SET_LATER = {"id", "ended_at", "http_status", "prompt_tokens", "completion_tokens", "cost"}
_CALL_DEFAULTS: dict[str, Any] = {"state": "started", "error_code": "", "reply": ""}
_INSERT = insert(_CALLS).returning(_CALLS.c.id)
_COMPLETE = update(_CALLS).where(_CALLS.c.id == bindparam("call_id"))
_TASK_RUNS_OR_ITEM_HAS_A_CALL = or_(
    ~exists().where(_TASKS.c.id == bindparam("task_id"), _TASKS.c.status != "running"),
    exists().where(
        _CALLS.c.task_id == bindparam("task_id"), _CALLS.c.state == "started", _CALLS.c.item_id == bindparam("item_id")
    ),
)
_COLUMNS_AT_START = [column for column in _CALLS.c if column.name not in _COLUMNS_SET_LATER]
_INSERT_IF_TASK_RUNS = (
    insert(_CALLS)
    .from_select(
        _COLUMNS_AT_START,
        select(*(bindparam(column.name, type_=column.type) for column in _COLUMNS_AT_START)).where(
            _TASK_RUNS_OR_ITEM_HAS_A_CALL
        ),
    )
    .returning(_CALLS.c.id)
)
_PAID = (
    select(_CALLS.c.id, _CALLS.c.request_hash, _CALLS.c.reply)
    .where(_CALLS.c.request_hash.in_(bindparam("hashes", expanding=True)), _CALLS.c.state == "ok")
    .order_by(_CALLS.c.id)
)


def request_hash(config: ModelConfig, request: ChatRequest | ImageRequest) -> str:
    """Return the sha256 of everything that determines the reply: model, parameters, texts, schema, image bytes."""
    digest = hashlib.sha256()
    parts = request.images if isinstance(request, ChatRequest) else request.references
    content: dict[str, Any] = {
        "config": parameters_of(config), "model": config.litellm_model, "base": config.api_base,
        "prompt": request.prompt, "system": request.system, "labels": [part.label for part in parts],
    }  # fmt: skip
    if isinstance(request, ChatRequest):
        content["schema"] = _json_schema(request.schema) if request.schema else None
        content |= {"variant": request.variant} if request.variant else {}
        if config.is_offline:
            content["purpose"] = [request.purpose.name, dict(request.purpose.details)]
    else:
        content |= {"aspect_ratio": request.aspect_ratio, "size": request.size}
        if config.is_offline:
            content["variant"] = request.variant
    digest.update(json.dumps(content, sort_keys=True, default=str).encode())
    for part in parts:
        digest.update(part.sha256)
    return digest.hexdigest()


@cache
def _json_schema(schema: type[BaseModel]) -> str:
    return json.dumps(schema.model_json_schema(), sort_keys=True)


def parameters_of(config: ModelConfig) -> dict[str, Any]:
    """Return the parameters of *config* that influence a reply."""
    values = {"temperature": config.temperature, "max_tokens": config.max_tokens, **config.extra}
    return {name: value for name, value in values.items() if value is not None}


def _complete(session: Session, call_id: int, values: dict[str, Any]) -> None:
    session.connection().execute(_COMPLETE, {"call_id": call_id, "ended_at": utc_now(), **values})
