"""The tabs of a page and the address."""

import pytest
import streamlit as st

from pages.components.shared import tabs


@pytest.mark.parametrize(("chosen", "query"), [("Members", {"project": "p"}), ("Bin", {"project": "p", "tab": "Bin"})])
def test_the_address_names_the_open_tab_unless_it_is_the_first(
    chosen: str, query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = {"project": "p", "tab": "Guidelines"}
    monkeypatch.setattr(st, "query_params", address)
    monkeypatch.setattr(st, "session_state", {"tabs": {"chosen": chosen}})

    tabs._open("Members")

    assert address == query
