"""Comparing a run with the reviews once more, without asking any model."""

from core.checks import store
from core.checks.asking import runs
from core.checks.asking.base import NO_ANSWER, ComparingCheck
from core.checks.asking.recipe import asking_recipe
from core.checks.asking.registry import asking_check
from core.db import CheckRuns, Database
from core.errors import InvalidInputError, NotFoundError


def compare_again(db: Database, project_id: str, check_name: str) -> None:
    """Make the numbers of the newest run of a check again, by the reviews as they are now.

    Raises:
        InvalidInputError: the check is not compared with reviews, or no entry of the run is left.
        NotFoundError: the check was not run in this project.
    """
    if not isinstance(asking_check(check_name), ComparingCheck):
        raise InvalidInputError(f"The check {check_name} is not compared with reviews.", field="check")
    with db.reading() as session:
        stored = store.newest_run(session, project_id, check_name)
        if stored is None:
            raise NotFoundError(f"The check {check_name} was not run in this project yet. Run it first.")
        options = dict(stored.options)
        models = options.pop("models", [])
        config = {"check": check_name, "query": stored.query, "models": models, "options": options}
        _, check, run = asking_recipe(config)
        findings = store.findings_of(session, stored.id)
        entries = runs.entries_of(session, project_id, stored.id, check)
    answered = [(entry, findings[entry.id]) for entry in entries if findings[entry.id].verdict != NO_ANSWER]
    if not answered:
        raise InvalidInputError("None of the entries that were asked about is left. Run the check again.")
    try:
        result = check.result(answered, run) | {"asked": stored.result["asked"]}
    except (LookupError, TypeError, ValueError):
        raise InvalidInputError("What this run found cannot be read, as it may be in an imported project. Run the "
                                "check again.") from None  # fmt: skip
    with db.transaction() as session:
        session.get_one(CheckRuns, stored.id).result = result
