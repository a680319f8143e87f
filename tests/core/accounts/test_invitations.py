from datetime import UTC, datetime, timedelta

import pytest

from core.accounts import invitations as module
from core.accounts.invitations import NOT_VALID, InvitationService
from core.accounts.memberships import MembershipService
from core.accounts.roles import Role
from core.accounts.service import AccountService
from core.db import Database, Projects
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.projects import ProjectService

SECRET = "nine green bottles"


@pytest.fixture
def invitations(db: Database) -> InvitationService:
    return InvitationService(db)


@pytest.mark.sqlite
def test_an_invitation_makes_one_account_with_its_role(
    db: Database, project: Projects, invitations: InvitationService
) -> None:
    made = invitations.invite(project_id=project.id, role=Role.ANNOTATOR, created_by="olga")
    assert made.secret.encode() not in (db.data_dir / "vitrine.db").read_bytes()
    assert invitations.find_open(made.secret).project_name == "Shelf"
    ana = invitations.accept(made.secret, "Ana", SECRET, "Ana Lima")
    assert (ana.name, ana.display_name, ana.is_admin) == ("Ana", "Ana Lima", False)
    assert MembershipService(db).roles_of(ana.id) == {project.id: Role.ANNOTATOR}
    with pytest.raises(NotFoundError, match=NOT_VALID):
        invitations.accept(made.secret, "Ben", SECRET)
    assert AccountService(db).find_account("Ben") is None
    assert invitations.get_invitation(made.row.id).used_by == ana.id


def test_used_expired_revoked_and_guessed_links_get_the_same_sentence(
    db: Database, project: Projects, invitations: InvitationService, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, revoked, of_a_deleted_project, expired = (
        invitations.invite(project_id=project.id, role=Role.VIEWER) for _ in range(4)
    )
    invitations.accept(used.secret, "Ana", SECRET)
    invitations.revoke(revoked.row.id)
    monkeypatch.setattr(module, "utc_now", lambda: datetime.now(UTC) + timedelta(days=7, seconds=1))
    sentences = {_sentence(invitations, expired.secret)}
    monkeypatch.undo()
    ProjectService(db).delete_project(project.id)
    secrets = (used.secret, revoked.secret, of_a_deleted_project.secret, "guessed", "\ud800", "")
    assert {*sentences, *(_sentence(invitations, secret) for secret in secrets)} == {NOT_VALID}


def test_a_link_of_somebody_who_is_no_owner_any_more_gives_nobody_the_project(
    db: Database, project: Projects, invitations: InvitationService
) -> None:
    accounts, memberships = AccountService(db), MembershipService(db)
    olga = accounts.create_account("olga")
    memberships.set_role(project.id, olga.id, Role.OWNER)
    made = invitations.invite(project_id=project.id, role=Role.OWNER, created_by="olga")
    assert invitations.list_open(project.id) == [made.row]
    memberships.set_role(project.id, olga.id, Role.VIEWER, by_admin=True)
    assert invitations.list_open(project.id) == []
    with pytest.raises(NotFoundError, match=NOT_VALID):
        invitations.join(made.secret, olga.id)
    accounts.set_admin(olga.id, True)
    assert invitations.find_open(made.secret).project_name == "Shelf"
    accounts.create_account("root", SECRET, is_admin=True)
    accounts.disable_account(olga.id)
    with pytest.raises(NotFoundError, match=NOT_VALID):
        invitations.accept(made.secret, "Mallory", SECRET)


def test_a_name_or_password_that_cannot_be_used_leaves_the_invitation_open(
    db: Database, invitations: InvitationService
) -> None:
    AccountService(db).create_account("Ana")
    made = invitations.invite(makes_admin=True)
    with pytest.raises(InvalidInputError):
        invitations.accept(made.secret, "Ben", "short")
    with pytest.raises(ConflictError):
        invitations.accept(made.secret, "ANA", SECRET)
    assert invitations.accept(made.secret, "Ben", SECRET).is_admin


def test_somebody_with_an_account_joins_and_no_role_is_lowered(
    db: Database, project: Projects, invitations: InvitationService
) -> None:
    ana, members = AccountService(db).create_account("Ana"), MembershipService(db)
    invitations.join(invitations.invite(project_id=project.id, role=Role.EDITOR).secret, ana.id)
    assert members.roles_of(ana.id) == {project.id: Role.EDITOR}
    invitations.join(invitations.invite(project_id=project.id, role=Role.VIEWER).secret, ana.id)
    assert members.roles_of(ana.id) == {project.id: Role.EDITOR}


def test_open_invitations_are_listed_by_project_and_can_be_taken_back(
    db: Database, project: Projects, invitations: InvitationService
) -> None:
    other = ProjectService(db).create_project("Other")
    here = invitations.invite(project_id=project.id, role=Role.VIEWER).row
    there = invitations.invite(project_id=other.id, role=Role.VIEWER).row
    assert {row.id for row in invitations.list_open()} == {here.id, there.id}
    assert [row.id for row in invitations.list_open(project.id)] == [here.id]
    invitations.revoke(here.id)
    assert invitations.list_open(project.id) == []
    with pytest.raises(NotFoundError):
        invitations.revoke(here.id)


def test_an_invitation_has_a_project_with_a_role_or_neither_and_an_end(
    project: Projects, invitations: InvitationService
) -> None:
    with pytest.raises(InvalidInputError):
        invitations.invite(project_id=project.id)
    with pytest.raises(InvalidInputError):
        invitations.invite(role=Role.VIEWER)
    for days in (0, 91):
        with pytest.raises(InvalidInputError):
            invitations.invite(days=days)
    with pytest.raises(NotFoundError):
        invitations.invite(project_id="nowhere", role=Role.VIEWER)
    row = invitations.invite().row
    assert row.expires_at - row.create_at == timedelta(days=7)


def _sentence(invitations: InvitationService, secret: str) -> str:
    with pytest.raises(NotFoundError) as raised:
        invitations.accept(secret, "Eve", SECRET)
    return str(raised.value)


@pytest.mark.parametrize("days", [1, 90])
def test_an_invitation_is_open_until_its_last_moment(
    invitations: InvitationService, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    made = invitations.invite(days=days)
    end, moment = made.row.expires_at, timedelta(microseconds=1)
    for now, is_open in ((end - moment, True), (end, False)):
        monkeypatch.setattr(module, "utc_now", lambda now=now: now)
        assert bool(invitations.list_open()) is is_open


def test_an_admin_stays_one_and_an_invitation_of_an_admin_makes_one(
    db: Database, project: Projects, invitations: InvitationService
) -> None:
    accounts = AccountService(db)
    root, ana = accounts.create_account("root", SECRET, is_admin=True), accounts.create_account("Ana")
    assert invitations.join(invitations.invite(project_id=project.id, role=Role.VIEWER).secret, root.id).is_admin
    assert not invitations.join(invitations.invite(project_id=project.id, role=Role.VIEWER).secret, ana.id).is_admin
    assert invitations.join(invitations.invite(makes_admin=True).secret, ana.id).is_admin
    with pytest.raises(NotFoundError, match="no such account"):
        invitations.join(invitations.invite().secret, "nobody")


def test_an_invitation_by_somebody_else_or_to_another_project_changes_nothing_for_this_one(
    db: Database, project: Projects, invitations: InvitationService
) -> None:
    accounts, memberships = AccountService(db), MembershipService(db)
    other = ProjectService(db).create_project("Other")
    olga, ben = accounts.create_account("olga"), accounts.create_account("Ben")
    memberships.set_role(other.id, olga.id, Role.OWNER)
    memberships.set_role(project.id, ben.id, Role.OWNER)
    assert [invitations.invite(project_id=project.id, role=Role.VIEWER, created_by=name) for name in ("olga", "Ben")]
    assert [row.created_by for row in invitations.list_open(project.id)] == ["Ben"]
    invitations.invite(makes_admin=True, created_by="Ben")  # whoever is no admin makes no admin
    assert [row.created_by for row in invitations.list_open()] == ["Ben"]


def test_a_deleted_project_has_no_new_invitations(
    db: Database, project: Projects, invitations: InvitationService
) -> None:
    ProjectService(db).delete_project(project.id)
    with pytest.raises(NotFoundError, match="This project does not exist"):
        invitations.invite(project_id=project.id, role=Role.VIEWER)
