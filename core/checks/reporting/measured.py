"""What checks of the dataset have measured; those that were not run are named with the way to run them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.checks.arena.contestants import public_name
from core.checks.reporting import exported, heldout
from core.checks.reporting.content import NOT_MEASURED, Fact, Section, percent
from core.checks.reporting.source import Source
from core.dataset.filters import parse_search
from core.db import CheckRuns
from core.errors import InvalidInputError

_MAX_FACTS = 30
_NAMING_NOBODY = frozenset({
    "is", "type", "lang", "score", "length", "images", "side", "pinned", "split", "created", "origin", "check",
    "flagged", "edited", "doubtful", "guessable", "heldout", "prune", "judge", "worth", "verifiable", "tools", "blind",
    "seen", "consensus", "doubt",
})  # fmt: skip
"""Fields of the search line whose values name no person and no server, and are no free text."""


def all_checks(source: Source) -> list[Section]:
    """Return the sections of each check, then of runs of what is no check that can be started here."""
    from core.checks.asking.registry import asking_checks
    from core.checks.registry import checks

    known: dict[str, Any] = {**checks(), **asking_checks()}
    others = [name for name in source.runs if name not in known and name != heldout.CHECK]
    return [
        section
        for name in [*known, *others]
        for section in _sections(source, name, known.get(name), name in asking_checks())
    ]


def _sections(source: Source, name: str, check: Any, asks: bool) -> list[Section]:
    """Return a section for each series of runs, or the one that says how to run the check."""
    label = check.label if check else name.replace("-", " ").capitalize()
    runs = source.runs.get(name, ())
    if source.bundle is not None:
        covered = ((run, exported.covered(source, run)) for run in runs)
        found = [
            _measured(run, label, check) if one.is_whole_run else exported.counted(source, run, label, one)
            for run, one in covered
            if one.findings
        ]
        return found or ([Section(label, not_run=NOT_MEASURED)] if check and name not in exported.OF_PROJECTS else [])
    if runs:
        return [_measured(run, label, check) for run in runs]
    models = " and the models to ask, for which it shows the cost first" if asks else ""
    not_run = (
        f"Run it on the page Check, or by POST /api/projects/{source.project.id}/checks with "
        f'{{"check": "{name}"}}{models}.'
    )
    return [Section(label, not_run=not_run)]


def _measured(run: CheckRuns, label: str, check: Any) -> Section:
    report = getattr(check, "report", None)
    section = (_worded(run.result, report) if report else None) or Section(label, facts=tuple(_facts(run.result)))
    if run.series:
        name = public_name(run.series)
        sentence = section.sentence.replace("A model", name, 1)  # several stand in one list, without their titles
        section = replace(section, title=f"{section.title}: {name}", sentence=sentence)
    return replace(section, at=run.ended_at, of=said_query(run.query))


def said_query(line: str) -> str:
    """Return in words which entries a search line chose; a line that may name people or servers is not printed."""
    if not line.strip():
        return ""
    try:
        fields = {term.field for term in parse_search(line).terms}
    except InvalidInputError:
        fields = {line}
    return f"entries of the search {line}" if fields <= _NAMING_NOBODY else "entries that a search line chose"


def _worded(result: dict[str, Any], report: Callable[[dict[str, Any]], Section]) -> Section | None:
    """Return the section that a check words, or None for numbers that it did not write, as in an imported archive."""
    try:
        return report(result)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError):
        return None


def _facts(result: dict[str, Any], prefix: str = "") -> list[Fact]:
    """Return the numbers of a result, those in objects with the names of these; texts may name people or servers."""
    found: list[Fact] = []
    for key, value in result.items():
        label = f"{prefix}{key.replace('_', ' ')}"
        if isinstance(value, dict):
            found += _facts(value, f"{label}, ")
        elif isinstance(value, bool):
            found.append(Fact(label, "yes" if value else "no"))
        elif isinstance(value, int):
            found.append(Fact(label, f"{value:,}"))
        elif isinstance(value, float):
            found.append(Fact(label, percent(value) if "share" in key else f"{value:.3g}"))
    return found[:_MAX_FACTS]
