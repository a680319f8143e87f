"""The bin and the audit: who sees them, their filters, and how their pages are turned."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.accounts.permissions import Act
from core.audit import AuditFilter
from core.runtime import runtime
from pages.components.shared import page, visitor
from pages.components.team import audit, bin
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import png

NOT_SHOWN = {
    audit: "The audit of a project is shown to its owners. Open a project that you own.",
    bin: "The bin of a project is shown to its editors and owners. Open a project of yours.",
}


@pytest.fixture
def project_id(monkeypatch: pytest.MonkeyPatch) -> str:
    project = services().projects.create_project("Shelf")
    monkeypatch.setattr(page, "project_id", lambda: project.id)
    return project.id


def only(monkeypatch: pytest.MonkeyPatch, *acts: Act) -> None:
    monkeypatch.setattr(visitor, "may", lambda act, _project_id=None: act in acts)


@pytest.mark.parametrize(("part", "act"), [(audit, Act.READ_AUDIT), (bin, Act.MANAGE_IMAGES)], ids=["audit", "bin"])
def test_who_manages_the_server_sees_all_and_who_manages_a_project_that_one(
    part: Any, act: Act, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for acts, is_shown in (((), False), ((act,), True), ((Act.MANAGE_SERVER,), True)):
        only(monkeypatch, *acts)
        assert (NOT_SHOWN[part] not in read(draw(part.show))) is is_shown
    monkeypatch.setattr(page, "project_id", lambda: None)
    for acts, is_shown in (((act,), False), ((Act.MANAGE_SERVER,), True)):
        only(monkeypatch, *acts)
        assert (NOT_SHOWN[part] not in read(draw(part.show))) is is_shown


def test_the_audit_of_a_project_has_no_choice_of_place_and_that_of_the_server_begins_with_all(
    project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services().projects.create_project("Other")
    at = draw(audit.show)
    assert controls(at)["audit-where"] == "selectbox Where | value 'On the whole server'"
    assert at.dataframe[0].value["On"].tolist() == ["Other", "Shelf"]
    at.selectbox(key="audit-where").set_value("In this project").run()
    assert at.dataframe[0].value["On"].tolist() == ["Shelf"]
    only(monkeypatch, Act.READ_AUDIT)
    at = draw(audit.show)
    assert "audit-where" not in controls(at)
    assert at.dataframe[0].value["On"].tolist() == ["Shelf"]
    assert f"[Download CSV -> /api/projects/{project_id}/audit.csv]" in read(at)
    monkeypatch.setattr(page, "project_id", lambda: None)
    only(monkeypatch, Act.MANAGE_SERVER)
    at = draw(audit.show)
    assert "audit-where" not in controls(at)
    assert at.dataframe[0].value["On"].tolist() == ["Other", "Shelf"]
    assert "[Download CSV -> /api/audit.csv]" in read(at)


def buttons(at: AppTest) -> list[str]:
    return [line for line in read(at) if line in ("[Newer]", "[Older]")]


def test_the_audit_is_turned_by_fifty_acts_and_a_filter_begins_at_the_newest(project_id: str) -> None:
    for number in range(50):
        services().projects.rename_project(project_id, f"Shelf {number}")
    at = draw(audit.show)
    assert (len(at.dataframe[0].value), buttons(at)) == (50, ["[Older]"])
    assert "51 acts in all." in read(at)
    at.button(key="audit-older").click().run()
    assert (len(at.dataframe[0].value), buttons(at)) == (1, ["[Newer]"])
    at.button(key="audit-newer").click().run()
    assert (len(at.dataframe[0].value), buttons(at)) == (50, ["[Older]"])
    at.button(key="audit-older").click().run()
    at.selectbox(key="audit-kind").set_value("project").run()
    assert (len(at.dataframe[0].value), buttons(at)) == (50, ["[Older]"])
    at.selectbox(key="audit-kind").set_value("token").run()
    assert "Nothing was done that matches." in read(at)


def test_days_are_whole_the_last_one_too() -> None:
    first, last = date(2026, 5, 1), date(2026, 5, 3)
    begins, ends = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 4, tzinfo=UTC)
    assert [audit._between(days) for days in ((), (first,), (first, last), None)] == [
        (None, None), (begins, None), (begins, ends), (None, None),
    ]  # fmt: skip


def test_the_table_for_spreadsheets_has_the_same_filters() -> None:
    begins = datetime(2026, 5, 1, tzinfo=UTC)
    url = audit._csv_url(AuditFilter(who="Ada", act="", kind="token", project_id="p", since=begins, until=None))
    assert url == "/api/projects/p/audit.csv?who=Ada&kind=token&since=2026-05-01T00%3A00%3A00%2B00%3A00"
    assert audit._shown(["a", 1]) == "a, 1"


def test_the_bin_is_turned_by_thirty_and_begins_with_what_it_has(
    project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [(f"{number:02}.png", png((number, 7, 9))) for number in range(31)]
    ids = [one.image.id for one in services().intake.add_images(project_id, files) if one.image is not None]
    services().library.delete_images(ids)
    at = draw(bin.show)
    assert at.segmented_control[0].value == "image"
    assert at.segmented_control[0].options == ["Projects (0)", "Images (31)", "Entries (0)", "Style datasets (0)"]
    restores = [one.key for one in at.button if (one.key or "").startswith("bin-restore-")]
    assert (len(restores), buttons(at)) == (30, ["[Older]"])
    at.button(key="bin-older").click().run()
    assert (sum(line == "[Restore]" for line in read(at)), buttons(at)) == (1, ["[Newer]"])
    at.button(key="bin-newer").click().run()
    assert buttons(at) == ["[Older]"]
    only(monkeypatch, Act.MANAGE_IMAGES)
    at = draw(bin.show)
    assert at.segmented_control[0].options == ["Images (31)", "Entries (0)", "Style datasets (0)"]
    assert "[Delete now]" not in read(at)


def test_an_empty_bin_says_how_long_it_keeps(project_id: str) -> None:
    at = draw(bin.show)
    days = runtime.database.settings.bin_days
    assert at.segmented_control[0].value == "project"
    assert read(at) == [f"The bin has no projects. What is deleted stays here for {days} days."]


def test_what_is_deleted_for_good_is_named_asked_about_and_gone(project_id: str) -> None:
    other = services().projects.create_project("Other")
    services().projects.delete_project(other.id)
    at = draw(bin.show)
    assert read(at)[1].startswith("deleted just now by the local user, kept until ")
    (item,) = services().bin.find("project").items
    at = draw(bin._ask, item)
    assert read(at)[0].startswith("This deletes Other with all of its images, questions, entries and exports.")
    at.button(key="bin-delete-confirm").click().run()
    assert at.session_state["bin-message"] == "Other was deleted for good."
    assert services().bin.counts()["project"] == 0
