"""Runs whose numbers this version cannot have written, as in a changed archive, count as none."""

from typing import Any

import pytest
from sqlmodel import select

from core import Projects
from core.checks import DatasetChecks
from core.dataset import parse_search
from core.dataset.judge_trust import require_trusted_judge
from core.db import CheckRuns, Database, utc_now
from core.errors import InvalidInputError, NotFoundError

_SHARE = {"right": 5, "share": 0.5, "interval": [0.2, 0.8]}
_ASKED = {
    "models": ["openai/gpt-4o"], "seed": 0, "drawn": 10, "of": 10, "left_out": 0, "answered": 10, "no_answer": 0,
    "not_asked": 0, "calls": 10, "cost": None,
}  # fmt: skip
_BLIND = {"entries": 10, "blind": _SHARE, "silent": 0, "kinds": [], "asked": _ASKED}


def _nested(depth: int) -> dict[str, Any]:
    return {"more": _nested(depth - 1)} if depth else {}


def _store(db: Database, project: Projects, check: str, result: dict[str, Any], **more: Any) -> None:
    with db.transaction() as session:
        session.add(CheckRuns(project_id=project.id, check_name=check, result=result, ended_at=utc_now(), **more))


def test_numbers_of_this_version_are_shown(db: Database, project: Projects) -> None:
    _store(db, project, "second-opinion", _BLIND)
    report = DatasetChecks(db).newest(project.id, "second-opinion")
    assert report is not None
    assert report.result == _BLIND


@pytest.mark.parametrize(
    ("result", "more"),
    [
        ({}, {}),
        (dict.fromkeys(_BLIND), {}),
        (_BLIND | {"entries": "<img src=x>"}, {}),
        (_BLIND | {"entries": -5}, {}),
        (_BLIND | {"entries": 10**13}, {}),
        (_BLIND | {"blind": _SHARE | {"share": 1e300}}, {}),
        (_BLIND | {"blind": _SHARE | {"interval": [0.5]}}, {}),
        (_BLIND | {"kinds": [{"value": "count"}]}, {}),
        (_BLIND | {"worth": {"share": 0.1, "interval": [0.0, 0.2]}}, {}),
        (_BLIND | {"more": _nested(300)}, {}),
        (_BLIND | {"more": "\ud800"}, {}),
        (_BLIND, {"options": {"models": ["\ud800"]}}),
        (_BLIND, {"query": "is:purple"}),
    ],
)
def test_other_numbers_count_as_no_run(
    db: Database, project: Projects, result: dict[str, Any], more: dict[str, Any]
) -> None:
    _store(db, project, "second-opinion", result, **more)
    checks = DatasetChecks(db)
    assert checks.newest(project.id, "second-opinion") is None
    assert checks.newest_of_each(project.id, "second-opinion") == []


def test_report_arena_and_comparison_do_without_runs_that_cannot_be_read(db: Database, project: Projects) -> None:
    checks = DatasetChecks(db)
    for check in ("heldout", "guessable", "arena", "judge"):
        _store(db, project, check, {"set": "<b>"})
    assert "Compare with a test set on the page Images" in checks.report(project.id)
    assert checks.arena_models(project.id) == []
    with pytest.raises(NotFoundError, match="The check judge was not run in this project yet"):
        checks.compare_again(project.id, "judge")


def test_a_judge_whose_trust_cannot_be_read_is_not_trusted(db: Database, project: Projects) -> None:
    _store(db, project, "judge", {"trust": "yes"})
    with db.reading() as session, pytest.raises(InvalidInputError, match="the judge is not trusted"):
        require_trusted_judge(session, project.id, parse_search("judge:<3"))


async def test_the_next_run_takes_the_place_of_one_that_cannot_be_read(db: Database, project: Projects) -> None:
    _store(db, project, "verifiable", {"entries": None})
    await DatasetChecks(db).run(project.id, "verifiable")
    with db.reading() as session:
        (run,) = session.exec(select(CheckRuns).where(CheckRuns.check_name == "verifiable"))
    assert run.result["entries"] == 0
