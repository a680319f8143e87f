"""What a token is limited to, and which one counts as active."""

import pytest

from core.access import TokenService
from core.accounts.service import AccountService
from core.db import Database, Projects
from core.errors import InvalidInputError, NotFoundError
from core.projects import ProjectService


@pytest.mark.parametrize(
    ("scope", "of_project", "of_account", "role", "highest"),
    [
        ("write", True, False, None, "editor"),
        ("read", True, False, None, "viewer"),
        ("write", False, False, None, None),
        ("write", True, True, None, None),
        ("write", False, True, None, None),
        ("write", False, False, "viewer", "viewer"),
        ("read", True, False, "owner", "owner"),
        ("write", True, True, "annotator", "annotator"),
    ],
)
def test_a_token_of_the_server_for_one_project_is_no_owner_of_it_unless_somebody_says_so(
    db: Database, project: Projects, scope: str, of_project: bool, of_account: bool, role: str | None,
    highest: str | None,
) -> None:  # fmt: skip
    account = AccountService(db).create_account("Ana")
    row = TokenService(db).make_token(
        "robot", scope, account_id=account.id if of_account else None,  # type: ignore[arg-type]
        project_id=project.id if of_project else None, role=role,
    ).row  # fmt: skip
    assert (row.role, row.project_id, row.account_id) == (
        highest, project.id if of_project else None, account.id if of_account else None,
    )  # fmt: skip


@pytest.mark.parametrize("chars", [1, 100])
def test_a_name_has_1_to_100_characters(db: Database, chars: int) -> None:
    assert len(TokenService(db).make_token("x" * chars).row.name) == chars


def test_a_token_is_made_for_a_project_that_exists_and_in_a_role_that_exists(db: Database, project: Projects) -> None:
    tokens = TokenService(db)
    with pytest.raises(InvalidInputError):
        tokens.make_token("robot", role="boss")
    with pytest.raises(NotFoundError, match="This project does not exist"):
        tokens.make_token("robot", project_id="nowhere")
    ProjectService(db).delete_project(project.id)
    with pytest.raises(NotFoundError, match="This project does not exist"):
        tokens.make_token("robot", project_id=project.id)
    assert tokens.list_tokens() == []


def test_a_token_is_active_until_it_is_revoked(db: Database) -> None:
    tokens = TokenService(db)
    kept, revoked = (tokens.make_token(name).row.id for name in ("kept", "revoked"))
    tokens.revoke_token(revoked)
    assert [token.id for token in tokens.list_tokens()] == [kept]
    assert [bool(tokens.get_active(id_)) for id_ in (kept, revoked, "nothing")] == [True, False, False]
    with pytest.raises(NotFoundError, match="This token does not exist"):
        tokens.revoke_token("nothing")
