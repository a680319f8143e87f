"""Limits per minute that hold for all processes of a PostgreSQL database, by the clock of its server.

The twin for one process is ``core/llm/rate_windows.py``. Nothing here takes part in the turns of writing transactions:
each call is a statement of its own, which holds a lock on the row of its limit alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, text

_TAKE = text(
    "SELECT * FROM rate_limit_take(:name, :requests, :tokens, CAST(:wanted AS bigint[]), :window_s, :bucket_s)"
)
_PAUSE = text(
    "INSERT INTO rate_limits AS known (id, paused_until) VALUES (:name, clock_timestamp() + :pause_s * interval '1 s')"
    " ON CONFLICT (id) DO UPDATE SET paused_until = greatest(known.paused_until, excluded.paused_until)"
)
_PAUSE_LEFT = text("SELECT extract(epoch FROM paused_until - clock_timestamp()) FROM rate_limits WHERE id = :name")


@dataclass(frozen=True)
class Granted:
    """What may be sent now: the first *calls* of those that were asked for."""

    calls: int
    wait_s: float
    """When it is worth asking for the next one; 0 when all were granted."""
    pause_s: float
    """How long nobody may send, because the provider said so; nothing is granted then."""


class ServerLimit:
    """One limit in the database; its name tells provider, address and key apart."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._name = name

    def take(
        self, requests: int | None, tokens: int | None, wanted: Sequence[int], *, window_s: float, bucket_s: float
    ) -> Granted:
        """Count calls of *wanted* tokens, as many as the limits allow, in their order; what is granted stays counted.

        Calls are counted for *window_s* and at most *bucket_s* longer.

        Args:
            requests: most calls in any window; None: any number.
            tokens: most tokens in any window; a single call of more is granted when nothing else is counted.

        Raises:
            DatabaseAwayError: the server does not answer; calls may have been counted.
        """
        values = {"name": self._name, "requests": requests, "tokens": tokens, "wanted": list(wanted)}
        with self._engine.connect() as connection:
            row = connection.execute(_TAKE, {**values, "window_s": window_s, "bucket_s": bucket_s}).one()
        return Granted(int(row.granted), row.wait_s, row.pause_s)

    def pause(self, pause_s: float) -> None:
        """Let no process send for *pause_s*; a longer pause that has begun stays.

        Raises:
            DatabaseAwayError: the server does not answer.
        """
        with self._engine.connect() as connection:
            connection.execute(_PAUSE, {"name": self._name, "pause_s": pause_s})

    def pause_left_s(self) -> float:
        """Return the seconds until the pause ends; 0 when there is none.

        Raises:
            DatabaseAwayError: the server does not answer.
        """
        with self._engine.connect() as connection:
            left_s = connection.execute(_PAUSE_LEFT, {"name": self._name}).scalar()
        return max(float(left_s or 0.0), 0.0)
