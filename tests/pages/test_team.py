"""The page Team, as an owner and as an annotator of a project see it."""

from typing import Any

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.accounts.roles import Role
from core.api import credentials
from core.runtime import runtime
from core.services import Services
from tests.pages.running import open_page, tab_names, texts
from tests.pictures import striped

SECRET = "nine green bottles"


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> tuple[Services, str]:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    services = runtime.services
    services.accounts.create_account("root", SECRET, is_admin=True)
    project = services.projects.create_project("Shelf")
    for name, role in (("olga", Role.OWNER), ("ana", Role.ANNOTATOR)):
        services.memberships.set_role(project.id, services.accounts.create_account(name, SECRET).id, role)
    services.accounts.create_account("ben", SECRET)
    return services, project.id


def _as(services: Services, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = credentials.start_session(services.db, name, services.accounts.named(name))
    monkeypatch.setattr(ContextProxy, "cookies", {credentials.COOKIE: cookie})


def test_an_owner_changes_roles_adds_removes_and_invites(
    people: tuple[Services, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, project_id = people
    _as(services, "olga", monkeypatch)
    at = open_page("team", project_id)
    ana = services.accounts.named("ana").id

    def roles() -> dict[str, str]:
        return {member.account.name: member.role.value for member in services.memberships.members(project_id)}

    at.selectbox(key=f"member-role-{ana}").select(Role.VIEWER).run()
    assert roles() == {"olga": "owner", "ana": "viewer"}
    at.button(key=f"member-remove-{ana}").click().run()
    assert roles() == {"olga": "owner"}
    at.button(key="team-undo").click().run()
    assert roles() == {"olga": "owner", "ana": "viewer"}
    assert not at.warning
    at.selectbox(key=f"member-role-{ana}").select(Role.ANNOTATOR).run()
    services.collaboration.set_review_plan(project_id, "divided", ["ana", "olga"])
    at.button(key=f"member-remove-{ana}").click().run()
    assert [warning.value for warning in at.warning] == [
        "The divided review has a part for ana, who does not review this project any more. "
        "Divide it again on Curate, under Team."
    ]
    assert services.collaboration.review_plan(project_id).missing == ("ana",)
    at.button(key="team-undo").click().run()
    assert not at.warning
    at.text_input(key="member-name").input("BEN")
    _button(at, "Add").click().run()
    assert roles()["ben"] == "annotator"
    at.button(key=f"member-remove-{services.accounts.named('olga').id}").click().run()
    assert "last owner" in at.error[0].value
    days = at.number_input(key=f"invite-days-{project_id}")
    assert (days.value, days.min, days.max) == (7, 1, 90)
    at.button(key=f"invite-make-{project_id}").click().run()
    secret = at.code[0].value.rpartition("/access/invitation/")[2]
    assert services.invitations.find_open(secret).row.created_by == "olga"
    row = services.invitations.list_open(project_id)[0]
    at.button(key=f"invitation-revoke-{row.id}").click().run()
    assert services.invitations.list_open(project_id) == []
    assert not at.exception


def test_an_annotator_sees_the_members_and_changes_nothing(
    people: tuple[Services, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, project_id = people
    _as(services, "ana", monkeypatch)
    at = open_page("team", project_id)
    assert {"olga", "Owner", "ana", "Annotator"} <= set(texts(at))
    assert not [one for one in at.button if one.key and one.key.startswith(("member-", "invite-"))]
    assert "member-role" not in [one.key for one in at.selectbox]


def test_an_admin_manages_the_accounts_in_the_settings(
    people: tuple[Services, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, project_id = people
    _as(services, "root", monkeypatch)
    services.invitations.invite(project_id=project_id, role=Role.EDITOR)
    services.invitations.invite()
    at = open_page("settings", project_id, tab="Accounts")
    invited = [text.partition(",")[0] for text in texts(at) if ", valid until" in text]
    assert sorted(invited) == ["Account", "Editor of Shelf"]
    ben = services.accounts.named("ben").id
    at.button(key=f"account-disable-{ben}").click().run()
    assert services.accounts.get_account(ben).disabled_at is not None
    at.button(key=f"account-no-admin-{services.accounts.named('root').id}").click().run()
    assert "last admin" in at.error[0].value
    assert "ben: disabled, never signed in" in texts(at)


def test_an_owner_restores_a_deleted_project_in_the_settings_and_nobody_else_sees_it(
    people: tuple[Services, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, project_id = people
    services.memberships.set_role(project_id, services.accounts.named("ana").id, Role.EDITOR)
    services.projects.delete_project(project_id)
    _as(services, "ana", monkeypatch)
    assert "Bin" not in tab_names(open_page("settings"))
    _as(services, "olga", monkeypatch)
    at = open_page("settings", tab="Bin")
    assert at.segmented_control(key="bin-kind").options == ["Projects (1)"]
    at.button(key=f"bin-restore-{project_id}").click().run()
    assert services.projects.get_project(project_id).name == "Shelf"
    assert not at.exception


def _button(at: AppTest, label: str) -> Any:
    (found,) = [one for one in at.button if one.label == label]
    return found


def test_second_reviews_that_wait_for_an_annotator_are_one_click_away(
    people: tuple[Services, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, project_id = people
    image = services.intake.add_images(project_id, [("cup.png", striped(1))])[0].image
    assert image is not None
    entry = services.dataset.create_dataset_entry(project_id, image.id, "How many cups?", "one", "m")
    services.collaboration.set_review_plan(project_id, "all", second_percent=100)
    services.dataset.confirm_entry(entry.id, actor="olga")
    _as(services, "ana", monkeypatch)
    at = open_page("team", project_id).switch_page("pages/overview.py").run()
    links = [link.proto for link in at.get("page_link")]
    assert [(one.label, one.query_string) for one in links if "Second" in one.label] == [
        ("Second reviews for you: 1", f"project={project_id}&q=second%3Aana")
    ]


def test_an_editor_writes_guidelines_and_restores_an_earlier_version(
    people: tuple[Services, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, project_id = people
    _as(services, "olga", monkeypatch)
    at = open_page("team", project_id, tab="Guidelines")
    empty = "What you write is shown here as reviewers see it."
    assert empty in texts(at)
    at.text_area(key=f"guidelines-text-{project_id}-0").input("Count cups.").run()
    assert empty not in texts(at)
    at.button(key="guidelines-save").click().run()
    assert services.guidelines.guidelines(project_id).created_by == "olga"
    at.button(key="guidelines-save").click().run()
    assert "There is nothing new to save." in texts(at)
    services.guidelines.save(project_id, "Count mugs.", actor="eda")  # meanwhile
    at.text_area(key=f"guidelines-text-{project_id}-1").input("Count pots.").run()
    assert [one.value for one in at.warning] == ["eda has saved version 2 meanwhile."]
    at.button(key="guidelines-save").click().run()
    assert "eda has saved version 2 meanwhile" in at.error[0].value
    at.button(key="guidelines-load").click().run()
    assert at.text_area(key=f"guidelines-text-{project_id}-2").value == "Count mugs."
    at.selectbox(key=f"guidelines-version-{project_id}").select(1).run()
    at.button(key="guidelines-restore").click().run()
    assert services.guidelines.guidelines(project_id).text == "Count cups."
    assert not at.exception


def test_an_annotator_reads_the_guidelines_and_sees_no_progress_of_others(
    people: tuple[Services, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services, project_id = people
    services.guidelines.save(project_id, "Count **cups**.")
    _as(services, "ana", monkeypatch)
    at = open_page("team", project_id)
    at.query_params["team-tab"] = "Guidelines"  # a link of before
    at.run()
    assert (at.query_params["tab"], "team-tab" in at.query_params) == ("Guidelines", False)
    assert tab_names(at) == ["Members", "Guidelines"]
    assert "This project has no guidelines yet. Its editors and owners write them." not in texts(at)
    assert not [one for one in at.button if one.key and one.key.startswith("guidelines-")]
    _as(services, "olga", monkeypatch)
    at = open_page("team", project_id, tab="Progress")
    assert at.dataframe[0].value["Person"].tolist() == ["ana", "olga"]
