"""AppTest has no visitor: its mocked runtime returns an IP address that is not a string, so it is set to None here."""

import pytest
from streamlit.runtime.context import ContextProxy


@pytest.fixture(autouse=True)
def _local_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContextProxy, "ip_address", None)
