"""What is known of accounts for a second: until an account or a role changes, and not longer than it was true."""

from core.accounts.known import KnownStandings, Standing
from core.accounts.memberships import MembershipService
from core.accounts.roles import Role
from core.accounts.service import AccountService
from core.db import Database, Projects

STANDING = Standing(False, {"p": Role.VIEWER})


def test_a_commit_of_anything_else_leaves_it_and_one_of_an_account_or_a_role_ends_it(
    db: Database, project: Projects
) -> None:
    account, known = AccountService(db).create_account("ana"), KnownStandings(db)
    for change, remains in (
        (lambda session: session.add(Projects(name="Other")), True),
        (lambda session: setattr(session.merge(account), "display_name", "Ana"), False),
    ):
        known.add("ana", STANDING, known.generation)
        with db.transaction() as session:
            change(session)
        assert (known.get("ana") == STANDING) is remains
    for act in (
        lambda: MembershipService(db).set_role(project.id, account.id, Role.VIEWER),
        lambda: MembershipService(db).remove_member(project.id, account.id),
    ):
        known.add("ana", STANDING, known.generation)
        act()
        assert known.get("ana") is None


def test_what_was_read_before_a_change_is_not_stored_after_it(db: Database) -> None:
    known = KnownStandings(db)
    began = known.generation
    known.clear()
    known.add("ana", STANDING, began)
    assert known.get("ana") is None
    known.add("ana", STANDING, known.generation)
    assert (known.get("ana"), known.get("ben")) == (STANDING, None)
