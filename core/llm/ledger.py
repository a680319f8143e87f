"""The book of calls: a row is committed before each send, and completed with what came of it."""

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


@dataclass(frozen=True)
class CallStart:
    """What is written down before a send."""

    model: str
    request_hash: str
    prompt: str
    params: dict[str, Any]
    attempt: int
    purpose: str = ""


@dataclass(frozen=True)
class Spent:
    """What a call used, as far as the provider said."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None


@dataclass(frozen=True)
class PaidCall:
    """An earlier good call whose reply can be used again."""

    call_id: int
    text: str


class Ledger(Protocol):
    """Where calls are written down; what writes is done when its future is."""

    def begin(self, call: CallStart) -> "Future[int | None]":
        """None: nothing may be sent any more."""
        ...

    def record_failure(self, call_id: int, error: LLMError, spent: Spent) -> "Future[None]": ...

    async def find_paid(self, request_hash: str) -> PaidCall | None: ...


class DatabaseLedger:
    """The ledger in the table ``llm_calls``.

    A good reply stays "started" until :meth:`settle` is called in the transaction that stores what was made of
    it, so a crash in between leaves a row that says "possibly paid" and never a result without its call.
    """

    def __init__(
        self,
        db_session: Database,
        *,
        task_id: str | None = None,
        item_id: int | None = None,
        purpose: str = "",
        looked_up: Mapping[str, PaidCall | None] = MappingProxyType({}),
    ) -> None:
        """*looked_up* is what :func:`paid_calls` found for the requests that are known beforehand."""
        self._db = db_session
        self._task_id = task_id
        self._item_id = item_id
        self._purpose = purpose
        self._looked_up = looked_up

    def start(self, call: CallStart) -> int:
        """Commit a row that says the call is about to be sent, and return its id."""
        call_id = self.begin(call).result()
        if call_id is None:
            raise ConflictError("The task of this call is not running. Resume it first.")
        return call_id

    def fail(self, call_id: int, error: LLMError, spent: Spent) -> None:
        """Commit that the call failed, or that nobody knows whether it was paid."""
        self.record_failure(call_id, error, spent).result()

    def begin(self, call: CallStart) -> "Future[int | None]":
        """As :meth:`start`, without waiting; calls in flight share their commits.

        Once the task has been paused or cancelled, an item that has no good reply yet writes down, and so sends,
        nothing more: what waited for its turn meanwhile costs nothing and stays open.
        """
        row = {
            **_CALL_DEFAULTS, "task_id": self._task_id, "item_id": self._item_id,
            "purpose": self._purpose or call.purpose, "model": call.model, "request_hash": call.request_hash,
            "params": call.params, "prompt": call.prompt, "attempt": call.attempt,
        }  # fmt: skip

        def add(session: Session) -> int | None:
            statement = _ADD if self._task_id is None else _ADD_UNLESS_IT_RESTS
            return session.connection().execute(statement, {**row, "started_at": utc_now()}).scalar()

        return self._db.submit(add)

    def record_failure(self, call_id: int, error: LLMError, spent: Spent) -> "Future[None]":
        """As :meth:`fail`, without waiting."""
        reply = error.reply_head if isinstance(error, BadReplyError) else str(error)
        values = {
            "state": "unknown" if error.maybe_paid else "failed",
            "error_code": error.code,
            "http_status": error.http_status,
            "reply": redact(reply),
            **_used(spent),
        }
        return self._db.submit(lambda session: _complete(session, call_id, values))

    def settle(self, session: Session, reply: ChatReply | ImageReply) -> None:
        """Mark the call of *reply* as good, in the transaction that stores what was made of it."""
        if reply.call_id is None or (isinstance(reply, ChatReply) and reply.cached):
            return
        values = {"state": "ok", "http_status": 200, "reply": reply.text, "cost": reply.cost}
        if isinstance(reply, ChatReply):
            values |= {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens}
        _complete(session, reply.call_id, values)

    def settle_now(self, reply: ChatReply | ImageReply) -> None:
        """Settle *reply* in a transaction of its own: for calls that store nothing else."""
        with self._db.transaction() as session:
            self.settle(session, reply)

    def reject(self, reply: ChatReply | ImageReply, reason: str) -> None:
        """Commit that a readable reply could not be used, with what it cost."""
        if reply.call_id is None:
            return
        spent = Spent(cost=reply.cost)
        if isinstance(reply, ChatReply):
            spent = Spent(reply.prompt_tokens, reply.completion_tokens, reply.cost)
        self.fail(reply.call_id, BadReplyError(reason, reply_head=reply.text[:2048], http_status=200), spent)

    async def find_paid(self, request_hash: str) -> PaidCall | None:
        """Return the newest good call with the same content, None when there is none."""
        if request_hash not in self._looked_up:
            return (await asyncio.to_thread(paid_calls, self._db, [request_hash]))[request_hash]
        return self._looked_up[request_hash]


def paid_calls(db: Database, request_hashes: Sequence[str]) -> dict[str, PaidCall | None]:
    """Return for each hash the newest good call with that content, None where there is none."""
    with db.reading() as session:
        rows = session.connection().execute(_PAID, {"hashes": list(request_hashes)}).all()
    found = {row.request_hash: PaidCall(row.id, row.reply) for row in rows if row.reply}
    return {request_hash: found.get(request_hash) for request_hash in request_hashes}


# Every call pays for these: they are built once, and go past the session, which has nothing to learn of them.
_CALLS, _TASKS = LlmCalls.__table__, Tasks.__table__  # type: ignore[attr-defined]
_LATER = {"id", "ended_at", "http_status", "prompt_tokens", "completion_tokens", "cost"}
_CALL_DEFAULTS: dict[str, Any] = {"state": "started", "error_code": "", "reply": ""}
_ADD = insert(_CALLS).returning(_CALLS.c.id)
_END = update(_CALLS).where(_CALLS.c.id == bindparam("call_id"))
_MAY_SEND = or_(
    ~exists().where(_TASKS.c.id == bindparam("task_id"), _TASKS.c.status != "running"),
    exists().where(
        _CALLS.c.task_id == bindparam("task_id"), _CALLS.c.state == "started", _CALLS.c.item_id == bindparam("item_id")
    ),
)
_STARTED = [column for column in _CALLS.c if column.name not in _LATER]
_ADD_UNLESS_IT_RESTS = (
    insert(_CALLS)
    .from_select(_STARTED, select(*(bindparam(column.name, type_=column.type) for column in _STARTED)).where(_MAY_SEND))
    .returning(_CALLS.c.id)
)
_PAID = (
    select(_CALLS.c.id, _CALLS.c.request_hash, _CALLS.c.reply)
    .where(_CALLS.c.request_hash.in_(bindparam("hashes", expanding=True)), _CALLS.c.state == "ok")
    .order_by(_CALLS.c.id)
)


def request_hash(config: ModelConfig, request: ChatRequest | ImageRequest) -> str:
    """Return the sha256 of everything that decides the reply: model, parameters, texts, schema, image bytes."""
    digest = hashlib.sha256()
    parts = request.images if isinstance(request, ChatRequest) else request.references
    stated: dict[str, Any] = {
        "config": parameters_of(config), "model": config.litellm_model, "base": config.api_base,
        "prompt": request.prompt, "system": request.system, "labels": [part.label for part in parts],
    }  # fmt: skip
    if isinstance(request, ChatRequest):
        stated["schema"] = _stated_schema(request.schema) if request.schema else None
        if config.is_offline:
            stated["purpose"] = [request.purpose.name, dict(request.purpose.details)]
    else:
        stated |= {"aspect_ratio": request.aspect_ratio, "size": request.size}
        if config.is_offline:
            stated["variant"] = request.variant
    digest.update(json.dumps(stated, sort_keys=True, default=str).encode())
    for part in parts:
        digest.update(part.sha256)
    return digest.hexdigest()


@cache
def _stated_schema(schema: type[BaseModel]) -> str:
    return json.dumps(schema.model_json_schema(), sort_keys=True)


def parameters_of(config: ModelConfig) -> dict[str, Any]:
    """Return the parameters that change a reply."""
    values = {"temperature": config.temperature, "max_tokens": config.max_tokens, **config.extra}
    return {name: value for name, value in values.items() if value is not None}


def _complete(session: Session, call_id: int, values: dict[str, Any]) -> None:
    session.connection().execute(_END, {"call_id": call_id, "ended_at": utc_now(), **values})


def _used(spent: Spent) -> dict[str, Any]:
    return {
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.completion_tokens,
        "cost": spent.cost,
    }
