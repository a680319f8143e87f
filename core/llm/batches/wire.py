"""What an interface of batches has to offer, and finding that of a provider."""

import importlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from core.llm import keys, providers
from core.llm.types import ModelConfig

if TYPE_CHECKING:
    from core.llm.batches.client import BatchClient

End = Literal["completed", "failed", "expired", "cancelled"]


@dataclass(frozen=True)
class Limits:
    """The most that one batch holds: below what the provider allows, so that little is lost with one of them."""

    requests: int
    size_bytes: int


@dataclass(frozen=True)
class BatchLine:
    """One request: the body of a call as it would have been sent alone."""

    custom_id: str
    body: dict[str, Any]


@dataclass(frozen=True)
class BatchStatus:
    """How far a batch is; *end* is None until the provider is through with it."""

    provider_id: str
    end: End | None
    done: int
    """Requests that were answered, with an error or without."""
    note: str = ""
    """What the provider says about a batch that failed."""
    files: dict[str, str] = field(default_factory=dict)
    """Ids of the files with its answers, and of those to delete, by what is in them."""


@dataclass(frozen=True)
class ResultLine:
    """The answer to one request; *http_status* is None for a request that was not answered, as *note* says why."""

    custom_id: str
    http_status: int | None
    body: Any = None
    note: str = ""


class UnclearError(Exception):
    """Raised while it cannot be told whether the provider has a batch; ask again later."""


class BatchWire(Protocol):
    """An interface of batches. Every method raises ``LLMError`` as a call does."""

    limits: Limits

    async def submit(self, client: "BatchClient", batch_id: str, lines: Sequence[BatchLine]) -> str:
        """Send a batch, marked with *batch_id*, and return the provider's id of it."""
        ...

    async def find(self, client: "BatchClient", batch_id: str, count: int, since: datetime) -> str | None:
        """Return the provider's id of the batch with the mark *batch_id*, sent after *since*; None: it has none.

        Raises:
            UnclearError: that cannot be told yet.
        """
        ...

    async def status(self, client: "BatchClient", provider_id: str) -> BatchStatus:
        """Return how far a batch is."""
        ...

    async def results(self, client: "BatchClient", status: BatchStatus) -> list[ResultLine]:
        """Return the answers of a batch that has ended, in any order; broken lines are left out."""
        ...

    async def cancel(self, client: "BatchClient", provider_id: str) -> None:
        """Ask the provider to stop; what it has answered can be fetched after that."""
        ...

    async def tidy(self, client: "BatchClient", status: BatchStatus) -> None:
        """Delete the files of a batch at the provider, if it keeps any."""
        ...


def wire_of(config: ModelConfig) -> BatchWire | None:
    """Return the interface of batches of the provider of a model; None when it has none."""
    name = providers.find(keys.provider_of(config)).batches
    if not name:
        return None
    return cast(BatchWire, importlib.import_module(f"{__package__}.wires.{name}").WIRE)


def custom_id(batch_id: str, number: int) -> str:
    """Return what identifies a request among those of all batches: at most 64 letters, digits, ``-`` and ``_``."""
    return f"{batch_id}_{number}"


def batch_of(name: str) -> str:
    """Return the id of the batch that a ``custom_id`` belongs to; the id may have underscores itself."""
    return name.rpartition("_")[0]


def jsonl(rows: Sequence[dict[str, Any]]) -> bytes:
    """Return *rows* as JSON lines."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def read_lines(content: bytes) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON lines; those that are cut, broken or nested without end are left out."""
    for line in content.split(b"\n"):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row


def part(row: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object that *row* has under *name*; an empty one when there is none, or something else."""
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def status_of(value: Any) -> int | None:
    """Return *value* when it is a status of HTTP, else None: such a line answers nothing."""
    return value if type(value) is int and 100 <= value <= 599 else None
