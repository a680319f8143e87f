"""Cost calibration: what earlier replies of a model used, which is closer than the published rules."""

import re
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import LlmCalls
from core.llm.costs import ObservedTokens

# Only the newest ledger rows are read: models change, and the ledger grows.
_MAX_ROWS_BACK, _MAX_CALLS = 2_000, 50
# Widens every range: few replies do not show the whole spread.
_MARGIN = 0.15
_CHARS_PER_TOKEN = 4.0
_PIECE = re.compile(r'"(question|answer)"\s*:')


@dataclass(frozen=True)
class ObservedUsage:
    """What *calls* earlier replies of one model used."""

    calls: int
    tokens: ObservedTokens
    seconds: float
    """Mean duration of a call; 0 when all were in batches."""


def observed_usage(session: Session, model: str, *, fields: frozenset[str], pieces: int) -> ObservedUsage | None:
    """Return what earlier replies with the same fields used, scaled to *pieces*; None when there are none.

    Args:
        fields: The fields of each piece of the reply: "question", "answer" or both.
        pieces: How many questions or answers the next reply is to have.
    """
    newest = select(func.coalesce(func.max(LlmCalls.id), 0)).scalar_subquery()
    query = (
        select(LlmCalls)
        .where(
            col(LlmCalls.id) > newest - _MAX_ROWS_BACK, LlmCalls.model == model, LlmCalls.state == "ok",
            LlmCalls.request_hash != "",
            col(LlmCalls.prompt_tokens).is_not(None), col(LlmCalls.completion_tokens).is_not(None),
            col(LlmCalls.purpose).in_(("questions", "answers", "try-out")),
        )
        .order_by(col(LlmCalls.id).desc())
        .limit(_MAX_CALLS)
    )  # fmt: skip
    image, each, seconds = [], [], []
    for call in session.exec(query):
        found = _PIECE.findall(call.reply)
        if set(found) != fields or call.ended_at is None:
            continue
        text_tokens = len(call.prompt) / _CHARS_PER_TOKEN
        image.append(max((call.prompt_tokens or 0) - text_tokens, 0) / max(int(call.params.get("images", 1)), 1))
        each.append((call.completion_tokens or 0) * len(fields) / len(found))
        if "batch" not in call.params:
            seconds.append((call.ended_at - call.started_at).total_seconds())
    if not image:
        return None
    tokens = ObservedTokens(_range(image), _range([tokens * pieces for tokens in each]))
    return ObservedUsage(len(image), tokens, sum(seconds) / len(seconds) if seconds else 0.0)


def _range(values: list[float]) -> tuple[float, float]:
    """Return a confidence range of the mean: two standard errors, at least the margin."""
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    half = max(mean * _MARGIN, 2 * deviation / len(values) ** 0.5)
    return max(mean - half, 0.0), mean + half
