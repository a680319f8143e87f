"""The app without a browser has no visitor; Streamlit's stand-in for one has an address that is no text."""

import pytest
from streamlit.runtime.context import ContextProxy


@pytest.fixture(autouse=True)
def _visitor_at_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContextProxy, "ip_address", None)
