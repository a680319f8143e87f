"""How people are named, and the link of an invitation."""

import pytest
from streamlit.runtime.context import ContextProxy

from pages.components.shared import people


def test_somebody_without_a_name_is_the_local_user() -> None:
    assert [people.shown("local"), people.shown("Ada")] == ["Local user", "Ada"]
    assert [people.by("local"), people.by("Ada")] == ["by the local user", "by Ada"]


def test_an_invitation_leads_to_the_server_as_the_visitor_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContextProxy, "url", "https://vitrine.example:8443/team?project=p")
    assert people.invitation_link("s") == "https://vitrine.example:8443/access/invitation/s"
    monkeypatch.setattr(ContextProxy, "url", None)
    assert people.invitation_link("s") == ":///access/invitation/s"
