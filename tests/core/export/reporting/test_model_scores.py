from datetime import UTC, datetime
from typing import Any

import pytest

from core import Projects
from core.db import CheckRuns, Database
from core.export.reporting.model_scores import model_scores


def _run(project: Projects, series: str, day: int | None, score: float, **more: Any) -> CheckRuns:
    result = {"score": score, "interval": [score - 0.06, score + 0.06], "questions": 200, "own_answers": 0, **more}
    ended = datetime(2026, 11, day, tzinfo=UTC) if day else None
    return CheckRuns(
        project_id=project.id, check_name="arena", series=series, query="by:ann", result=result, ended_at=ended
    )


def test_each_model_has_one_line_without_its_address_and_without_the_search_line(
    db: Database, project: Projects
) -> None:
    with db.reading() as session:
        assert model_scores(session, project.id) == []
    with db.transaction() as session:
        session.add_all(
            [
                _run(project, "openai/mine@10.0.0.5:8000", 27, 0.60),
                _run(project, "openai/mine@10.0.0.5:8000", 28, 0.71),
                _run(project, "openai/gpt-4o", 28, 0.8, own_answers=12),
                _run(project, "openai/unfinished", None, 0.9),
            ]
        )
    with db.reading() as session:
        assert model_scores(session, project.id) == [
            "openai/gpt-4o: 80 of 100 (95% interval 74 to 86) on 200 questions, 2026-11-28; "
            "12 of the stored answers are its own",
            "openai/mine: 71 of 100 (95% interval 65 to 77) on 200 questions, 2026-11-28",
        ]


@pytest.mark.parametrize(
    "odd", [{"score": float("nan")}, {"score": "high"}, {"interval": [0.1]}, {"own_answers": None}, {"questions": -1}]
)
def test_numbers_of_an_archive_that_the_arena_did_not_write_cost_only_their_own_line(
    odd: dict[str, Any], db: Database, project: Projects
) -> None:
    run = _run(project, "openai/odd", 28, 0.5)
    run.result = {**run.result, **odd}
    with db.transaction() as session:
        session.add_all([run, _run(project, "openai/gpt-4o", 28, 0.8)])
    with db.reading() as session:
        (line,) = model_scores(session, project.id)
    assert line.startswith("openai/gpt-4o: 80 of 100")
