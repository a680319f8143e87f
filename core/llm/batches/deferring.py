"""Calls that are answered later: what a call sends is kept instead of being sent, and its answer is read when it runs
again.

Everything around a request stays as it is for a call that is sent at once: litellm builds it, and reads its answer;
corrections, errors and prices are the same. Only the transport asks here first.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class StoredAnswer:
    """What a provider answered to one request of a batch, as if it had been sent alone."""

    http_status: int
    body: bytes


class DeferredCalls(Protocol):
    """The calls of one item that go into batches."""

    price_share: float
    """What a call in a batch costs, as a share of the price of a call that is sent at once."""

    def answer(self) -> StoredAnswer | None:
        """Return the answer to the attempt that the ledger began last; None when there is none yet."""
        ...

    def keep(self, body: bytes) -> None:
        """Keep the request of that attempt for the next batch."""
        ...


@dataclass(frozen=True)
class CapturedRequest:
    """Where a call would have been sent, and with which headers; it is never stored."""

    url: str
    headers: dict[str, str]
    body: bytes


class CaptureCalls:
    """Keeps one request, to see where the calls of a model go."""

    price_share = 1.0

    def __init__(self) -> None:
        self.captured: CapturedRequest | None = None

    def answer(self) -> StoredAnswer | None:
        """Return None: nothing is answered."""
        return None


deferred_calls: ContextVar[DeferredCalls | CaptureCalls | None] = ContextVar("deferred_calls", default=None)
"""The calls of this context go into batches; None: they are sent at once."""


@contextlib.contextmanager
def deferring(calls: DeferredCalls | CaptureCalls) -> Iterator[None]:
    """Defer the calls of this context."""
    token = deferred_calls.set(calls)
    try:
        yield
    finally:
        deferred_calls.reset(token)


def price_share() -> float:
    """Return the share of the usual price that the calls of this context cost."""
    calls = deferred_calls.get()
    return 1.0 if calls is None else calls.price_share
