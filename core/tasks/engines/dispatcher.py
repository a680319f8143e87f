"""What a library has to do that hands chunks out to workers: each to one of them, at least once."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from sqlmodel import Session


class Dispatcher(Protocol):
    """The library, as it is used by whoever plans chunks and looks after workers."""

    def prepare(self) -> None:
        """Create what the library needs in the database; its own version of it may be there already."""
        ...

    def enqueue(self, session: Session, chunk_id: str, queue: str, version: str) -> None:
        """Hand out a chunk once the transaction of *session* is committed; one that is handed out already stays so."""
        ...

    def held(self) -> Mapping[str, str]:
        """Return the chunks that processes have taken and not ended, each with the name of the process."""
        ...

    def give_back(self, chunk_ids: Collection[str]) -> None:
        """Hand out again what processes have taken that are gone."""
        ...

    def open_among(self, chunk_ids: Collection[str]) -> set[str]:
        """Return which of these chunks are handed out, taken or not."""
        ...

    def forget(self, chunk_ids: Collection[str]) -> None:
        """Remove chunks that are handed out no more."""
        ...

    def tidy(self) -> None:
        """Remove what the library keeps of chunks that ended an hour ago or earlier."""
        ...


class Taker(Protocol):
    """The library in the process of a worker: it takes chunks and runs them."""

    def start(self, run: Callable[[str], None]) -> None:
        """Take chunks from now on; *run* runs one by its id, in a thread of its own, and returns at its end."""
        ...

    def stop(self, timeout_s: float) -> None:
        """Take no more, and wait at most *timeout_s* for those that run."""
        ...
