"""The calls of one item that go into batches, and their ledger."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.db import BatchRequests, Database
from core.errors import LLMError, RequestRefusedError
from core.llm.batches.deferring import StoredAnswer
from core.llm.ledger import CallStart, DatabaseLedger, PaidCall, Usage

MAX_LOST = 3
"""In how many batches a request may stay without an answer until its item fails."""
_NOT_SENT = 0
# Replies for this purpose are complete in themselves. What answers belong to depends on the questions of their request.
_SELF_CONTAINED = "questions"


@dataclass(frozen=True)
class KeptRequest:
    """A request for the next batch."""

    item_id: int
    call: CallStart
    body: bytes


class ItemCalls:
    """What was asked for one item so far, with the answers.

    An item runs from its beginning each time an answer has come: its n-th attempt of a request is answered by what
    the n-th attempt of the same request was answered.
    """

    def __init__(
        self, item_id: int, rows: Sequence[BatchRequests], price_share: float, keep: Callable[[KeptRequest], None]
    ) -> None:
        """*rows* are those of the item that are not used up, oldest first."""
        self.price_share = price_share
        self.item_id = item_id
        self._keep = keep
        self._answered = {(row.request_hash, row.attempt): row for row in rows if row.state == "answered"}
        self._lost = [(row.request_hash, row.attempt) for row in rows if row.state == "lost"]
        self._stand_ins: dict[str, str] = {}
        self._asked: set[str] = set()
        self._call: CallStart | None = None
        self._row: BatchRequests | None = None

    def begin(self, call: CallStart) -> int:
        """Return the ledger's row of an attempt; 0 for one that was not sent yet.

        Raises:
            RequestRefusedError: it stayed without an answer in several batches.
        """
        if self._lost.count((call.request_hash, call.attempt)) >= MAX_LOST:
            raise RequestRefusedError(
                f"The provider gave no answer in {MAX_LOST} batches. Retry, or ask without batches."
            )
        self._call = call
        self._row = self._answered.get((self._answered_as(call), call.attempt))
        return self._row.call_id if self._row else _NOT_SENT

    def knows(self, request_hash: str) -> bool:
        """Return whether a request was asked in a batch."""
        return any(known == request_hash for known, _ in self._answered) or request_hash in self._stand_ins

    def answer(self) -> StoredAnswer | None:
        """See ``DeferredCalls.answer``."""
        if self._row is None:
            return None
        return StoredAnswer(self._row.http_status or 500, self._row.response.encode())

    def keep(self, body: bytes) -> None:
        """See ``DeferredCalls.keep``."""
        if self._call is None:
            raise AssertionError("a request was sent before the ledger knew of it")
        self._keep(KeptRequest(self.item_id, self._call, body))

    def _answered_as(self, call: CallStart) -> str:
        """Return the hash under which *call* was answered.

        A request names the questions that an image has already; they may be others by the time the answer comes.
        """
        own = call.request_hash
        if own not in self._stand_ins:
            known = [known for known, _ in self._answered if known == own]
            if not known and call.purpose == _SELF_CONTAINED:
                taken = set(self._stand_ins.values())
                same = (row for row in self._answered.values() if row.purpose == call.purpose)
                known = [row.request_hash for row in same if row.request_hash not in taken]
            self._stand_ins[own] = known[0] if known else own
        return self._stand_ins[own]


class BatchLedger(DatabaseLedger):
    """The ledger of calls in batches: the row of a call is committed together with its batch."""

    def __init__(
        self,
        db_session: Database,
        calls: ItemCalls,
        *,
        task_id: str,
        purpose: str,
        prefetched: Mapping[str, PaidCall | None] = MappingProxyType({}),
    ) -> None:
        super().__init__(db_session, task_id=task_id, item_id=calls.item_id, purpose=purpose, prefetched=prefetched)
        self._calls = calls

    def begin(self, call: CallStart) -> "Future[int | None]":
        """Return the row of an attempt, see :meth:`ItemCalls.begin`."""
        begun: Future[int | None] = Future()
        begun.set_result(self._calls.begin(replace(call, purpose=self._purpose or call.purpose)))
        return begun

    def record_failure(self, call_id: int, error: LLMError, usage: Usage) -> "Future[None]":
        """See ``DatabaseLedger.record_failure``; what was not sent has no row."""
        if call_id != _NOT_SENT:
            return super().record_failure(call_id, error, usage)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    async def find_paid(self, request_hash: str) -> PaidCall | None:
        """Return the reply of an earlier task; those of this item are read from their batches."""
        return None if self._calls.knows(request_hash) else await super().find_paid(request_hash)
