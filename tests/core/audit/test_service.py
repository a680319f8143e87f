"""What stands in the audit, that nobody changes it, and how it is read."""

import csv
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from core import caller
from core.audit import AuditFilter, record
from core.audit.recording import MAX_DETAILS_CHARS
from core.caller import Caller
from core.db import AuditEvents, AuditRemovals, Events, Projects
from core.errors import InvalidInputError
from core.services import Services
from tests.pictures import png

ANN = Caller("Ann", "a" * 21, address="10.0.0.7", way="page", request_id="request-1", is_signed_in=True)


@pytest.fixture
def entry_id(services: Services, project: Projects) -> str:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    return services.dataset.create_dataset_entry(project.id, outcome.image.id, "Color?", "Red.").id


def _acts(services: Services, chosen: AuditFilter | None = None) -> list[str]:
    return [entry.act for entry in services.audit.find(chosen).items]


def test_an_act_has_who_from_where_by_which_way_and_on_what(services: Services, project: Projects) -> None:
    with caller.acting(ANN):
        services.projects.delete_project(project.id)
    (entry,) = services.audit.find(AuditFilter(act="project.delete")).items
    assert (entry.who, entry.account_id, entry.address, entry.way) == ("Ann", "a" * 21, "10.0.0.7", "page")
    assert (entry.kind, entry.object_id, entry.label) == ("project", project.id, project.name)
    assert (entry.request_id, entry.project_id, entry.project_name) == ("request-1", project.id, project.name)


def test_an_act_that_fails_is_not_recorded(services: Services, project: Projects) -> None:
    before = _acts(services)
    with pytest.raises(InvalidInputError):
        services.projects.create_project(project.name)
    assert _acts(services) == before


def test_who_signed_in_cannot_act_under_another_name(services: Services, project: Projects, entry_id: str) -> None:
    with caller.acting(ANN):
        services.review.bulk_ids(project.id, [entry_id], "tag", "x", actor="Ben")
    services.review.bulk_ids(project.id, [entry_id], "tag", "y", actor="Cem")
    assert [entry.who for entry in services.audit.find(AuditFilter(act="entry.tag")).items] == ["Cem", "Ann"]


def test_a_decision_is_stored_once_and_read_from_its_event(services: Services, entry_id: str) -> None:
    rows = len(_acts(services))
    with caller.acting(ANN):
        services.review.decide(entry_id, 1, "confirm", actor="Ann")
    with services.db.reading() as session:
        assert session.exec(select(AuditEvents).where(AuditEvents.kind == "entry")).all() == []
    (entry, *_) = services.audit.find().items
    assert (entry.act, entry.who, entry.address, entry.label) == ("entry.confirm", "Ann", "10.0.0.7", "Color?")
    assert (entry.account_id, entry.details) == ("a" * 21, {"changed": ["confirmed"]})
    assert len(_acts(services)) == rows + 1


def test_a_new_entry_has_no_detail_that_says_deleted(services: Services, entry_id: str) -> None:
    (entry,) = services.audit.find(AuditFilter(act="entry.create")).items
    assert (entry.object_id, entry.details) == (entry_id, {})


def test_a_bulk_act_is_one_act_of_many_entries(services: Services, project: Projects, entry_id: str) -> None:
    image_id = services.dataset.get_dataset_entry(entry_id).image_id
    ids = [services.dataset.create_dataset_entry(project.id, image_id, f"{n}?", "Yes.").id for n in range(3)]
    services.review.bulk_ids(project.id, ids, "confirm", actor="Ann")
    services.review.undo(project.id, actor="Ann")
    undo, confirm, *_ = services.audit.find().items
    assert (undo.act, confirm.act, confirm.label) == ("entry.undo", "entry.confirm", "3 entries")
    assert confirm.details["entries"] == undo.details["entries"] == 3
    with services.db.reading() as session:
        assert session.exec(select(Events.came_from).where(Events.action == "confirm")).all() == [None] * 3


def test_pages_and_csv_hold_every_act_once_in_order(services: Services, project: Projects, entry_id: str) -> None:
    for number in range(4):
        services.projects.rename_project(project.id, f"Name {number}")
        services.dataset.rate_entry(entry_id, number + 1, actor="Ann")
    seen, after = [], None
    while True:
        page = services.audit.find(limit=3, after=after)
        seen += [entry.id for entry in page.items]
        after = page.next_cursor
        if after is None:
            break
    assert len(seen) == len(set(seen)) == page.total == 11
    rows = list(csv.DictReader(services.audit.csv_lines()))
    assert [row["id"] for row in rows] == seen
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


def test_a_cell_that_a_spreadsheet_would_run_is_escaped(services: Services) -> None:
    services.projects.create_project("=HYPERLINK(1)")
    (row,) = csv.DictReader(services.audit.csv_lines(AuditFilter(act="project.create")))
    assert row["label"] == "'=HYPERLINK(1)"


def test_filters_choose_by_person_kind_project_and_time(services: Services, project: Projects, entry_id: str) -> None:
    services.dataset.confirm_entry(entry_id, actor="Ann")
    services.tokens.make_token("script")
    assert _acts(services, AuditFilter(who="Ann")) == ["entry.confirm"]
    assert _acts(services, AuditFilter(kind="token")) == ["token.make"]
    assert "token.make" not in _acts(services, AuditFilter(project_id=project.id))
    assert _acts(services, AuditFilter(object_id=entry_id)) == ["entry.confirm", "entry.create"]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert _acts(services, AuditFilter(since=tomorrow)) == []
    assert _acts(services, AuditFilter(until=tomorrow)) == _acts(services)
    assert services.audit.people() == ("Ann", "local")


@pytest.mark.parametrize("cursor", ["a", "12.5b7", "x1", "1.5a", "e1", "9" * 400 + "a1"])
def test_a_cursor_of_another_list_is_refused(services: Services, cursor: str) -> None:
    with pytest.raises(InvalidInputError, match="cursor belongs to another list"):
        services.audit.find(after=cursor)


def test_a_task_is_recorded_by_its_start_and_end_and_not_by_its_items(services: Services, project: Projects) -> None:
    with services.db.transaction() as session, caller.acting(Caller("Ann", way="task")):
        record(session, "image.add", project_id=project.id)
        record(session, "task.end", project_id=project.id, in_task=True)
    assert "image.add" not in _acts(services)
    assert services.audit.find().items[0].way == "task"


def test_details_are_short_and_hold_no_key_of_a_profile(services: Services, project: Projects) -> None:
    services.profiles.save_profile("mine", {"model": "openai/gpt-4o", "api_key": "sk-canary-1"})
    with services.db.transaction() as session:
        record(session, "image.tag", project_id=project.id, added=["x" * 500] * 500, why="y" * 9000)
    lines = "".join(services.audit.csv_lines())
    assert "sk-canary-1" not in lines
    assert len(lines) < 4 * MAX_DETAILS_CHARS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET who = 'nobody'",
        "DELETE FROM audit_events",
        "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events LIMIT 1",
        "INSERT INTO audit_removals (at, who, removed_before) VALUES ('2026', 'x', datetime('now', '-30 days'))",
    ],
)
def test_the_database_refuses_to_change_the_audit(services: Services, project: Projects, statement: str) -> None:
    assert _acts(services) == ["project.create"]
    with pytest.raises(DatabaseError, match="audit"), services.db.transaction() as session:
        session.execute(text(statement))
    assert _acts(services) == ["project.create"]


def test_whole_old_months_are_removed_and_leave_a_trace(services: Services, project: Projects) -> None:
    now = datetime.now(UTC)
    old = (now.replace(day=1) - timedelta(days=70)).replace(day=28)
    with services.db.transaction() as session:
        session.add(AuditEvents(at=old, who="Ann", way="page", act="project.change", kind="project"))
    assert services.audit.remove_old_months(1) == 1
    assert services.audit.remove_old_months(1) == 0
    assert _acts(services) == ["audit.remove", "project.create"]
    with services.db.reading() as session:
        (removal,) = session.exec(select(AuditRemovals))
    assert getattr(removal.removed_before, "day", None) == 1
    with pytest.raises(InvalidInputError, match="at least one whole month"):
        services.audit.remove_old_months(0)


def test_the_people_of_a_project_are_those_of_its_acts_and_of_its_decisions(
    services: Services, project: Projects, entry_id: str
) -> None:
    services.dataset.confirm_entry(entry_id, actor="Ann")
    with caller.acting(Caller("Zoe", is_signed_in=True)):
        other = services.projects.create_project("Other")
    assert services.audit.people(project.id) == ("Ann", "local")
    assert services.audit.people(other.id) == ("Zoe",)
    assert services.audit.people() == ("Ann", "local", "Zoe")


def test_a_long_audit_is_read_in_pages_and_every_act_comes_once(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.audit.service._ROWS_PER_READ", 2)
    for number in range(4):
        services.projects.rename_project(project.id, f"Name {number}")
    changes = AuditFilter(act="project.change")
    ids = [entry.id for entry in services.audit.iter_acts(changes)]
    assert ids == [entry.id for entry in services.audit.find(changes).items]
    assert len(ids) == 4


def test_nothing_expires_unless_a_number_of_months_is_set(services: Services) -> None:
    assert services.db.settings.audit_months == 0
    assert services.audit.remove_expired() == 0


@pytest.mark.parametrize(
    ("now", "months_back", "first"),
    [
        ((2026, 11, 29), 1, (2026, 10, 1)), ((2026, 1, 31), 1, (2025, 12, 1)), ((2026, 12, 1), 12, (2025, 12, 1)),
        ((2026, 3, 1), 26, (2024, 1, 1)), ((2026, 3, 1), 27, (2023, 12, 1)),
    ],
)  # fmt: skip
def test_what_is_kept_begins_at_the_first_of_a_month(
    services: Services, monkeypatch: pytest.MonkeyPatch, now: tuple[int, int, int], months_back: int,
    first: tuple[int, int, int],
) -> None:  # fmt: skip
    with services.db.transaction() as session:
        for day in (datetime(*first, tzinfo=UTC) - timedelta(microseconds=1), datetime(*first, tzinfo=UTC)):
            session.add(AuditEvents(at=day, who="Ann", way="cli", act="project.change", kind="project"))
    monkeypatch.setattr("core.audit.service.utc_now", lambda: datetime(*now, 12, tzinfo=UTC))
    assert services.audit.remove_old_months(months_back) == 1
    assert services.audit.find(AuditFilter(who="Ann")).total == 1
