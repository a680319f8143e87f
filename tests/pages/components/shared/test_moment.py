"""Points in time follow the time zone and the language of the browser."""

from datetime import UTC, datetime

import pytest

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
