"""Who acts, from where, and by which way: set for a request, a page run, a command or a task, and read by the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

Way = Literal["page", "rest", "cli", "python", "task", "housekeeping"]
LOCAL = "local"
"""The name of the caller when no name was given."""


@dataclass(frozen=True)
class Caller:
    """Who acts.

    Attributes:
        name: Of the person or token.
        account_id: Of the person's account, None without accounts.
        token_id: Of the API token, None for people.
        address: Network address of the client; empty on this machine without a network.
        way: Page, REST, command line, Python, a task that somebody started, or the server's own housekeeping.
        request_id: Joins what one request did; empty outside requests.
        is_signed_in: Whether *name* comes from a session or a token, so that nobody can have typed another one.
    """

    name: str = LOCAL
    account_id: str | None = None
    token_id: str | None = None
    address: str = ""
    way: Way = "python"
    request_id: str = ""
    is_signed_in: bool = False

    def name_of(self, given: str | None) -> str:
        """Return who an act is attributed to, when its service was given the name *given*."""
        return self.name if self.is_signed_in or given in (None, "", LOCAL) else str(given)

    @property
    def trace(self) -> str | None:
        """Way, address and credential in one word each, as events store them; None in a task, which is recorded itself.

        Read back by :func:`read_trace`.
        """
        if self.way == "task":
            return None
        credential = f"account:{self.account_id}" if self.account_id else f"token:{self.token_id}"
        return f"{self.way} {self.address or '-'} {credential if self.account_id or self.token_id else '-'}"


def read_trace(trace: str) -> Caller:
    """Return what :attr:`Caller.trace` has of a caller."""
    way, address, credential = trace.split()
    kind, _, id_ = credential.partition(":")
    return Caller(
        account_id=id_ if kind == "account" else None, token_id=id_ if kind == "token" else None,
        address="" if address == "-" else address, way=way,  # type: ignore[arg-type]
    )  # fmt: skip


_CURRENT: ContextVar[Caller] = ContextVar("vitrine_caller", default=Caller())  # noqa: B039 - it is frozen


def current() -> Caller:
    """Return who acts in this thread or coroutine; a Python program that set nothing is ``local``."""
    return _CURRENT.get()


def act_as(caller: Caller) -> None:
    """Make *caller* the current one of this thread, for the rest of its life or until the next call."""
    _CURRENT.set(caller)


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """Make *caller* the current one inside the ``with`` block."""
    token = _CURRENT.set(caller)
    try:
        yield
    finally:
        _CURRENT.reset(token)
