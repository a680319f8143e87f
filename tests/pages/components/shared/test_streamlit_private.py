"""Private names of Streamlit: each is there, or its fallback works."""

import dataclasses
from types import SimpleNamespace
from typing import cast

import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import SessionState

from pages.components.shared import streamlit_private


def _is_off(monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", True)
    streamlit_private.disable_pages_directory()
    return PagesManager.uses_pages_directory is False


def test_the_switch_of_the_pages_directory_is_where_it_was_seen() -> None:
    assert hasattr(PagesManager, "uses_pages_directory"), (
        f"PagesManager.uses_pages_directory, seen in Streamlit {streamlit_private.SEEN_IN}, is gone from "
        f"{st.__version__}. Vitrine calls st.navigation instead, which logs two warnings at the start. Look for the "
        "new name in streamlit/runtime/pages_manager.py and put it into streamlit_private.py."
    )


def test_the_pages_directory_is_disabled_by_the_switch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert _is_off(monkeypatch)
    assert caplog.records == []


def test_without_the_switch_the_public_navigation_disables_the_pages_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamlit_private, "hasattr", lambda *_: False, raising=False)
    assert _is_off(monkeypatch)


def test_the_page_of_streamlit_has_our_title_our_style_and_the_address_of_the_app_before_its_own_scripts() -> None:
    html = streamlit_private.page_html("b { color: red }")
    assert html is not None
    head = html.partition("</head>")[0]
    assert "<title>Vitrine</title>" in head
    assert "<style>b { color: red }</style>" in head
    assert "BACKEND_BASE_URL" in head


def test_without_the_page_of_streamlit_it_answers_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.file_util.get_static_dir", lambda: "/nowhere")
    assert streamlit_private.page_html("") is None


def test_the_run_of_a_script_is_where_it_was_seen() -> None:
    assert callable(getattr(ScriptRunner, "_run_script", None)), (
        f"ScriptRunner._run_script, seen in Streamlit {streamlit_private.SEEN_IN}, is gone from {st.__version__}. "
        "Without it a fragment that answers when its page is left leaves the next page empty."
    )


@pytest.mark.parametrize(
    ("fragments", "asked_on", "is_run"),
    [(["part"], "left", False), (["part"], "shown", True), (["part"], "", True), ([], "left", True)],
)
def test_only_fragments_of_a_page_that_was_left_are_not_run(
    monkeypatch: pytest.MonkeyPatch, fragments: list[str], asked_on: str, is_run: bool
) -> None:
    runs: list[RerunData] = []
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda _, data: runs.append(data))
    monkeypatch.setattr(
        streamlit_private, "get_script_run_ctx", lambda: SimpleNamespace(page_script_hash="shown", session_state=None)
    )
    streamlit_private.run_what_is_shown()
    asked = RerunData(fragment_id_queue=fragments, page_script_hash=asked_on)
    ScriptRunner._run_script(cast(ScriptRunner, None), asked)
    assert runs == ([asked] if is_run else [])


@pytest.mark.parametrize(
    ("states", "is_page_run"),
    [
        ([WidgetState(id="button of the page", trigger_value=True)], True),
        (
            [WidgetState(id="part", json_value="1"), WidgetState(id="component of the page", json_trigger_value="[]")],
            True,
        ),
        ([WidgetState(id="button of the part", trigger_value=True)], False),
        ([WidgetState(id="unknown button", trigger_value=True)], False),
        ([WidgetState(id="text of the page", string_value="a")], False),
        ([], False),
    ],
)
def test_what_is_pressed_outside_of_a_fragment_runs_the_page(
    monkeypatch: pytest.MonkeyPatch, states: list[WidgetState], is_page_run: bool
) -> None:
    known = {
        f"{kind} of the {where}": SimpleNamespace(fragment_id="part" if where == "part" else None)
        for kind in ("button", "component", "text") for where in ("page", "part")
    }  # fmt: skip
    session = SimpleNamespace(_state=SimpleNamespace(_new_widget_state=SimpleNamespace(widget_metadata=known)))
    runs: list[RerunData] = []
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda _, data: runs.append(data))
    context = SimpleNamespace(page_script_hash="shown", session_state=session)
    monkeypatch.setattr(streamlit_private, "get_script_run_ctx", lambda: context)
    streamlit_private.run_what_is_shown()
    asked = RerunData(fragment_id_queue=["part"], widget_states=WidgetStates(widgets=states))
    ScriptRunner._run_script(cast(ScriptRunner, None), asked)
    assert [run.fragment_id_queue for run in runs] == [[] if is_page_run else ["part"]]
    assert runs[0].widget_states == asked.widget_states


def test_the_fragment_of_a_widget_is_where_it_was_seen() -> None:
    assert "fragment_id" in {field.name for field in dataclasses.fields(WidgetMetadata)}
    assert isinstance(SessionState()._new_widget_state.widget_metadata, dict), (
        f"What Streamlit {streamlit_private.SEEN_IN} knows of widgets is gone from {st.__version__}. Without it a "
        "button of the page that is pressed in the moment in which a fragment sets its state does nothing."
    )


def test_without_what_is_known_of_widgets_fragments_are_run_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[RerunData] = []
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda _, data: runs.append(data))
    context = SimpleNamespace(page_script_hash="shown", session_state=object())
    monkeypatch.setattr(streamlit_private, "get_script_run_ctx", lambda: context)
    streamlit_private.run_what_is_shown()
    pressed = WidgetStates(widgets=[WidgetState(id="button", trigger_value=True)])
    asked = RerunData(fragment_id_queue=["part"], widget_states=pressed)
    ScriptRunner._run_script(cast(ScriptRunner, None), asked)
    assert runs == [asked]


def test_fragments_are_skipped_by_one_layer_however_often_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda *_: None)
    streamlit_private.run_what_is_shown()
    once = ScriptRunner._run_script
    streamlit_private.run_what_is_shown()
    assert ScriptRunner._run_script is once


def test_without_the_run_of_a_script_fragments_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ScriptRunner, "_run_script")
    streamlit_private.run_what_is_shown()
    assert not hasattr(ScriptRunner, "_run_script")
