import pytest

from core.accounts.memberships import MembershipService
from core.accounts.roles import Role, lower_of, parse_role
from core.accounts.service import AccountService
from core.db import Accounts, Database, Projects
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.projects import ProjectService


@pytest.fixture
def memberships(db: Database) -> MembershipService:
    return MembershipService(db)


@pytest.fixture
def ana(db: Database) -> Accounts:
    return AccountService(db).create_account("Ana")


def test_who_creates_a_project_is_its_owner(db: Database, memberships: MembershipService, ana: Accounts) -> None:
    project = ProjectService(db).create_project("Shelf", owner_id=ana.id)
    assert [(member.account.name, member.role) for member in memberships.members(project.id)] == [("Ana", Role.OWNER)]
    assert memberships.roles_of(ana.id) == {project.id: Role.OWNER}


def test_members_are_listed_by_role_then_by_name(
    db: Database, project: Projects, memberships: MembershipService
) -> None:
    roles = {"zoe": Role.OWNER, "Ben": Role.VIEWER, "ana": Role.VIEWER, "ed": Role.EDITOR}
    for name, role in roles.items():
        memberships.set_role(project.id, AccountService(db).create_account(name).id, role)
    assert [member.account.name for member in memberships.members(project.id)] == ["zoe", "ed", "ana", "Ben"]


def test_the_last_owner_stays_one_unless_an_admin_says_otherwise(
    db: Database, project: Projects, memberships: MembershipService, ana: Accounts
) -> None:
    memberships.set_role(project.id, ana.id, Role.OWNER)
    for change in (
        lambda: memberships.set_role(project.id, ana.id, Role.EDITOR),
        lambda: memberships.remove_member(project.id, ana.id),
    ):
        with pytest.raises(ConflictError, match="last owner"):
            change()
    assert memberships.roles_of(ana.id) == {project.id: Role.OWNER}
    ben = AccountService(db).create_account("Ben")
    memberships.set_role(project.id, ben.id, Role.OWNER)
    memberships.set_role(project.id, ana.id, Role.EDITOR)
    assert memberships.remove_member(project.id, ben.id, by_admin=True) is Role.OWNER
    assert [member.role for member in memberships.members(project.id)] == [Role.EDITOR]


def test_what_does_not_exist_is_not_found(project: Projects, memberships: MembershipService, ana: Accounts) -> None:
    with pytest.raises(NotFoundError):
        memberships.set_role(project.id, "nobody", Role.VIEWER)
    with pytest.raises(NotFoundError):
        memberships.set_role("nowhere", ana.id, Role.VIEWER)
    with pytest.raises(NotFoundError):
        memberships.remove_member(project.id, ana.id)


def test_roles_are_read_and_compared_in_their_order() -> None:
    assert parse_role("editor") is Role.EDITOR
    assert lower_of(Role.OWNER, Role.VIEWER) is Role.VIEWER
    with pytest.raises(InvalidInputError, match="viewer, annotator, editor and owner"):
        parse_role("boss")
