import pytest

from core import password
from core.access import SignInService
from core.accounts.service import AccountService, find_connected, name_key
from core.accounts.tries import FORGET_AFTER_S, PasswordTries
from core.audit import AuditFilter, AuditService
from core.db import Accounts, Database
from core.errors import ConflictError, InvalidInputError, NotFoundError, TooManyTriesError
from tests.oidc import ISSUER

SECRET = "nine green bottles"


@pytest.fixture
def accounts(db: Database) -> AccountService:
    return AccountService(db)


def test_a_name_is_taken_whatever_its_case_and_its_form(accounts: AccountService) -> None:
    made = accounts.create_account("  Ana   Lima ", SECRET)
    assert made.name == "Ana Lima"
    for same in ("ana lima", "ANA LIMA", "\uff21na Lima"):  # a full-width A
        with pytest.raises(ConflictError, match="already"):
            accounts.create_account(same, SECRET)
        found = accounts.find_account(same)
        assert found is not None
        assert found.id == made.id


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 61, "a\0b", "a\u202eb", "local", "LINK", "Ana\u034f", "Ana\u115f", "\u2800", "\u0410na"]
)
def test_a_name_that_cannot_be_used_is_refused(accounts: AccountService, name: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        accounts.create_account(name, SECRET)
    assert raised.value.field == "name"


@pytest.mark.parametrize(
    "name", ["Zo\u00eb M\u00fcller-2", "\u0410\u043d\u043d\u0430 (lab)", "\u5c71\u7530", "\u041e\u043b\u044f Ruiz"]
)
def test_a_name_of_any_alphabet_can_be_used(accounts: AccountService, name: str) -> None:
    assert accounts.create_account(name, SECRET).name == name


@pytest.mark.sqlite
def test_a_password_is_stored_as_a_hash_and_checked(db: Database, accounts: AccountService) -> None:
    ana = accounts.create_account("Ana", SECRET)
    assert SECRET.encode() not in (db.data_dir / "vitrine.db").read_bytes()
    found = accounts.verify("ana", SECRET)
    assert found is not None
    assert found.id == ana.id
    assert accounts.verify("ana", SECRET + " ") is None
    assert accounts.verify("nobody", SECRET) is None


def test_the_same_characters_in_another_encoding_are_the_same_password(accounts: AccountService) -> None:
    accounts.create_account("Ana", "caf\u00e9 au lait")
    assert accounts.verify("Ana", "cafe\u0301 au lait") is not None


def test_an_unknown_name_costs_one_hash_as_a_known_one_does(
    accounts: AccountService, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.create_account("Ana", SECRET)
    accounts.create_account("Omar")  # no password
    costs: list[str] = []
    real_matches, real_wait = password.matches, password.take_as_long
    monkeypatch.setattr(password, "matches", lambda *args: costs.append("hash") or real_matches(*args))
    monkeypatch.setattr(password, "take_as_long", lambda *args: costs.append("hash") or real_wait(*args))
    for name in ("Ana", "Omar", "nobody"):
        accounts.verify(name, "wrong wrong wrong")
    assert costs == ["hash"] * 3


def test_a_hash_of_other_parameters_is_replaced_at_the_next_sign_in(
    db: Database, accounts: AccountService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as weaker:
        weaker.setattr(password, "MEMORY_KIB", 1024)
        ana = accounts.create_account("Ana", SECRET)
    assert "m=1024," in str(ana.password_hash)
    assert accounts.verify("Ana", "wrong wrong wrong") is None
    assert "m=1024," in str(accounts.get_account(ana.id).password_hash)
    checked = accounts.verify("Ana", SECRET)
    assert checked is not None
    assert "m=19456," in str(accounts.get_account(ana.id).password_hash)
    SignInService(db).start("Ana", checked)  # the account is not out of date because of it


def test_whatever_changes_the_access_of_an_account_ends_its_sessions_and_no_others(
    db: Database, accounts: AccountService
) -> None:
    ana, ben = accounts.create_account("Ana", SECRET), accounts.create_account("Ben", SECRET, is_admin=True)
    sign_ins = SignInService(db)
    stays = sign_ins.start("Ben", ben)
    for change in (
        lambda: accounts.set_password(ana.id, SECRET),
        lambda: accounts.change_password(ana.id, SECRET, "another good one"),
        lambda: accounts.sign_out_everywhere(ana.id),
        lambda: accounts.disable_account(ana.id),
    ):
        session = sign_ins.start("Ana", accounts.get_account(ana.id))
        change()
        assert sign_ins.find(session.id) is None
        assert sign_ins.find(stays.id) is not None


def test_a_sign_in_that_was_checked_before_a_change_does_not_start(db: Database, accounts: AccountService) -> None:
    accounts.create_account("Ben", SECRET, is_admin=True)
    ana = accounts.create_account("Ana", SECRET)
    checked = accounts.verify("Ana", SECRET)
    accounts.set_password(ana.id, "another good one")
    with pytest.raises(ConflictError):
        SignInService(db).start("Ana", checked)
    checked = accounts.verify("Ana", "another good one")
    accounts.disable_account(ana.id)
    with pytest.raises(ConflictError):
        SignInService(db).start("Ana", checked)


def test_the_present_password_is_needed_for_another_one(accounts: AccountService) -> None:
    ana = accounts.create_account("Ana", SECRET)
    with pytest.raises(InvalidInputError) as raised:
        accounts.change_password(ana.id, "wrong wrong wrong", "another good one")
    assert raised.value.field == "old_password"
    assert accounts.verify("Ana", SECRET) is not None


def test_an_admin_who_can_sign_in_always_remains(accounts: AccountService) -> None:
    root = accounts.create_account("root", SECRET, is_admin=True)
    accounts.create_account("cannot sign in", is_admin=True)
    for change in (lambda: accounts.disable_account(root.id), lambda: accounts.set_admin(root.id, False)):
        with pytest.raises(ConflictError, match="last admin"):
            change()
    stored = accounts.get_account(root.id)
    assert (stored.is_admin, stored.disabled_at) == (True, None)
    second = accounts.create_account("second", SECRET, is_admin=True)
    accounts.disable_account(root.id)
    with pytest.raises(ConflictError):
        accounts.disable_account(second.id)
    accounts.enable_account(root.id)
    accounts.set_admin(second.id, False)


def test_accounts_are_listed_by_name_and_counted(accounts: AccountService) -> None:
    accounts.create_account("Zoe", SECRET, is_admin=True)
    ana = accounts.create_account("ana")
    accounts.create_account("Ben")
    accounts.disable_account(ana.id)
    assert [account.name for account in accounts.list_accounts()] == ["ana", "Ben", "Zoe"]
    counts = accounts.counts()
    assert (counts.active, counts.admins) == (2, 1)


def test_an_account_that_does_not_exist_is_not_found(accounts: AccountService) -> None:
    for act in (accounts.get_account, accounts.disable_account, accounts.enable_account, accounts.named):
        with pytest.raises(NotFoundError):
            act("nobody")


def test_names_are_compared_by_their_key() -> None:
    assert name_key(" Stra\u00dfe  1") == name_key("STRASSE 1") == "strasse 1"
    assert isinstance(Accounts(name="a", name_key="a").id, str)


def test_the_present_password_can_be_guessed_five_times_then_waits_get_longer(
    db: Database, accounts: AccountService, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [1_000.0]
    monkeypatch.setattr(PasswordTries, "clock", staticmethod(lambda: now_s[0]))
    ana, ben = (accounts.create_account(name, SECRET) for name in ("Ana", "Ben"))

    def waits_s(old: str = "wrong") -> int:
        try:
            accounts.change_password(ana.id, old, "another good one")
        except InvalidInputError:
            return 0
        except TooManyTriesError as error:
            return error.retry_after_s
        raise AssertionError("the password was right")

    assert [waits_s() for _ in range(6)] == [0, 0, 0, 0, 0, 2]
    now_s[0] += 2
    assert [waits_s(), waits_s(SECRET)] == [0, 4]
    accounts.change_password(ben.id, SECRET, "another good one")  # another account does not wait
    now_s[0] += FORGET_AFTER_S + 1
    assert [waits_s() for _ in range(5)] == [0] * 5
    now_s[0] += 2
    accounts.change_password(ana.id, SECRET, "another good one")
    assert waits_s() == 0


def test_a_person_of_a_provider_signs_in_to_one_account(db: Database, accounts: AccountService) -> None:
    ana, ben = accounts.create_account("Ana", SECRET), accounts.create_account("Ben", SECRET)
    session = SignInService(db).start("Ana", ana)

    def connected_to(subject: str, issuer: str = ISSUER) -> str | None:
        with db.reading() as reading:
            found = find_connected(reading, issuer, subject)
        return found.name if found is not None else None

    assert accounts.connect(ana.id, ISSUER, "7f").oidc_subject == "7f"
    assert accounts.connect(ana.id, ISSUER, "7f").oidc_issuer == ISSUER  # once more changes nothing
    assert SignInService(db).find(session.id) is None
    with pytest.raises(ConflictError, match=r"signs in to the account Ana\. Disconnect that one first"):
        accounts.connect(ben.id, ISSUER, "7f")
    accounts.connect(ben.id, ISSUER, "8a")
    assert (connected_to("7f"), connected_to("8a"), connected_to("9b")) == ("Ana", "Ben", None)
    assert connected_to("7f", "https://other.example") is None

    gone = accounts.connect(ana.id, ISSUER, None)
    assert (gone.oidc_issuer, gone.oidc_subject, connected_to("7f")) == (None, None, None)
    accounts.connect(ben.id, ISSUER, "7f")
    changes = AuditService(db).find(AuditFilter(act="account.change")).items
    assert [act.details["connected"] for act in changes] == [True, False, True, True, True]


def test_the_last_admin_keeps_a_way_to_sign_in(accounts: AccountService) -> None:
    root = accounts.create_account("root", is_admin=True)
    accounts.connect(root.id, ISSUER, "7f")
    with pytest.raises(ConflictError, match="last admin"):
        accounts.connect(root.id, ISSUER, None)
    assert accounts.get_account(root.id).oidc_subject == "7f"
    other = accounts.create_account("other")
    accounts.connect(other.id, ISSUER, "8a")
    assert accounts.connect(other.id, ISSUER, None).oidc_subject is None  # no admin: nothing is lost
