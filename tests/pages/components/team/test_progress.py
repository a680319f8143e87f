"""How far a person is with the review, in sentences and in a row; and what the filters of the audit select."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from core.audit import AuditFilter
from core.checks.progress import PACE_DAYS, PersonProgress
from core.checks.readers import ReaderAccuracy
from pages.components.team import audit, progress
from tests.pages.reading import draw, read
from tests.pages.running import services

AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
NEW = PersonProgress("local", 0, 3, 0, 0, None, 0, 0.0, 0, 0, None)
OLD = PersonProgress("Ada", 1_200, 3, 1, 2, AT, 120, 3_600.0, 8, 6, ReaderAccuracy("Ada", 5, 4, (0.3, 0.9)))


def test_a_person_is_told_only_what_there_is_a_number_for() -> None:
    assert progress.sentences(NEW) == ["0 decided, 3 waiting"]
    assert progress.sentences(OLD) == [
        "1,200 decided, 3 waiting",
        f"{OLD.per_hour:.0f} an hour in the last {PACE_DAYS} days, without pauses of over two minutes",
        "6 of 8 judged alike by a second person",
        "4 of 5 known answers right until yesterday",
    ]


def test_a_row_is_empty_where_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [NEW, OLD]
    monkeypatch.setattr(services().checks.people, "progress", lambda _id: found)
    first, second = draw(progress._draw, "p").dataframe[0].value.to_dict("records")
    assert {name: first[name] for name in ("Person", "Decided", "Waiting", "Sent back")} == {
        "Person": "Local user", "Decided": 0, "Waiting": 3, "Sent back": 0,
    }  # fmt: skip
    assert (first["Second reviews"], first["Known answers"], first["Last decision"]) == ("", "", "")
    assert (second["Second reviews"], second["Known answers"]) == ("6 of 8 alike", "4 of 5 right")
    assert (second["Last decision"], second["An hour"]) == ("2026-05-01 09:00 UTC", 120)
    assert progress._row(replace(NEW, last_at=AT))["An hour"] is None
    found.clear()
    assert read(draw(progress._draw, "p")) == ["Nobody has decided anything here yet."]


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({}, AuditFilter()),
        ({"audit-who": "Ada"}, AuditFilter(who="Ada")),
        ({"audit-kind": "project"}, AuditFilter(kind="project")),
        ({"audit-act-Everything": "token.revoke"}, AuditFilter(act="token.revoke")),
        ({"audit-where": "In this project"}, AuditFilter(project_id="p")),
    ],
)
def test_the_audit_is_filtered_by_what_is_chosen(
    chosen: dict[str, str], wanted: AuditFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    found: list[AuditFilter] = []
    monkeypatch.setattr(services().audit, "people", lambda shown: asked.append(shown) or ["Ada", "local"])
    at = draw(lambda: found.append(audit._filters("p", True)))
    for key, value in chosen.items():
        at.selectbox(key=key).set_value(value).run()
    assert found[-1] == wanted
    assert asked[-1] == wanted.project_id
    assert at.selectbox(key="audit-who").options == ["Everybody", "Ada", "Local user"]


def test_an_act_is_one_row_with_what_is_known_of_it() -> None:
    act: Any = SimpleNamespace(
        at=AT, who="local", act="token.revoke", label="script", project_name="Shelf", way="rest", address="10.0.0.1",
        details={"new_role": "editor", "names": ["a", "b"]},
    )  # fmt: skip
    unknown: Any = SimpleNamespace(**vars(act) | {"act": "other", "way": "other", "address": "", "details": {}})
    (row, other) = audit._rows([act, unknown])
    assert (row["When"], row["Who"], row["From"]) == ("2026-05-01 09:00:00 UTC", "Local user", "API 10.0.0.1")
    assert row["Details"] == "new role: editor, names: a, b"
    assert (other["What"], other["From"], other["Details"]) == ("other", "other", "")
