from collections.abc import Callable

import pytest

from core.accounts.access import AccessService
from core.accounts.actor import Actor
from core.accounts.memberships import MembershipService
from core.accounts.permissions import LOWEST_ROLE, Act, allows
from core.accounts.roles import Role
from core.accounts.service import AccountService
from core.db import Database, Projects
from core.errors import ForbiddenError, NotFoundError
from core.projects import ProjectService

Person = Callable[..., Actor]
SECRET = "nine green bottles"


@pytest.fixture
def person(db: Database) -> Person:
    """Return what makes an account, with a role in each of the given projects, and returns its actor."""

    def make(name: str, is_admin: bool = False, **roles: Role) -> Actor:
        account = AccountService(db).create_account(name, is_admin=is_admin)
        for project in ProjectService(db).list_projects():
            if project.name in roles:
                MembershipService(db).set_role(project.id, account.id, roles[project.name])
        return Actor(name, account_id=account.id, is_admin=is_admin)

    return make


def test_every_act_has_a_lowest_role_and_a_higher_role_may_do_more() -> None:
    assert set(LOWEST_ROLE) == set(Act)
    for act in Act:
        allowed = [allows(role, act) for role in (None, *Role)]
        assert allowed == sorted(allowed)
    assert not allows(Role.OWNER, Act.MANAGE_SERVER)


def test_a_person_may_do_in_a_project_what_the_role_allows(db: Database, project: Projects, person: Person) -> None:
    ana, access = person("ana", Shelf=Role.ANNOTATOR), AccessService(db)
    assert access.role(ana, project.id) is Role.ANNOTATOR
    assert access.may(ana, Act.REVIEW, project.id)
    assert not access.may(ana, Act.DELETE_PROJECT, project.id)
    with pytest.raises(ForbiddenError, match="needs the role owner in this project, and yours is annotator"):
        access.require(ana, Act.DELETE_PROJECT, project.id)


def test_a_project_without_a_role_is_answered_as_if_it_did_not_exist(
    db: Database, project: Projects, person: Person
) -> None:
    other = ProjectService(db).create_project("Other")
    ana, access = person("ana", Shelf=Role.OWNER), AccessService(db)
    with pytest.raises(NotFoundError):
        access.require(ana, Act.READ, other.id)
    with pytest.raises(NotFoundError):
        access.require(ana, Act.READ, "no-such-project")
    assert access.visible_projects(ana) == {project.id}


def test_an_admin_and_whoever_works_without_accounts_may_do_everything(
    db: Database, project: Projects, person: Person
) -> None:
    access = AccessService(db)
    for actor in (person("root", is_admin=True), Actor()):
        assert access.visible_projects(actor) is None
        assert all(access.may(actor, act, project.id) for act in Act)
        assert access.role(actor, project.id) is Role.OWNER


def test_a_changed_role_and_a_disabled_account_count_at_once(db: Database, project: Projects, person: Person) -> None:
    ana, access, members = person("ana", Shelf=Role.EDITOR), AccessService(db), MembershipService(db)
    assert access.may(ana, Act.EXPORT, project.id)
    members.set_role(project.id, str(ana.account_id), Role.VIEWER, by_admin=True)
    assert not access.may(ana, Act.EXPORT, project.id)
    AccountService(db).disable_account(_with_admin(db, ana))
    assert access.role(ana, project.id) is None
    assert access.visible_projects(ana) == frozenset()


def test_an_editor_may_create_projects_and_an_annotator_may_not(
    db: Database, project: Projects, person: Person
) -> None:
    access = AccessService(db)
    assert access.may(person("ed", Shelf=Role.EDITOR), Act.CREATE_PROJECT)
    with pytest.raises(ForbiddenError, match="role editor"):
        access.require(person("ana", Shelf=Role.ANNOTATOR), Act.CREATE_PROJECT)
    with pytest.raises(ForbiddenError, match="Only an admin"):
        access.require(person("olga", Shelf=Role.OWNER), Act.MANAGE_SERVER)


def test_a_token_never_does_more_than_its_account_its_role_and_its_project(
    db: Database, project: Projects, person: Person
) -> None:
    other, access = ProjectService(db).create_project("Other"), AccessService(db)
    owner = person("olga", Shelf=Role.OWNER, Other=Role.OWNER)
    limited = Actor("robot", account_id=owner.account_id, is_admin=False, only_project=project.id)
    assert (access.role(limited, project.id), access.role(limited, other.id)) == (Role.OWNER, None)
    lower = Actor("robot", account_id=owner.account_id, is_admin=False, highest_role=Role.VIEWER)
    assert (access.role(lower, project.id), access.role(lower, other.id)) == (Role.VIEWER, Role.VIEWER)
    assert not access.may(lower, Act.CREATE_PROJECT)
    viewer = person("vera", Shelf=Role.VIEWER)
    higher = Actor("robot", account_id=viewer.account_id, is_admin=False, highest_role=Role.OWNER)
    assert access.role(higher, project.id) is Role.VIEWER


def test_a_server_token_with_limits_is_no_admin(db: Database, project: Projects) -> None:
    other, access = ProjectService(db).create_project("Other"), AccessService(db)
    robot = Actor("robot", is_admin=False, only_project=project.id, highest_role=Role.EDITOR)
    assert (access.role(robot, project.id), access.role(robot, other.id)) == (Role.EDITOR, None)
    assert access.visible_projects(robot) == {project.id}
    assert not access.may(robot, Act.MANAGE_SERVER)
    assert not access.may(robot, Act.CREATE_PROJECT)
    everywhere = Actor("robot", is_admin=False, highest_role=Role.VIEWER)
    assert access.visible_projects(everywhere) is None
    assert access.role(everywhere, other.id) is Role.VIEWER


def _with_admin(db: Database, actor: Actor) -> str:
    """Make an admin who can sign in, so that any other account can be disabled, and return the actor's account id."""
    AccountService(db).create_account("the admin", "correct horse staple", is_admin=True)
    return str(actor.account_id)


def test_what_is_known_for_a_second_ends_with_a_change_in_this_process(
    db: Database, project: Projects, person: Person
) -> None:
    ana, access = person("ana", Shelf=Role.ANNOTATOR), AccessService(db)
    assert access.may(ana, Act.REVIEW, project.id)
    MembershipService(db).set_role(project.id, str(ana.account_id), Role.VIEWER)
    assert not access.may(ana, Act.REVIEW, project.id)
    AccountService(db).set_admin(str(ana.account_id), True)
    assert access.may(ana, Act.DELETE_PROJECT, project.id)
    AccountService(db).create_account("boss", SECRET, is_admin=True)
    AccountService(db).set_admin(str(ana.account_id), False)
    assert not access.may(ana, Act.DELETE_PROJECT, project.id)
    MembershipService(db).remove_member(project.id, str(ana.account_id), by_admin=True)
    assert access.visible_projects(ana) == frozenset()
    assert ProjectService(db).create_project("Mine", owner_id=ana.account_id).id in access.visible_projects(ana)
