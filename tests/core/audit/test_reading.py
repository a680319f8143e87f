"""Acts of the same moment are read once and in order, and the bounds of a time belong to it or not."""

import csv
from datetime import UTC, datetime, timedelta

import pytest

from core.audit import AuditFilter, AuditService, record
from core.db import AuditEvents, Database, Events, Projects

AT = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def audit(db: Database) -> AuditService:
    return AuditService(db)


def _add(db: Database, project: Projects, at: datetime) -> None:
    with db.transaction() as session:
        session.add(AuditEvents(at=at, who="Ann", way="cli", act="project.change", kind="project"))
        session.add(
            Events(batch_id="b", project_id=project.id, entity="entry", entity_id="gone", action="confirm",
                   actor="Ann", at=at, came_from="cli - -")
        )  # fmt: skip


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6])
def test_acts_of_one_moment_are_on_one_page_each_the_newest_id_first(
    db: Database, audit: AuditService, project: Projects, limit: int
) -> None:
    for at in (AT - MOMENT, AT, AT):
        _add(db, project, at)
    seen, after = [], None
    while True:
        page = audit.find(AuditFilter(who="Ann"), limit=limit, after=after)
        seen += [(entry.id[0], entry.at) for entry in page.items]
        assert len(page.items) <= limit
        if (after := page.next_cursor) is None:
            break
    assert seen == [("e", AT), ("e", AT), ("a", AT), ("a", AT), ("e", AT - MOMENT), ("a", AT - MOMENT)]
    ids = [int(entry.id[1:]) for entry in audit.find(AuditFilter(who="Ann")).items]
    assert (ids[0] > ids[1], ids[2] > ids[3]) == (True, True)


def test_a_page_that_ends_the_list_says_so(db: Database, audit: AuditService, project: Projects) -> None:
    _add(db, project, AT)
    assert audit.find(AuditFilter(who="Ann"), limit=2).next_cursor is None
    assert audit.find(AuditFilter(who="Ann"), limit=1).next_cursor is not None


def test_a_time_begins_with_since_and_ends_before_until(db: Database, audit: AuditService, project: Projects) -> None:
    _add(db, project, AT)
    for chosen, total in (
        (AuditFilter(who="Ann", since=AT), 2), (AuditFilter(who="Ann", since=AT + MOMENT), 0),
        (AuditFilter(who="Ann", until=AT), 0), (AuditFilter(who="Ann", until=AT + MOMENT), 2),
    ):  # fmt: skip
        assert (len(audit.find(chosen).items), audit.find(chosen).total) == (total, total)


def test_a_kind_or_an_act_that_no_entry_has_finds_no_event(
    db: Database, audit: AuditService, project: Projects
) -> None:
    _add(db, project, AT)
    for chosen, found in (
        (AuditFilter(who="Ann", kind="entry"), ["entry.confirm"]),
        (AuditFilter(who="Ann", kind="project"), ["project.change"]),
        (AuditFilter(who="Ann", act="entry.confirm"), ["entry.confirm"]),
        (AuditFilter(who="Ann", act="entry.reject"), []),
        (AuditFilter(who="Ann", act="project.change"), ["project.change"]),
        (AuditFilter(who="Ann", kind="entry", act="project.change"), []),
    ):
        assert [entry.act for entry in audit.find(chosen).items] == found
        assert audit.find(chosen).total == len(found)


def test_the_decision_on_an_entry_that_is_gone_stays_in_the_audit(
    db: Database, audit: AuditService, project: Projects
) -> None:
    _add(db, project, AT)
    (entry,) = audit.find(AuditFilter(kind="entry")).items
    assert (entry.label, entry.object_id, entry.project_name) == ("", "gone", project.name)


def test_letters_of_details_stay_as_they_are_in_the_csv(db: Database, audit: AuditService, project: Projects) -> None:
    with db.transaction() as session:
        record(session, "project.change", project, name="Größe")
    (row,) = csv.DictReader(audit.csv_lines(AuditFilter(act="project.change")))
    assert (row["details"], row["account_id"]) == ('{"name": "Größe"}', "")


def test_nothing_is_removed_and_no_trace_left_when_the_oldest_act_is_of_a_month_that_is_kept(
    db: Database, audit: AuditService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        first = datetime(2026, 10, 1, tzinfo=UTC)
        session.add(AuditEvents(at=first, who="Ann", way="cli", act="project.change", kind="project"))
    monkeypatch.setattr("core.audit.service.utc_now", lambda: datetime(2026, 11, 29, 12, tzinfo=UTC))
    assert audit.remove_old_months(1) == 0
    assert [entry.act for entry in audit.find().items] == ["project.change"]
