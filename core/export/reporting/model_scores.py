"""How models answered entries of the project in the arena, for the dataset card."""

from typing import Any

from sqlmodel import Session, col, select

from core.db import CheckRuns
from core.export.reporting.report import one_line
from core.pluralize import pluralize

_MOST_MODELS = 12


def model_scores(session: Session, project_id: str) -> list[str]:
    """Return one line for the newest run of each model, best first.

    Neither its address nor the search line of its entries is in it: a public card shows no server and no reviewer.
    """
    query = (
        select(CheckRuns)
        .where(
            CheckRuns.project_id == project_id, CheckRuns.check_name == "arena", col(CheckRuns.ended_at).is_not(None)
        )
        .order_by(col(CheckRuns.ended_at))
    )
    newest = {run.series: run for run in session.exec(query)}
    usable = [run for run in newest.values() if _is_usable(run.result)]
    ranked = sorted(usable, key=lambda run: (-run.result["score"], run.series))
    return [_line(run) for run in ranked[:_MOST_MODELS]]


def _is_usable(result: dict[str, Any]) -> bool:
    """Return whether the numbers are what the arena writes; those of an imported archive may be anything."""
    interval = result.get("interval")
    shares = [result.get("score"), *(interval if isinstance(interval, list) and len(interval) == 2 else [None])]
    counts = [result.get("questions"), result.get("own_answers")]
    return all(type(one) in (int, float) and 0 <= one <= 1 for one in shares) and all(
        type(one) is int and one >= 0 for one in counts
    )


def _line(run: CheckRuns) -> str:
    low, high = run.result["interval"]
    own = run.result["own_answers"]
    return (
        f"{one_line(run.series.split('@')[0])}: {_points(run.result['score'])} of 100 "
        f"(95% interval {_points(low)} to {_points(high)}) on {pluralize(run.result['questions'], 'question')}, "
        f"{run.ended_at:%Y-%m-%d}" + (f"; {own:,} of the stored answers are its own" if own else "")
    )


def _points(share: float) -> int:
    return round(share * 100)
