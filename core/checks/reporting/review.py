"""What people reviewed, how far they agree, and which entries look wrong."""

from typing import Any

from sqlalchemy import case, func
from sqlmodel import col, select

from core.checks.reporting.content import NOT_MEASURED, Fact, Section, Table, of_all, percent
from core.checks.reporting.source import Source
from core.dataset import agreement, quality, stats
from core.dataset.entries import EntryQueries
from core.dataset.filters import parse_search
from core.db import Events, ImageDatasets
from core.db.json_sql import is_in_json
from core.export.reporting.contributors import contributors

_MAX_PEOPLE = 12


def decisions(source: Source) -> Section:
    """How many entries people confirmed, and who decided how much."""
    entry = ImageDatasets
    with source.db.reading() as session:
        people = contributors(session, source.project.id, _events(source))
        confirmed, rejected, rating = session.exec(
            select(_count_of(col(entry.confirmed).is_(True)), _count_of(col(entry.rejected).is_(True)),
                   func.avg(case((col(entry.score) > 0, col(entry.score))))).where(*source.kept)
        ).one()  # fmt: skip
        every = None if source.bundle else stats.dataset_stats(session, source.project.id)
    facts = (
        Fact("Confirmed by a person", of_all(confirmed, source.total)),
        Fact("Not reviewed yet", of_all(source.total - confirmed - rejected, source.total)),
        Fact("Rejected", f"{every.rejected_entries:,}", "They are not in the other numbers.") if every else
        Fact("Rejected", f"{rejected:,}", "Formats that compare answers have them as the worse ones."),
        Fact("Mean rating", f"{rating:.2f} of 5" if rating else "not rated"),
        Fact("People", f"{len(people):,}"),
    )  # fmt: skip
    rows = tuple(
        (f"Person {number}", *(f"{made[what]:,}" for what in ("confirmed", "rejected", "edited")))
        for number, made in enumerate(people[:_MAX_PEOPLE], 1)
    )
    tables = (Table(("Reviewer", "Confirmed", "Rejected", "Edited"), rows),) if rows else ()
    return Section("Review by people", facts=facts, tables=tables, how="People are numbered, not named.")


def agreed(source: Source) -> Section:
    """Agreement between reviewers, and accuracy of models against people."""
    with source.db.reading() as session:
        between = agreement.of_reviewers(agreement.double_reviews(session, source.project.id, _events(source)))
        answers = agreement.answers(session, source.project.id, source.kept) if between.reviewed else []
    if not between.reviewed:
        how_to = "Set a share for second reviews on Curate, Review together. A second person then decides the same "
        return Section(
            "Agreement between reviewers",
            not_run=NOT_MEASURED if source.bundle else f"{how_to}entries without seeing the first decision.",
        )
    alpha = "undefined while all verdicts are equal" if between.alpha is None else f"{between.alpha:.2f}"
    facts = (
        Fact("Entries with two reviews", f"{between.reviewed:,}"),
        Fact("Same verdict", of_all(between.agreed, between.reviewed)),
        Fact("Krippendorff's alpha", alpha, "Nominal; 1 is full agreement, 0 is what chance gives."),
    )
    models = agreement.of_models(answers)
    rows = tuple((one.model, f"{one.questions:,}", percent(one.accuracy), percent(one.reachable)) for one in models)
    caption = "VQA accuracy of models against the answers of people, on questions that two people answered."
    table = Table(("Model", "Questions", "Accuracy", "Best possible"), rows, caption)
    return Section("Agreement between reviewers", facts=facts, tables=(table,) if rows else ())


def problems(source: Source) -> Section:
    """Entries that quality checks find."""
    rows = tuple(
        (one.label, f"{found:,}", percent(found / source.total) if source.total else "")
        for one, found in zip(quality.CHECKS, _failing(source), strict=True)
        if found
    )
    return Section(
        "Quality checks",
        "" if rows else f"None of {len(quality.CHECKS)} checks finds an entry.",
        tables=(Table(("Finding", "Entries", "Share"), rows, share_column=2),) if rows else (),
        how=f"{len(quality.CHECKS)} conditions on each entry, such as an empty answer or the same question twice with "
        "different answers. They find what is doubtful, not what is wrong.",
    )


def _failing(source: Source) -> list[int]:
    """Return how many entries each quality check finds."""
    if source.bundle is None:  # each by its index
        queries, id_ = EntryQueries(source.db), source.project.id
        return [queries.count_entries(id_, parse_search(f"check:{one.name} -is:rejected")) for one in quality.CHECKS]
    with source.db.reading() as session:
        query = select(*(_count_of(one.condition()) for one in quality.CHECKS))
        return list(session.exec(query.where(*source.kept)).one())


def _events(source: Source) -> list[Any]:
    """Return the condition of the decisions about the entries of an export; none for a project."""
    return [is_in_json(Events.entity_id, source.bundle.entry_ids)] if source.bundle else []


def _count_of(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
