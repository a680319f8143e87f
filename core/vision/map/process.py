"""Laying out in a process of its own, which shows its progress and can be ended at any time."""

import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.db import Database
from core.errors import InvalidInputError, ItemInterrupted, StorageError
from core.tasks import ItemContext
from core.vision.map import file
from core.vision.map.kinds import NO_VECTORS, kind_of_map
from core.vision.vectors import rows

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_POLL_S = 0.25
_NICENESS = 5
"""Pages and reviews go first."""


def lay_out(db: Database, item: ItemContext) -> dict[str, Any]:
    """Write the map of the project of *item*; return how many images are on it, and how many vectors were unusable.

    Raises:
        InvalidInputError: there is nothing to lay out.
        ItemInterrupted: the task was paused or cancelled.
        StorageError: the process was killed, for example because memory ran out.
    """
    with db.reading() as session:
        kind = kind_of_map(session, item.project_id)
        state = rows.state(session, item.project_id, kind) if kind else None
        if kind is None or state is None or state.newest is None:
            raise InvalidInputError(NO_VECTORS)
        parts = list(rows.read(session, item.project_id, kind))
    vectors = np.concatenate([part for _, part in parts])
    kept = [image_id for part, _ in parts for image_id in part]
    if not kept:
        raise InvalidInputError("The vectors of this project hold no numbers. Analyze its images again.")
    path = file.path_of(db.data_dir, item.project_id, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="layout-", dir=path.parent) as directory:
        given = Path(directory) / "vectors.npz"
        np.savez(given, ids=np.array([id_.encode() for id_ in kept]), vectors=vectors)
        in_process(given, state.newest, path, item.progress, item.is_cancelled)
    return {"images": len(kept), "left_out": state.count - len(kept)}


def in_process(
    given: Path, newest: datetime, path: Path, progress: Callable[[float, str], None], is_cancelled: Callable[[], bool]
) -> None:
    """Lay out the vectors of the file *given* and write the map to *path*; see :func:`lay_out`."""
    from loky.backend.context import get_context

    # As in the sandbox: a context that does not run the main module of the caller again.
    context = get_context("loky")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run_nicely, args=(given, newest, path, sending), daemon=True)
    process.start()
    sending.close()
    try:
        _follow(receiving, progress, is_cancelled)
        process.join()
    finally:
        if process.is_alive():
            process.terminate()  # the processes of loky have no kill
            process.join()
        receiving.close()
    if process.exitcode:
        raise StorageError("Laying out the map was ended from outside. Free some memory and start it again.")


def _follow(
    receiving: "Connection[Any, Any]", progress: Callable[[float, str], None], is_cancelled: Callable[[], bool]
) -> None:
    """Pass on the progress of the process until it closes its end."""
    while True:
        if is_cancelled():
            raise ItemInterrupted
        if receiving.poll(_POLL_S):
            try:
                progress(*receiving.recv())
            except EOFError:
                return


def _run_nicely(given: Path, newest: datetime, path: Path, sending: "Connection[Any, Any]") -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    run(given, newest, path, sending)


def run(given: Path, newest: datetime, path: Path, sending: "Connection[Any, Any]") -> None:
    """Do the work of :func:`in_process` here, and send the progress."""
    with np.load(given) as stored:
        ids, vectors = [id_.decode() for id_ in stored["ids"].tolist()], stored["vectors"]
    file.write(file.made(ids, vectors, newest, lambda share, step: sending.send((share, step))), path)
