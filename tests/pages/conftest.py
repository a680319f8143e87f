"""AppTest has no visitor: its mocked runtime returns an IP address that is not a string, so it is set to None here."""

import pytest
from streamlit.runtime.context import ContextProxy

from pages.components.shared import folded, later


@pytest.fixture(autouse=True)
def _local_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContextProxy, "ip_address", None)


@pytest.fixture(autouse=True)
def _everything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser opens an expander or says that it has painted the page."""
    monkeypatch.setattr(folded, "WAITS", False)
    monkeypatch.setattr(later, "WAITS", False)
