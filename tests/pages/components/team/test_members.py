"""How members, invitations and the own review are said."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from core.accounts.roles import Role
from pages.components.curate import own_review, sent_back
from pages.components.shared import people
from pages.components.team import invitations, members, progress
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


def test_a_member_is_named_in_full_and_a_disabled_account_is_told() -> None:
    named = [
        members._name(SimpleNamespace(account=SimpleNamespace(name="ana", display_name=full, disabled_at=disabled)))  # type: ignore[arg-type]
        for full, disabled in (("", None), ("Ana Lima", None), ("Ana Lima", AT), ("", AT))
    ]
    assert named == ["ana", "ana (Ana Lima)", "ana (Ana Lima), disabled", "ana, disabled"]


@pytest.mark.parametrize(
    ("of", "row", "said"),
    [
        ("p", {}, "Editor, made by Ada, valid until 2026-05-01 09:00 UTC"),
        ("p", {"created_by": ""}, "Editor, valid until 2026-05-01 09:00 UTC"),
        (None, {"role": None, "project_id": None}, "Account, made by Ada, valid until 2026-05-01 09:00 UTC"),
        (None, {"makes_admin": True, "project_id": None}, "Admin, made by Ada, valid until 2026-05-01 09:00 UTC"),
        (None, {}, "Editor of a deleted project, made by Ada, valid until 2026-05-01 09:00 UTC"),
    ],
    ids=["to the project", "by nobody", "to the server", "for an admin", "to another project"],
)
def test_an_invitation_says_what_it_makes_of_whom_and_until_when(
    of: str | None, row: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"id": "i", "role": Role.EDITOR, "project_id": "p", "makes_admin": False, "created_by": "Ada", **row}
    found = SimpleNamespace(list_open=lambda _id: [SimpleNamespace(**given, expires_at=AT)])
    monkeypatch.setattr(people, "services", lambda *_act: SimpleNamespace(invitations=found))
    at = draw(invitations.show, of)
    assert read(at) == ["[Make a link]", said, "[Take back]"]
    shown = controls(at)
    assert shown[f"invite-days-{of or 'server'}"] == "number_input Valid for days | value 7 | min 1 max 90 step 1"
    assert ("invite-role-p" in shown) is (of is not None)


@pytest.mark.parametrize(
    ("changed", "is_drawn"),
    [({}, False), ({"total": 1}, True), ({"sent_back": 1}, True), ({"second_waiting": 1}, True)],
)
def test_the_own_review_is_shown_to_who_has_decided_or_has_something_to_decide(
    changed: dict[str, int], is_drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = SimpleNamespace(**{"total": 0, "sent_back": 0, "second_waiting": 0, **changed})
    monkeypatch.setattr(services().checks.people, "progress_of", lambda *_of: own)
    monkeypatch.setattr(progress, "sentences", lambda _own: ["2 decided"])
    monkeypatch.setattr(sent_back, "link", lambda *_of: None)
    link = ["[Second reviews for you: 1 -> curate?q=second%3AAda]"] if own.second_waiting else []
    assert read(draw(own_review.cell, "p", "Ada")) == (["Your review", "2 decided", *link] if is_drawn else [])


def test_somebody_without_a_name_has_no_review_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    own = SimpleNamespace(second_waiting=0)
    monkeypatch.setattr(services().checks.people, "progress_of", lambda *_of: own)
    monkeypatch.setattr(progress, "sentences", lambda _own: ["2 decided"])
    for person, lines in (("local", []), ("Ada", ["2 decided"])):
        at = draw(own_review.menu, "p", person)
        assert read(at) == []
        at.session_state["own-review"] = True
        assert read(at.run()) == lines
