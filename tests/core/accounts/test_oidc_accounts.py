"""People of a provider: what its claims say of them, and what their groups give and take."""

from typing import Any

import pytest

from core.accounts.invitations import InvitationService
from core.accounts.memberships import MembershipService
from core.accounts.oidc_accounts import OidcAccounts
from core.accounts.oidc_identity import Identity, read_identity
from core.accounts.roles import Role
from core.accounts.service import AccountService
from core.audit import AuditFilter, AuditService
from core.config import load_settings
from core.db import Database, Projects
from core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from core.projects import ProjectService
from tests.oidc import ISSUER, SETTINGS


@pytest.fixture(autouse=True)
def _provider(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


def _ana(*groups: str) -> Identity:
    return Identity(ISSUER, "7f", "ana", groups=frozenset(groups))


@pytest.mark.parametrize("subject", [None, 7, "", "x" * 256])
def test_claims_without_a_usable_id_name_nobody(subject: object) -> None:
    with pytest.raises(InvalidInputError, match="did not say who signed in"):
        read_identity({"sub": subject}, load_settings())
    assert read_identity({"sub": "x" * 255}, load_settings()).subject == "x" * 255


@pytest.mark.parametrize(
    ("claims", "name", "display_name", "email"),
    [
        ({"preferred_username": "ana", "name": "Ana Lima", "email": "A@b.example"}, "ana", "Ana Lima", ""),
        ({"email": "A@b.example", "email_verified": True, "name": "Ana"}, "A@b.example", "Ana", "a@b.example"),
        ({"email": "A@b.example", "email_verified": "true"}, "A@b.example", "", "a@b.example"),
        ({"email": "A@b.example", "email_verified": "yes"}, "A@b.example", "", ""),
        ({"name": " Ana \u202e  Lima "}, "Ana Lima", "Ana Lima", ""),
        ({}, "7f", "", ""),
        ({"preferred_username": 7, "name": "x" * 61}, "x" * 60, "x" * 60, ""),
    ],
)
def test_a_person_is_called_by_the_first_claim_that_names_them(
    claims: dict[str, Any], name: str, display_name: str, email: str
) -> None:
    found = read_identity({"sub": "7f", **claims}, load_settings())
    assert (found.issuer, found.subject) == (ISSUER, "7f")
    assert (found.name, found.display_name, found.email) == (name, display_name, email)


@pytest.mark.parametrize(
    ("claim", "claims", "groups"),
    [
        ("groups", {"groups": ["a", 1]}, {"a", "1"}), ("groups", {"groups": "a"}, {"a"}),
        ("groups", {"groups": []}, set()), ("groups", {}, None), ("groups", {"groups": 7}, None),
        ("realm.roles", {"realm": {"roles": ["a"]}}, {"a"}), ("realm.roles", {"realm.roles": ["b"]}, {"b"}),
        ("realm.roles", {"realm": ["a"]}, None),
    ],
)  # fmt: skip
def test_groups_are_found_by_the_name_of_their_claim(
    monkeypatch: pytest.MonkeyPatch, claim: str, claims: dict[str, Any], groups: set[str] | None
) -> None:
    monkeypatch.setenv("VITRINE_OIDC_GROUPS_CLAIM", claim)
    assert read_identity({"sub": "7f", **claims}, load_settings()).groups == groups


def test_groups_give_and_take_roles_and_the_audit_says_that_it_was_them(db: Database, project: Projects) -> None:
    db.settings = load_settings().model_copy(
        update={"oidc_roles": {"leads": {project.name: "owner"}, "team": {project.name: "viewer"}, "admins": "admin"}}
    )
    people, memberships = OidcAccounts(db), MembershipService(db)
    ana = people.sign_in(_ana("leads", "team"))
    assert memberships.roles_of(ana.id) == {project.id: Role.OWNER}
    people.renew(ana.id, _ana("team"))
    assert memberships.roles_of(ana.id) == {project.id: Role.VIEWER}
    assert people.renew(ana.id, _ana("admins")).is_admin
    assert memberships.roles_of(ana.id) == {}
    assert not people.renew(ana.id, _ana()).is_admin
    people.renew(ana.id, Identity(ISSUER, "7f", "ana"))  # the provider did not say which
    acts = [
        (act.act, act.details.get("role"), act.details.get("by_groups"))
        for act in reversed(AuditService(db).find(AuditFilter(object_id=ana.id)).items)
    ]
    assert acts == [
        ("account.create", None, None), ("member.set", "owner", True), ("member.set", "viewer", True),
        ("account.change", None, True), ("member.remove", "viewer", True), ("account.change", None, True),
    ]  # fmt: skip


def test_what_people_gave_stays_without_the_groups(db: Database, project: Projects) -> None:
    db.settings = load_settings().model_copy(update={"oidc_roles": {"leads": {project.name: "owner"}}})
    ana = OidcAccounts(db).sign_in(_ana("leads"))
    MembershipService(db).set_role(project.id, ana.id, Role.EDITOR, by_admin=True)
    OidcAccounts(db).sign_in(_ana("leads"))
    OidcAccounts(db).sign_in(_ana())
    assert MembershipService(db).roles_of(ana.id) == {project.id: Role.EDITOR}
    AccountService(db).set_admin(ana.id, True)
    assert OidcAccounts(db).sign_in(_ana()).is_admin


def test_a_renewal_for_another_person_or_by_nobody_admitted_is_refused(db: Database) -> None:
    ana = OidcAccounts(db).sign_in(_ana("guests"))
    for other in (Identity(ISSUER, "8a", "ana"), Identity("https://other.example", "7f", "ana")):
        with pytest.raises(ForbiddenError, match="not connected with this person"):
            OidcAccounts(db).renew(ana.id, other)
    with pytest.raises(ForbiddenError, match="eve has no account here"):
        OidcAccounts(db).sign_in(Identity(ISSUER, "9c", "eve", groups=frozenset({"strangers"})))


@pytest.mark.parametrize(
    ("email", "groups", "is_admitted"),
    [
        ("ana@example.org", None, True), ("ana@lab.example.org", None, False), ("ana@other.org", None, False),
        ("", None, False), ("", {"leads"}, True), ("ana@other.org", {"strangers"}, False),
        ("ana@example.org", {"strangers"}, True),
    ],
)  # fmt: skip
def test_a_group_with_a_role_or_a_domain_of_addresses_lets_a_person_in(
    db: Database, email: str, groups: set[str] | None, is_admitted: bool
) -> None:
    db.settings = load_settings().model_copy(
        update={"oidc_roles": {"leads": {"Shelf": "owner"}}, "oidc_email_domains": ["example.org"]}
    )
    ana = Identity(ISSUER, "7f", "ana", email=email, groups=None if groups is None else frozenset(groups))
    if is_admitted:
        assert OidcAccounts(db).sign_in(ana).name == "ana"
        return
    with pytest.raises(ForbiddenError, match="ana has no account here"):
        OidcAccounts(db).sign_in(ana)


def test_the_name_of_another_account_proves_nothing(db: Database) -> None:
    AccountService(db).create_account("ANA")
    with pytest.raises(ConflictError, match="vitrine user connect ana 7f"):
        OidcAccounts(db).sign_in(_ana("leads"))


def test_an_invitation_lets_a_person_in_and_gives_its_role_also_to_an_admin(db: Database, project: Projects) -> None:
    def invited(**what: Any) -> str:
        return InvitationService(db).invite(**what).secret

    ana = Identity(ISSUER, "7f", "ana")
    assert not OidcAccounts(db).sign_in(ana, invited(project_id=project.id, role=Role.EDITOR)).is_admin
    assert OidcAccounts(db).sign_in(ana, invited(makes_admin=True)).is_admin
    found = OidcAccounts(db).sign_in(ana, invited(project_id=project.id, role=Role.OWNER))
    assert (found.is_admin, MembershipService(db).roles_of(found.id)) == (True, {project.id: Role.OWNER})
    with pytest.raises(NotFoundError):
        OidcAccounts(db).sign_in(ana, "guessed")


def test_groups_take_only_what_they_gave(db: Database, project: Projects) -> None:
    other = ProjectService(db).create_project("Other")
    db.settings = load_settings().model_copy(update={"oidc_roles": {"leads": {other.id: "editor"}}})
    ana = OidcAccounts(db).sign_in(_ana("leads"))
    MembershipService(db).set_role(project.id, ana.id, Role.VIEWER)
    assert MembershipService(db).roles_of(ana.id) == {project.id: Role.VIEWER, other.id: Role.EDITOR}
    OidcAccounts(db).sign_in(_ana())
    assert MembershipService(db).roles_of(ana.id) == {project.id: Role.VIEWER}
