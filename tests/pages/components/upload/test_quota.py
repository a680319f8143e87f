"""The quota of a project above its uploads."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.images.quota import Quota
from pages.components.upload import quota


def shown(monkeypatch: pytest.MonkeyPatch, limits: Quota) -> AppTest:
    class Library:
        def quota(self, _project_id: str) -> Quota:
            return limits

    class Fake:
        library = Library()

    monkeypatch.setattr(quota.page, "services", Fake)

    def script() -> None:
        from pages.components.upload import quota

        quota.show("any")

    at = AppTest.from_function(script, default_timeout=120).run()
    assert not at.exception
    return at


def test_a_project_without_a_quota_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    at = shown(monkeypatch, Quota(None, None, 5, 5))

    assert not at.get("progress")
    assert not at.warning


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Quota(4, None, 3, 10**6), "Quota of the project: 3 of 4 images"),
        (Quota(None, 2_000_000, 3, 1_500_000), "Quota of the project: 1.5 of 2.0 MB"),
        (Quota(1_000, 10**7, 10, 10**6), "Quota of the project: 10 of 1,000 images, 1.0 of 10.0 MB"),
    ],
)
def test_what_is_used_of_each_limit_is_said(monkeypatch: pytest.MonkeyPatch, limits: Quota, text: str) -> None:
    at = shown(monkeypatch, limits)
    bars: list[Any] = at.get("progress")

    assert [bar.proto.text for bar in bars] == [text]
    assert not at.warning


def test_a_full_project_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    at = shown(monkeypatch, Quota(4, None, 4, 0))

    assert [one.value for one in at.warning] == ["The project has no room for further images: 4 of 4 images."]
