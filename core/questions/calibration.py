"""What a model's replies really used so far: better than any published rule."""

import re
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import LlmCalls
from core.llm.costs import ObservedTokens

# Only the newest calls are looked at: models change, and the ledger grows.
_LOOKED_AT, _USED = 2_000, 50
# What is seen in few replies is not all there is.
_MARGIN = 0.15
_CHARS_PER_TOKEN = 4.0
_PIECE = re.compile(r'"(question|answer)"\s*:')


@dataclass(frozen=True)
class Seen:
    """Ranges over *calls* replies of one model."""

    calls: int
    tokens: ObservedTokens
    seconds: float
    """Mean duration of a call."""


def seen(session: Session, model: str, *, fields: frozenset[str], pieces: int) -> Seen | None:
    """Return what earlier replies of this form used, for a reply of *pieces* questions or answers.

    *fields* says of what each piece of the reply consists: question, answer, or both.
    """
    newest = select(func.coalesce(func.max(LlmCalls.id), 0)).scalar_subquery()
    query = (
        select(LlmCalls)
        .where(
            col(LlmCalls.id) > newest - _LOOKED_AT, LlmCalls.model == model, LlmCalls.state == "ok",
            col(LlmCalls.prompt_tokens).is_not(None), col(LlmCalls.completion_tokens).is_not(None),
            col(LlmCalls.purpose).in_(("questions", "answers", "try-out")),
        )
        .order_by(col(LlmCalls.id).desc())
        .limit(_USED)
    )  # fmt: skip
    image, each, seconds = [], [], []
    for call in session.exec(query):
        found = _PIECE.findall(call.reply)
        if set(found) != fields or call.ended_at is None:
            continue
        text_tokens = len(call.prompt) / _CHARS_PER_TOKEN
        image.append(max((call.prompt_tokens or 0) - text_tokens, 0) / max(int(call.params.get("images", 1)), 1))
        each.append((call.completion_tokens or 0) * len(fields) / len(found))
        seconds.append((call.ended_at - call.started_at).total_seconds())
    if not image:
        return None
    tokens = ObservedTokens(_range(image), _range([one * pieces for one in each]))
    return Seen(len(image), tokens, sum(seconds) / len(seconds))


def _range(values: list[float]) -> tuple[float, float]:
    """Return the range of the mean that many more calls will have: around the one so far, wider when it varies."""
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    half = max(mean * _MARGIN, 2 * deviation / len(values) ** 0.5)
    return max(mean - half, 0.0), mean + half
