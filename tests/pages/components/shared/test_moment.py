"""Points in time follow the time zone and the language of the browser."""

from datetime import UTC, date, datetime, timedelta

import pytest
from streamlit.runtime.context import ContextProxy

from pages.components.shared import moment

AT = datetime(2026, 11, 28, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_zone", "locale", "shown"),
    [
        ("America/New_York", "en-US", "Nov 28, 2026, 6:05 PM"),
        ("Europe/Istanbul", "tr-TR", "29 Nov 2026, 02:05"),
        ("Asia/Shanghai", "zh-CN", "2026-11-29 07:05"),
        ("Europe/London", "en-GB", "28 Nov 2026, 23:05"),
        ("America/Toronto", "en-CA", "2026-11-28 18:05"),
        ("Australia/Sydney", "en-AU", "29 Nov 2026, 10:05 AM"),
        (None, None, "2026-11-28 23:05 UTC"),
        ("Mars/Olympus", "de-DE", "28 Nov 2026, 23:05 UTC"),
        ("../etc/passwd", None, "2026-11-28 23:05 UTC"),
    ],
)
def test_a_time_is_shown_as_the_browser_would(time_zone: str | None, locale: str | None, shown: str) -> None:
    assert moment.exact(AT, time_zone, locale) == shown


def test_midnight_and_noon_have_twelve_hours() -> None:
    assert moment.exact(datetime(2026, 1, 2, 0, 0, tzinfo=UTC), "UTC", "en-US") == "Jan 2, 2026, 12:00 AM"
    assert moment.exact(datetime(2026, 1, 2, 12, 0, tzinfo=UTC), "UTC", "en-US") == "Jan 2, 2026, 12:00 PM"


def test_a_day_is_the_day_of_the_browser() -> None:
    assert moment.exact(AT, "Europe/Istanbul", "tr-TR", has_time=False) == "29 Nov 2026"


def test_what_is_less_than_a_day_old_is_said_by_its_age() -> None:
    ages = [(0, "just now"), (59, "just now"), (60, "1 min ago"), (3599, "59 min ago"), (7200, "2 h ago")]
    assert [moment.ago(AT, AT + timedelta(seconds=age_s)) for age_s, _ in ages] == [words for _, words in ages]
    assert moment.ago(AT, AT + timedelta(days=1)) == "2026-11-28 23:05 UTC"
    assert moment.ago(AT, AT - timedelta(minutes=2)) == "2026-11-28 23:05 UTC"


def test_a_day_begins_at_midnight_of_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContextProxy, "timezone", "Europe/Istanbul")
    assert moment.begin(date(2026, 11, 29)) == datetime(2026, 11, 28, 21, tzinfo=UTC)
