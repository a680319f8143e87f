"""Components that are drawn without a browser."""

import pytest
import streamlit as st

from tests.pages.components.recording import RecordedComponents


@pytest.fixture
def components(monkeypatch: pytest.MonkeyPatch) -> RecordedComponents:
    recorded = RecordedComponents()
    monkeypatch.setattr(st.components.v2, "component", recorded)
    return recorded
