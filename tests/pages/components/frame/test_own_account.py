"""What a person can do with their account, under their name."""

import pytest

from core.accounts.actor import Actor
from core.runtime import runtime
from pages.components.frame import own_account
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

SECRET = "nine green bottles"


def test_without_an_account_there_is_nothing_to_do() -> None:
    assert read(draw(own_account.show, Actor())) == []


def test_who_has_a_password_can_change_it() -> None:
    account = services().accounts.create_account("ana", SECRET)
    at = draw(own_account.show, Actor("ana", account_id=account.id))
    assert {"own-password-old", "own-password-new"} <= controls(at).keys()
    assert not any("You sign in at" in line for line in read(at))
    at.text_input(key="own-password-old").set_value("wrong")
    at.text_input(key="own-password-new").set_value("ten red bottles")
    at.button(key="own-password-change").click().run()
    assert len(at.error) == 1
    at.text_input(key="own-password-old").set_value(SECRET)
    at.button(key="own-password-change").click().run()
    assert services().accounts.verify("ana", "ten red bottles")


@pytest.mark.parametrize(("provider", "named"), [("https://acme.example/x", "acme.example"), (None, "a provider")])
def test_who_signs_in_elsewhere_is_told_where(
    provider: str | None, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = services().accounts.create_account("ana")
    elsewhere = runtime.database.settings.model_copy(update={"oidc_issuer": provider})
    monkeypatch.setattr(runtime.database, "settings", elsewhere)
    at = draw(own_account.show, Actor("ana", account_id=account.id))
    assert f"You sign in at {named}." in read(at)
    assert "own-password-old" not in controls(at)
