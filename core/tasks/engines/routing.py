"""Which tasks workers run, and which workers: by queues, each of one kind of task and its lanes."""

from collections.abc import Callable, Collection, Mapping
from ipaddress import ip_address
from typing import Any

from core.tasks.kinds import StagedTaskKind, TaskKind, WaitingTaskKind, why_on_server

NamesOfLanes = Callable[[Mapping[str, Any]], Collection[str]]
"""Returns the names of the lanes of a task by its config."""


class Routing:
    """Names the queue of each task."""

    def __init__(self, kinds: Mapping[str, TaskKind], lanes: NamesOfLanes) -> None:
        self._kinds = kinds
        self._lanes = lanes

    def queue_of(self, task_type: str, config: Mapping[str, Any]) -> str | None:
        """Return the queue of a task; None when the server itself runs it."""
        if self.why_on_server(task_type, config):
            return None
        lanes = "+".join(sorted(self._lanes(config)))
        return f"{task_type}|{lanes}"

    def why_on_server(self, task_type: str, config: Mapping[str, Any]) -> str:
        """Return why no worker runs a task; "" when workers do."""
        kind = self._kinds.get(task_type)
        if kind is None:
            return "nothing here knows its kind"
        if reason := why_on_server(kind, config):
            return reason
        if isinstance(kind, StagedTaskKind) and kind.source.staging(config) == "needed":
            return "its files are not in the bucket yet"
        if isinstance(kind, WaitingTaskKind) and kind.waits(config):
            return "it waits for the batches of a provider"
        return ""


def wants(queue: str, kinds: Collection[str], lanes: Collection[str]) -> bool:
    """Return whether a worker takes chunks of *queue*.

    Args:
        kinds: The kinds of task that it runs; empty for all.
        lanes: The lanes that it is bound to. Without any it takes all but those of an address such as ``localhost``,
            which means another server on each machine.
    """
    kind, _, names = queue.partition("|")
    of_task = names.split("+") if names else []
    if kinds and kind not in kinds:
        return False
    if lanes:
        return bool(of_task) and set(of_task) <= set(lanes)
    return not any(map(_is_this_machine, of_task))


def who_takes(queue: str) -> str:
    """Return the command by which a worker starts that takes *queue*."""
    _, _, names = queue.partition("|")
    bound = [lane for lane in names.split("+") if lane]
    here = any(map(_is_this_machine, bound))
    return "vitrine worker" + "".join(f" --lane {lane}" for lane in bound if here)


def _is_this_machine(lane: str) -> bool:
    host = lane.rpartition(":")[0].strip("[]") or lane
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
