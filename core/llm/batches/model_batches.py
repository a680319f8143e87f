"""The batches of one task with one model: kept, sent, asked for and read.

States are committed before and after each step. The row of a batch is there before anything is sent, and the provider
gets its id along: a process that was killed in between asks the provider for it, and sends nothing twice.
"""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.db import Database, ProviderBatches, new_id
from core.errors import (
    InvalidInputError,
    LLMError,
    ProviderDownError,
    RateLimitedError,
    RequestRefusedError,
)
from core.llm import costs
from core.llm.batches import spool, store
from core.llm.batches.calls import ItemCalls, KeptRequest
from core.llm.batches.client import BatchClient, client_of
from core.llm.batches.offer import price_share
from core.llm.batches.spool import Spool
from core.llm.batches.wire import BatchStatus, ResultLine, UnclearError, custom_id, wire_of
from core.llm.types import ModelConfig

_DIRECTORY = "batches"
# Of a reply, to know a batch's price before it is sent; twice of what ten questions with answers take.
_REPLY_TOKENS = 1_000
_DOWNLOADS = 3
_MAX_SENDS = 5


@dataclass
class Pace:
    """How often a provider is asked."""

    first_s: float = 15.0
    factor: float = 1.5
    longest_s: float = 300.0
    looks_before_sending_again: int = 2
    """How often a batch has to be missing in the provider's list: a list may be late."""


PACE = Pace()


class _Turn:
    """When a batch is asked for next: later each time nothing has changed."""

    def __init__(self) -> None:
        self.due_s = 0.0
        self.wait_s = PACE.first_s
        self.misses = 0

    def later(self, at_least_s: float | None = None) -> None:
        self.due_s = time.monotonic() + max(self.wait_s, min(at_least_s or 0.0, 3600.0))
        self.wait_s = min(self.wait_s * PACE.factor, PACE.longest_s)

    def soon(self) -> None:
        self.wait_s = PACE.first_s
        self.later()


class ModelBatches:
    """The batches of one task with one of its models."""

    def __init__(self, db_session: Database, task_id: str, model_index: int, config: ModelConfig) -> None:
        """Raises:
        InvalidInputError: the provider of the model has no batches.
        """
        wire = wire_of(config)
        if wire is None:
            raise InvalidInputError(f"{config.litellm_model} has no batches. Ask without them, or use another model.")
        self._wire = wire
        self._db = db_session
        self._task_id = task_id
        self._index = model_index
        self._config = config if config.timeout_s else replace(config, timeout_s=db_session.settings.llm_timeout_s)
        self._share = price_share(config)
        self._directory = directory_of(db_session, task_id)
        self._spool: Spool | None = None
        self._sealing = asyncio.Lock()
        self._turns: dict[str, _Turn] = {}
        self._downloads: Counter[str] = Counter()
        self._cancelled: set[str] = set()
        self._made: BatchClient | None = None
        self._problem: LLMError | None = None
        self.is_cancelling = False
        """Whether the provider is to stop; what it has answered is taken."""
        self.is_capped = False
        """Whether the cost cap allowed no further request when the last batch was to be sent."""

    def calls_of(self, item_id: int) -> ItemCalls:
        """Return the calls of an item, with what was answered."""
        with self._db.reading() as session:
            rows = store.requests_of_item(session, item_id)
        return ItemCalls(item_id, rows, self._share, self._keep)

    def _keep(self, request: KeptRequest) -> None:
        if self._spool is None:
            self._spool = Spool(self._directory, new_id(), self._wire.limits)
        self._spool.add(request)

    async def send_if_full(self) -> None:
        """Send what is kept when it makes a batch; a problem is raised by :meth:`send`."""
        if self._spool is not None and self._spool.is_full and self._problem is None:
            try:
                await self.send()
            except LLMError as error:
                self._problem = error

    async def send(self) -> None:
        """Send what is kept as one batch.

        Raises:
            LLMError: the provider does not take it, and would take no other.
        """
        async with self._sealing:
            if self._problem is not None:
                problem, self._problem = self._problem, None
                raise problem
            kept, self._spool = self._spool, None
            if kept is None:
                return
            await asyncio.to_thread(kept.close)
            batch = ProviderBatches(
                id=kept.batch_id, task_id=self._task_id, model_index=self._index, model=self._config.litellm_model
            )
            expected = [self._cost_of(one) for one in kept.kept]
            count = await self._db.write(lambda session: store.intend(session, batch, kept.kept, expected))
            self.is_capped = count < len(kept.kept)
            if not count:
                await asyncio.to_thread(kept.remove)
                return
            await self._step(await asyncio.to_thread(self._read, batch.id))

    def drop(self) -> None:
        """Forget what is kept and not sent: its items are asked again."""
        if self._spool is not None:
            self._spool.remove()
            self._spool = None

    async def step(self) -> bool:
        """Ask for each batch that is due; return whether items can go on.

        Raises:
            LLMError: as :meth:`send`.
        """
        batches = [
            batch for batch in await asyncio.to_thread(self._open) if self._turn(batch).due_s <= time.monotonic()
        ]
        came = [await self._step(batch) for batch in batches]
        return any(came)

    def _open(self) -> list[ProviderBatches]:
        with self._db.reading() as session:
            found = store.open_batches(session, self._task_id)
        return [batch for batch in found if batch.model_index == self._index]

    def _read(self, batch_id: str) -> ProviderBatches:
        with self._db.reading() as session:
            return session.get_one(ProviderBatches, batch_id)

    @property
    def has_open(self) -> bool:
        """Whether answers of a batch are not stored yet."""
        return bool(self._open())

    async def _step(self, batch: ProviderBatches) -> bool:
        """Do what is next for a batch; return whether items can go on."""
        turn = self._turn(batch)
        try:
            if batch.state == "sent":
                return await self._ask(batch, turn)
            return await self._find_or_send(batch, turn)
        except RateLimitedError as error:
            turn.later(error.retry_after_s)
        except ProviderDownError:
            turn.later()
        return False

    async def _find_or_send(self, batch: ProviderBatches, turn: _Turn) -> bool:
        """Send a batch, unless the provider has it already; an attempt without an answer may have been accepted."""
        client = await self._client()
        if batch.tries:
            try:
                found = await self._wire.find(client, batch.id, batch.request_count, batch.create_at)
            except UnclearError:
                turn.later()
                return False
            turn.misses += 1
            if found is not None:
                return await self._found(batch, found)
            if turn.misses < PACE.looks_before_sending_again:
                turn.later()
                return False
        lines = await asyncio.to_thread(lambda: list(spool.read(self._directory, batch.id, batch.request_count)))
        if self.is_cancelling or len(lines) < batch.request_count or batch.tries >= _MAX_SENDS:
            return await self._lose(batch)
        turn.misses = 0
        await self._db.write(lambda session: store.begin_try(session, batch.id))
        try:
            provider_id = await self._wire.submit(client, batch.id, lines)
        except RequestRefusedError:
            await self._lose(batch)
            raise
        return await self._found(batch, provider_id)

    async def _found(self, batch: ProviderBatches, provider_id: str) -> bool:
        await self._db.write(lambda session: store.note_sent(session, batch.id, provider_id))
        self._turn(batch).soon()
        return False

    async def _ask(self, batch: ProviderBatches, turn: _Turn) -> bool:
        client = await self._client()
        try:
            status = await self._wire.status(client, batch.provider_id)
        except LLMError as error:
            if error.http_status == 404:
                return await self._lose(batch)
            raise
        if status.end is None and self.is_cancelling and batch.id not in self._cancelled:
            await self._cancel(client, batch)
        if status.end is None:
            if status.done != batch.done_count:
                await self._db.write(lambda session: store.note_progress(session, batch.id, status.done))
            turn.later()
            return False
        lines = _by_id(batch, await self._wire.results(client, status))
        self._downloads[batch.id] += 1
        if _answers(lines) < min(status.done, batch.request_count) and self._downloads[batch.id] < _DOWNLOADS:
            turn.later()  # the file is cut, or not complete yet
            return False
        await self._store(batch, status, lines)
        await self._wire.tidy(client, status)
        if status.end == "failed" and not _answers(lines):
            raise RequestRefusedError(
                f"The provider did not accept a batch: {status.note or 'it gave no reason'}. Resume to send it again."
            )
        return True

    async def _cancel(self, client: BatchClient, batch: ProviderBatches) -> None:
        with contextlib.suppress(RequestRefusedError):  # it has ended in between
            await self._wire.cancel(client, batch.provider_id)
        self._cancelled.add(batch.id)
        self._turn(batch).soon()

    async def _lose(self, batch: ProviderBatches) -> bool:
        """Note that the provider does not have a batch; its items are asked again."""
        await self._store(batch, None, {})
        return True

    async def _store(self, batch: ProviderBatches, status: BatchStatus | None, lines: dict[str, ResultLine]) -> None:
        await self._db.write(lambda session: store.store_results(session, batch, status, lines, _text))
        self._turns.pop(batch.id, None)
        await asyncio.to_thread(spool.path_of(self._directory, batch.id).unlink, missing_ok=True)

    async def _client(self) -> BatchClient:
        if self._made is None:
            self._made = await client_of(self._config)
        return self._made

    def _turn(self, batch: ProviderBatches) -> _Turn:
        return self._turns.setdefault(batch.id, _Turn())

    def _cost_of(self, request: KeptRequest) -> float | None:
        """Return what a request costs at most, in US dollars."""
        side_px = self._config.max_side_px or self._db.settings.model_side_px
        estimate = costs.estimate_call(
            request.call.model, (side_px, side_px), len(request.call.prompt), _REPLY_TOKENS,
            images=int(request.call.params.get("images", 1)),
        )  # fmt: skip
        return estimate.high * self._share if estimate else None


def directory_of(db: Database, task_id: str) -> Path:
    """Return where the requests of the batches of a task are."""
    return db.data_dir / _DIRECTORY / task_id


def _by_id(batch: ProviderBatches, lines: Sequence[ResultLine]) -> dict[str, ResultLine]:
    """Return the line of each request of a batch: of several the first that is good."""
    known = {custom_id(batch.id, number) for number in range(batch.request_count)}
    found: dict[str, ResultLine] = {}
    for line in lines:
        if line.custom_id in known and _rank(line) > _rank(found.get(line.custom_id)):
            found[line.custom_id] = line
    return found


def _rank(line: ResultLine | None) -> int:
    if line is None or line.http_status is None:
        return 0 if line is None else 1
    return 3 if line.http_status < 400 else 2


def _answers(lines: dict[str, ResultLine]) -> int:
    return sum(line.http_status is not None for line in lines.values())


def _text(body: Any) -> str:
    text = json.dumps(body if body is not None else {}, ensure_ascii=False)
    return text.encode(errors="replace").decode()  # half a character is no text that a database stores
