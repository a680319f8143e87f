"""The drop zone: its data, and the outcomes of the latest drop until they are dismissed."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.importing.upload import Upload
from pages.components.shared import page
from pages.components.upload import drop
from tests.pages.components.recording import RecordedComponents

FINISHED = {"counts": {"added": 2}, "rows": [{"name": "a.txt"}], "seconds": 1.5, "at": 1000}


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", kept)
    settings = SimpleNamespace(max_upload_bytes=77)
    monkeypatch.setattr(page, "services", lambda: SimpleNamespace(db=SimpleNamespace(settings=settings)))
    return kept


def _show(*unfinished: Upload, compact: bool = False) -> drop.Dropped | None:
    return drop.show("p", "Drop images", unfinished, compact=compact, on_drop=lambda: None)


def test_the_zone_knows_its_project_limit_and_unfinished_uploads(
    state: dict[str, Any], components: RecordedComponents
) -> None:
    assert _show(compact=True) is None

    data = components.data["vitrine_drop"]
    assert data.pop("token")
    assert state == {}
    assert data == {
        "url": "/api/projects/p/images", "uploadsUrl": "/uploads", "projectId": "p", "hint": "Drop images",
        "compact": True, "maxBytes": 77, "unfinished": [], "finished": False, "dismissed": 0,
    }  # fmt: skip


def test_the_outcomes_of_a_drop_are_shown_until_they_are_dismissed(
    state: dict[str, Any], components: RecordedComponents
) -> None:
    components.reports = {"finished": FINISHED}
    state["drop-p"] = {"finished": FINISHED}

    assert _show() == drop.Dropped({"added": 2}, [{"name": "a.txt"}], 1.5, 1000)
    assert components.data["vitrine_drop"]["finished"] is True
    drop.dismiss("p")
    assert _show() is None
    assert components.data["vitrine_drop"]["dismissed"] == 1000
    components.reports = {"finished": FINISHED | {"at": 1001}}
    assert _show() is not None


def test_outcomes_without_a_time_are_shown_and_nothing_is_dismissed_before_a_drop(
    state: dict[str, Any], components: RecordedComponents
) -> None:
    drop.dismiss("p")
    assert state == {}
    components.reports = {"finished": {name: FINISHED[name] for name in ("counts", "rows", "seconds")}}

    shown = _show()

    assert shown is not None
    assert shown.at_ms == 0
