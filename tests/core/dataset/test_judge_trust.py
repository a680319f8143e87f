"""A filter by the scores of a judge needs the newest run of the judge to be trusted."""

from datetime import timedelta
from typing import Any

import pytest

from core import Projects
from core.dataset import parse_search
from core.dataset.judge_trust import require_trusted_judge
from core.db import CheckRuns, Database, utc_now
from core.errors import InvalidInputError

TRUSTED, DISTRUSTED = {"trust": {"answer": "yes"}}, {"trust": {"answer": "no", "sentence": "it disagrees"}}


@pytest.mark.parametrize(
    ("runs", "line", "reason"),
    [
        ([], "score:3", ""),
        ([], "judge:>3", "before a judge has run"),
        ([("other", 0, TRUSTED)], "judge:>3", "before a judge has run"),
        ([("judge", None, TRUSTED)], "judge:>3", "before a judge has run"),
        ([("judge", 0, TRUSTED)], "judge:>3", ""),
        ([("judge", 1, DISTRUSTED), ("judge", 0, TRUSTED)], "judge:>3", ""),
        ([("judge", 1, TRUSTED), ("judge", 0, DISTRUSTED)], "judge:>3", r"not trusted \(no: it disagrees\)"),
        ([("judge", 0, {})], "judge:>3", r"not trusted \(not yet: it was not compared with reviews\)"),
        ([("judge", 0, {"trust": "yes"})], "judge:>3", "not trusted"),
    ],
)
def test_a_filter_by_a_judge_is_refused_until_its_newest_run_is_trusted(
    runs: list[tuple[str, int | None, dict[str, Any]]], line: str, reason: str, db: Database, project: Projects
) -> None:
    with db.transaction() as session:
        for name, days_ago, result in runs:
            ended_at = None if days_ago is None else utc_now() - timedelta(days=days_ago)
            session.add(CheckRuns(project_id=project.id, check_name=name, result=result, ended_at=ended_at))

    with db.reading() as session:
        if not reason:
            require_trusted_judge(session, project.id, parse_search(line))
            return
        with pytest.raises(InvalidInputError, match=reason):
            require_trusted_judge(session, project.id, parse_search(line))
