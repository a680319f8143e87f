"""Runs of the arena without asking a model."""

from collections.abc import Mapping

from core.checks import store
from core.checks.arena.numbers import numbers
from core.checks.base import Finding
from core.dataset import parse_search
from core.db import CheckRuns, Database, utc_now


def plant_arena(db: Database, project_id: str, model: str, scores: Mapping[str, float]) -> None:
    """Store a run of *model* with the scores of entries by id."""
    findings = {
        id_: Finding(id_, "right" if score == 1 else "wrong", score, {"answer": "yes", "measure": "exact"})
        for id_, score in scores.items()
    }
    with db.transaction() as session:
        run = CheckRuns(project_id=project_id, check_name="arena", series=model)
        session.add(run)
        session.flush()
        for finding in findings.values():
            store.put_finding(session, run.id, finding)
        entries = store.read_entries(session, project_id, parse_search(""), run_id=run.id)
        run.result = {"model": model, **numbers([(entry, findings[entry.id]) for entry in entries], model)}
        run.ended_at = utc_now()
