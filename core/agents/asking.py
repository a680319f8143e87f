"""Paid work for agents: the price is said first, and nothing starts that could cost more than the cap."""

import asyncio
import time
from typing import Any

from core.agents.connection import Connection, one
from core.errors import InvalidInputError

_POLL_INTERVAL_S = 0.3
_KEPT = ("task_type", "status", "processed_count", "total_count", "failed_count", "note", "cost_cap", "result")


def cap_of(estimate: dict[str, Any], max_cost_usd: float) -> float | None:
    """Return the cost cap of a task with this estimate; None for one that costs nothing.

    Raises:
        InvalidInputError: it would cost more than *max_cost_usd*, or its price is not known.
    """
    low, high = estimate["cost_low"], estimate["cost_high"]
    if low is None or high is None:
        raise InvalidInputError(
            "The price of this model is not known, so no cap can be kept. Choose another model, or ask the user to "
            "start it in the app.",
            field="model",
        )
    if high == 0:
        return None
    if low > max_cost_usd or max_cost_usd <= 0:
        raise InvalidInputError(
            f"This costs {low:.4f} to {high:.4f} US dollars for {estimate['calls']:,} calls, more than max_cost_usd "
            f"({max_cost_usd:g}). Ask the user before you raise it, or choose fewer images.",
            field="max_cost_usd",
        )
    return max_cost_usd


def price(estimate: dict[str, Any]) -> dict[str, Any]:
    """Return what agents read of an estimate."""
    return {"calls": estimate["calls"], "usd_low": estimate["cost_low"], "usd_high": estimate["cost_high"]}


async def ended(rest: Connection, task_id: str, wait_s: float) -> dict[str, Any]:
    """Return a task when it has ended or paused, or as it is after *wait_s*."""
    deadline = time.monotonic() + wait_s
    while True:
        task = await rest.get(f"/api/tasks/{one(task_id)}")
        if task["ended_at"] is not None or task["status"] == "paused" or time.monotonic() >= deadline:
            return await described(rest, task)
        await asyncio.sleep(_POLL_INTERVAL_S)


async def described(rest: Connection, task: dict[str, Any]) -> dict[str, Any]:
    """Return what agents read of a task, with what it spent and why items failed."""
    summary = await rest.get(f"/api/tasks/{task['id']}/summary")
    failures = [f"{group['count']:,} × {group['example']}" for group in summary["failures"]]
    shown = {name: task[name] for name in _KEPT}
    ended = {"has_ended": task["ended_at"] is not None, "spent_usd": summary["spent"], "failures": failures}
    return {"task_id": task["id"], **shown, **ended}
