"""A part of a task: what one of several processes runs of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col

from core.db import TaskItems, Tasks


@dataclass(frozen=True)
class Span:
    """Items of a task, by their positions."""

    first: int
    last: int

    def condition(self) -> Any:
        """Return the condition of the rows of its items."""
        return col(TaskItems.position).between(self.first, self.last)


@dataclass(frozen=True)
class Part:
    """What a run does when other processes run other items of the same task."""

    span: Span
    slots: asyncio.Semaphore
    """Bounds the items that run at a time in this process, over all parts."""
    begin: Callable[[Session], None]
    """Called in the transaction by which the run begins."""
    end: Callable[[Session, Tasks], None]
    """Called in the transaction by which it ends, also when the task is paused or has ended already."""
