"""Who is named in a review plan, with accounts."""

from pathlib import Path

import pytest

from core import ProjectService, connect
from core.accounts.memberships import MembershipService
from core.accounts.roles import Role
from core.accounts.service import AccountService
from core.dataset import CollaborationService
from core.errors import InvalidInputError


def test_with_accounts_a_part_goes_to_nobody_who_may_not_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    with connect(tmp_path / "data") as db:
        project_id = ProjectService(db).create_project("Shelf").id
        for name, role in (("Anna", Role.ANNOTATOR), ("Ben", Role.EDITOR), ("Vera", Role.VIEWER)):
            account = AccountService(db).create_account(name)
            MembershipService(db).set_role(project_id, account.id, role, by_admin=True)
        collaboration = CollaborationService(db)
        for name in ("Vera", "Ann"):
            with pytest.raises(InvalidInputError, match=f"{name} does not review this project"):
                collaboration.set_review_plan(project_id, "divided", ["Anna", name])
        # In another spelling Anna would have every entry, and her part nobody.
        assert collaboration.set_review_plan(project_id, "divided", ["anna", "Ben", "Anna"]).people == ("Anna", "Ben")
