"""Where images and answers come from, and what they cost."""

from collections import Counter
from typing import Any

from sqlalchemy import and_, func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from core.checks.reporting.content import Fact, Section, Table, counted, of_all
from core.checks.reporting.source import Source
from core.db import IMPORTED, Exports, ImageDatasets, Images, LlmCalls, Tasks
from core.export.reporting.credentials import credentials

_SINGLE_IMAGES = "Licenses of single images are not recorded: check them at their source."
_OF_EXPORT = "Of the calls that gave the answers of this export, divided by confirmed entries."
_NOT_ANALYZED = "To read them, analyze the images for Content Credentials on the page Images."


def images(source: Source) -> Section:
    """Sources of images, and whether models made them."""
    own = source.kept_images
    with source.db.reading() as session:
        by_source = [(value, int(count)) for value, count in session.execute(
            select(col(Images.source), func.count()).where(*own).group_by(col(Images.source))
        )]  # fmt: skip
        variants = session.exec(
            select(func.count()).select_from(Images).where(*own, col(Images.variant_of).is_not(None))
        ).one()
        labels = credentials(session, source.project.id, own)
    total = sum(count for _, count in by_source)
    facts = [
        Fact("Made by a model here", of_all(dict(by_source).get("generated", 0), total)),
        Fact("Changed copies of other images", of_all(variants, total)),
    ]
    table = counted("How images came", by_source, total)
    return Section(
        "Sources of the images", facts=(*facts, *_credentials(labels, total, is_of_export=source.bundle is not None)),
        tables=(Table((table.head[0], "Images", "Share"), table.rows, share_column=2),),
        how="Content Credentials (C2PA) are read from the files. An image without any may still be made by a model: "
        "credentials are easily removed.",
    )  # fmt: skip


def _credentials(labels: Counter[str], total: int, *, is_of_export: bool) -> list[Fact]:
    if not labels:
        return [Fact("Content Credentials (C2PA)", "not read", "" if is_of_export else _NOT_ANALYZED)]
    read = labels["no credentials"] + labels["invalid signature"] + labels["signed"]
    return [
        Fact("Content Credentials read", of_all(read, total)),
        Fact("Signed", of_all(labels["signed"], read)),
        Fact("Said to be made by a model", of_all(labels["ai-made"], read), "By what the signed file says of itself."),
        Fact("Said to be edited", of_all(labels["edited"], read)),
        Fact("Invalid signature", of_all(labels["invalid signature"], read)),
        Fact("Without any", of_all(labels["no credentials"], read), "Proves nothing, in either direction."),
    ]


def answers(source: Source) -> Section:
    """Who answered."""
    entry = ImageDatasets
    rows = source.count_by(col(entry.model), col(entry.origin))
    named: Counter[str] = Counter()
    for model, origin, count in rows:
        named[model or ("imported, not stated by whom" if origin == IMPORTED else "a person")] += count
    with source.db.reading() as session:
        changed = and_(col(entry.generated_answer).is_not(None), col(entry.generated_answer) != col(entry.answer))
        edited = session.exec(select(func.count()).select_from(entry).where(*source.kept, changed)).one()
    facts = (Fact("Answers of models that people edited", of_all(edited, source.total)),)
    return Section("Who answered", facts=facts, tables=(counted("Answered by", named.items(), source.total),))


def costs(source: Source) -> Section:
    """What model calls cost, by model and purpose."""
    with source.db.reading() as session:
        rows = session.execute(
            select_columns(
                col(LlmCalls.model), col(LlmCalls.purpose), func.count(), func.sum(col(LlmCalls.cost)),
                func.sum(col(LlmCalls.prompt_tokens)), func.sum(col(LlmCalls.completion_tokens)),
                func.count(col(LlmCalls.cost)),
            )
            .where(_calls(source))
            .group_by(col(LlmCalls.model), col(LlmCalls.purpose))
            .order_by(col(LlmCalls.model), col(LlmCalls.purpose))
        ).all()  # fmt: skip
        confirmed = session.exec(
            select(func.count()).select_from(ImageDatasets).where(*source.kept, col(ImageDatasets.confirmed).is_(True))
        ).one()
    if not rows:
        none = "No answer of this export has a stored model call."
        return Section("Costs", none if source.bundle else "No model was called by a task of this project.")
    total, unknown = sum(row[3] or 0 for row in rows), sum(row[2] - row[6] for row in rows)
    facts = [Fact("Model calls", f"{sum(row[2] for row in rows):,}"), Fact("Cost", _dollars(total))]
    if confirmed:
        facts.append(Fact("For each confirmed entry", _dollars(total / confirmed), _OF_EXPORT if source.bundle else
                          "All calls, also for what was not kept, divided by confirmed entries."))  # fmt: skip
    if unknown:
        facts.append(Fact("Calls without a known price", f"{unknown:,}", "Failed, or of a model without a price list; "
                          "they are not in the sum."))  # fmt: skip
    table = Table(("Model", "For", "Calls", "Cost", "Tokens in", "Tokens out"), tuple(map(_cost_row, rows)))
    how = "From the ledger of calls: what providers stated as usage, at their prices in US dollars. People's time is "
    return Section("Costs", facts=tuple(facts), tables=(table,), how=how + "not in it.")


def _calls(source: Source) -> Any:
    """Return the condition of the calls of the project's tasks, or of those that gave the answers of an export."""
    if source.bundle:
        return col(LlmCalls.id).in_(select(ImageDatasets.call_id).where(*source.kept))
    return col(LlmCalls.task_id).in_(select(Tasks.id).where(Tasks.project_id == source.project.id))


def license_(source: Source) -> Section:
    """The license of an export, or the one that exports stated, and how often the dataset was exported."""
    if source.bundle:
        return Section("License", facts=(Fact("License", source.bundle.license or "not stated", _SINGLE_IMAGES),))
    query = select(Exports).where(Exports.project_id == source.project.id).order_by(col(Exports.create_at).desc())
    with source.db.reading() as session:
        exports = list(session.exec(query.limit(1_000)))
    stated = next((str(one.recipe["license"]) for one in exports if one.recipe.get("license")), "")
    return Section(
        "License and exports",
        facts=(
            Fact("License", stated or "not stated",
                 f"The one that the newest export with a license states. {_SINGLE_IMAGES}"),
            Fact("Earlier exports", f"{len(exports):,}"),
        ),
    )  # fmt: skip


def _cost_row(row: Any) -> tuple[str, ...]:
    model, purpose, calls, cost, tokens_in, tokens_out, priced = row
    return (
        model, purpose or "not stated", f"{calls:,}", _dollars(cost or 0) if priced else "unknown",
        f"{tokens_in or 0:,}", f"{tokens_out or 0:,}",
    )  # fmt: skip


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.4f}"
