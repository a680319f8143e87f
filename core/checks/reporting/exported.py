"""What runs of checks say of the entries of an export, when they are about other entries too."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import col

from core.checks.arena.contestants import public_name
from core.checks.reporting.content import Fact, Section, Table, of_all, percent
from core.checks.reporting.source import Source
from core.db import CheckRuns, EntryFindings, ImageDatasets

OF_PROJECTS = frozenset({"balance", "twins", "worth"})
"""Checks that propose what to do next with a project; readers of an export are told only what was done."""


@dataclass(frozen=True)
class Covered:
    """What a run found about the entries of an export."""

    findings: int
    is_whole_run: bool
    """Whether the run is about no other entry, so that its numbers are those of the export."""
    verdicts: tuple[tuple[str, int, float | None], ...]
    """Each verdict with the number of entries and their mean score, the most frequent first."""


def covered(source: Source, run: CheckRuns) -> Covered:
    """Return what *run* found about the entries of the export."""
    of_run = col(EntryFindings.run_id) == run.id
    about = col(EntryFindings.entry_id).in_(select_columns(col(ImageDatasets.id)).where(*source.kept))
    with source.db.reading() as session:
        columns = (col(EntryFindings.verdict), func.count(), func.avg(col(EntryFindings.score)))
        rows = session.execute(select_columns(*columns).where(of_run, about).group_by(EntryFindings.verdict)).all()
        every = session.execute(select_columns(func.count()).select_from(EntryFindings).where(of_run)).scalar_one()
    count = sum(row[1] for row in rows)
    verdicts = tuple(sorted(((row[0], row[1], row[2]) for row in rows), key=lambda row: (-row[1], row[0])))
    return Covered(count, count == every and run.check_name not in OF_PROJECTS, verdicts)


def counted(source: Source, run: CheckRuns, label: str, found: Covered) -> Section:
    """Return the section of the verdicts about the entries of the export alone."""
    rows = tuple(
        (verdict, f"{count:,}", percent(count / found.findings), "" if mean is None else f"{mean:.3g}")
        for verdict, count, mean in found.verdicts
    )
    return Section(
        f"{label}: {public_name(run.series)}" if run.series else label,
        facts=(Fact("Entries of this export with a finding", of_all(found.findings, source.total)),),
        tables=(Table(("Finding", "Entries", "Share", "Mean score"), rows, share_column=2),),
        how="The check looked at other entries of the project too; they are not counted here.",
        of="entries of the project",
        at=run.ended_at,
    )
