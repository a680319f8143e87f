"""Points in time as the visitor's browser shows them: in its time zone, in the order of its language."""

from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

# Languages that write year, month, day; with a region, only there.
_YEAR_FIRST = {"zh", "ja", "ko", "hu", "lt", "sv", "en-CA", "fr-CA"}
_TWELVE_HOURS = {"en-US", "en-PH", "en-AU", "en-NZ", "en-IN"}
_MONTH_FIRST = {"en-US", "en-PH"}


def text(at: datetime, *, has_seconds: bool = False) -> str:
    """Return day and time: "Nov 28, 2026, 2:05 PM", "28 Nov 2026, 14:05" or "2026-11-28 14:05"."""
    return exact(at, st.context.timezone, st.context.locale, has_seconds=has_seconds)


def ago(at: datetime, now: datetime | None = None) -> str:
    """Return how long ago it was, "just now", "3 min ago" or "5 h ago"; day and time of what is a day old or older."""
    past_s = ((now or datetime.now(UTC)) - at).total_seconds()
    if not -60 < past_s < 86_400:  # clocks of two machines differ by a few seconds
        return text(at)
    if past_s < 60:
        return "just now"
    return f"{past_s // 60:.0f} min ago" if past_s < 3600 else f"{past_s // 3600:.0f} h ago"


def day(at: datetime) -> str:
    """Return the day: "Nov 28, 2026", "28 Nov 2026" or "2026-11-28"."""
    return exact(at, st.context.timezone, st.context.locale, has_time=False)


def begin(of_day: date) -> datetime:
    """Return when a day begins in the time zone of the browser."""
    return datetime.combine(of_day, time(), _zone(st.context.timezone or "") or UTC).astimezone(UTC)


def exact(
    at: datetime, time_zone: str | None, locale: str | None, *, has_time: bool = True, has_seconds: bool = False
) -> str:
    """Return *at* for a browser with *time_zone* and *locale*; in UTC, which is said, for one that tells neither."""
    zone = _zone(time_zone or "")
    local = at.astimezone(zone or UTC)
    seconds = f":{local:%S}" if has_seconds else ""
    locale = locale or ""
    if not locale or {locale, locale.partition("-")[0]} & _YEAR_FIRST:
        shown, clock = f"{local:%Y-%m-%d}", f" {local:%H:%M}{seconds}"
    else:
        month = f"{local:%b}"
        shown = f"{month} {local.day}, {local.year}" if locale in _MONTH_FIRST else f"{local.day} {month} {local.year}"
        hour = f"{local.hour % 12 or 12}:{local:%M}{seconds} {'AM' if local.hour < 12 else 'PM'}"
        clock = f", {hour if locale in _TWELVE_HOURS else f'{local:%H:%M}{seconds}'}"
    return shown + (clock + ("" if zone else " UTC") if has_time else "")


@cache
def _zone(name: str) -> ZoneInfo | None:
    """Return the time zone; None for a name that this machine does not know."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
