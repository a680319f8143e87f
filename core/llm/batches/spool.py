"""The file of the requests of one batch, from the first that is kept until its results are stored."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from core.llm.batches.calls import KeptRequest
from core.llm.batches.wire import BatchLine, Limits, custom_id


class Spool:
    """Requests for one batch, as JSON lines on the disk: images are too large for the memory. It holds no key."""

    def __init__(self, directory: Path, batch_id: str, limits: Limits) -> None:
        self.batch_id = batch_id
        self.kept: list[KeptRequest] = []
        """The requests, without their bodies."""
        self._limits = limits
        self._size_bytes = 0
        self._path = path_of(directory, batch_id)
        directory.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("wb")

    def add(self, request: KeptRequest) -> None:
        """Append a request."""
        # Compact JSON has no line breaks; the body is not parsed, since it is large.
        body = request.body if b"\n" not in request.body else json.dumps(json.loads(request.body)).encode()
        name = custom_id(self.batch_id, len(self.kept))
        written = b'{"custom_id": "%b", "body": %b}\n' % (name.encode(), body)
        self._file.write(written)
        self._size_bytes += len(written)
        self.kept.append(KeptRequest(request.item_id, request.call, b""))

    @property
    def is_full(self) -> bool:
        """Whether the batch should be sent before more is added."""
        return len(self.kept) >= self._limits.requests or self._size_bytes >= self._limits.size_bytes

    def close(self) -> None:
        """Write everything to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def remove(self) -> None:
        """Close and remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def path_of(directory: Path, batch_id: str) -> Path:
    """Return where the requests of a batch are."""
    return directory / f"{batch_id}.jsonl"


def read(directory: Path, batch_id: str, count: int) -> Iterator[BatchLine]:
    """Yield the first *count* requests of a batch; none when its file is gone."""
    path = path_of(directory, batch_id)
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line, _ in zip(file, range(count), strict=False):
            row = json.loads(line)
            yield BatchLine(row["custom_id"], row["body"])
