"""What the dataset consists of: entries, images, kinds, languages, and how often which answer occurs."""

from sqlalchemy import distinct, func
from sqlmodel import col, select

from core.checks.reporting.content import Fact, Section, Table, counted, of_all, percent
from core.checks.reporting.source import Source
from core.dataset import stats
from core.db import ImageDatasets, Images

_Entry = ImageDatasets
_MAX_KINDS = 15


def size(source: Source) -> Section:
    """Entries, images and conversations."""
    with source.db.reading() as session:
        images = session.exec(select(func.count()).select_from(Images).where(*source.kept_images)).one()
        words, conversations, asked = session.execute(
            select(
                func.avg(func.length(_Entry.answer)), func.count(distinct(col(_Entry.conversation_id))),
                func.count(distinct(col(_Entry.question))),
            ).where(*source.kept)
        ).one()  # fmt: skip
    facts = [
        *(_of_export(source, images) if source.bundle else _of_project(source, images)),
        Fact("Different questions", f"{asked:,}", "Equal letter by letter."),
        Fact("Mean length of an answer", f"{words or 0:,.0f} characters"),
    ]  # fmt: skip
    if conversations:
        facts.append(Fact("Conversations", f"{conversations:,}", "Entries that follow each other about one image."))
    return Section("Size", facts=tuple(facts))


def _of_export(source: Source, images: int) -> list[Fact]:
    return [
        Fact("Entries", f"{source.total:,}", "An entry is a question about an image with its answer. All numbers of "
             "this report are of the entries of this export, unless they say otherwise."),
        Fact("Images", f"{images:,}", "Those that the entries are about."),
    ]  # fmt: skip


def _of_project(source: Source, images: int) -> list[Fact]:
    with source.db.reading() as session:
        every = stats.dataset_stats(session, source.project.id)
    return [
        Fact("Entries", f"{source.total:,}", "An entry is a question about an image with its answer. Rejected entries "
             f"({every.rejected_entries:,}) count nowhere else in this report."),
        Fact("Images", f"{images:,}", "In the library of the project, with and without entries."),
        Fact("Images with entries", of_all(every.unique_images, images)),
    ]  # fmt: skip


def kinds(source: Source) -> Section:
    """Kinds of questions, answer types and languages."""
    columns = (("Kind of question", _Entry.kind), ("Answer type", _Entry.answer_type), ("Language", _Entry.language))
    tables = tuple(
        counted(label, [(value or "not given", count) for value, count in source.count_by(col(column))], source.total)
        for label, column in columns
    )
    how = "The kind and the language are those that were asked for or stated by the source, not measured."
    return Section("Kinds, types and languages", tables=tables, how=how)


def balance(source: Source) -> Section:
    """The most frequent short answer of each kind."""
    with source.db.reading() as session:
        found = stats.balance(session, source.kept, answers_per_kind=3)
    rows = tuple(
        (
            one.kind or "not given", f"{one.total:,}", percent(one.leading_share),
            ", ".join(f"{answer or 'empty'} ({count:,})" for answer, count in one.answers),
        )
        for one in found[:_MAX_KINDS]
    )  # fmt: skip
    return Section(
        "Balance of answers",
        "How large a part the most frequent answer is.",
        tables=(Table(("Kind", "Short answers", "Most frequent", "Answers"), rows, share_column=2),),
        how=f"Of answers with at most {stats.MAX_BALANCE_CHARS} characters, in lower case; longer ones are rarely "
        "given twice.",
    )
