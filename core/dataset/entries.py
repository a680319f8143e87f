"""Queries over entries: pages, counts, facets, statistics and the history of one entry."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from sqlalchemy import func
from sqlmodel import select

from core.dataset import by_image, completion, image_facets, quality, queries, stats
from core.dataset.conditions import conditions
from core.dataset.filters import EntryFilter
from core.dataset.history import HistoryEvent, history
from core.dataset.honeypots import mixing
from core.dataset.judge_trust import require_trusted_judge
from core.db import Database, ImageDatasets, Images, cached_until_write
from core.search_line import EmptyReason, Facet, FacetValue, counted, nearest_name, why_empty


class EntryQueries:
    """Reads entries and never writes; cached results are immutable, because all threads share them."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def find_entries(
        self,
        project_id: str,
        entry_filter: EntryFilter,
        *,
        limit: int = 100,
        after: str | None = None,
        newest_first: bool = False,
        not_skipped_by: str | None = None,
    ) -> queries.EntryPage:
        """Return one page of entries by keyset pagination.

        Args:
            limit: at most 1,000.
            after: the cursor of the page before.
            not_skipped_by: leaves out what this reviewer skipped.

        Raises:
            InvalidInputError: a value of the filter cannot be read, or *after* names no entry.
        """
        with self._db.reading() as session:
            return queries.find_entries(
                session, project_id, entry_filter,
                limit=limit, after=after, newest_first=newest_first, not_skipped_by=not_skipped_by,
            )  # fmt: skip

    @cached_until_write
    def has_entries(self, project_id: str) -> bool:
        """Whether the project has any entry."""
        with self._db.reading() as session:
            return bool(queries.find_entries(session, project_id, EntryFilter(), limit=1).items)

    @cached_until_write
    def count_entries(self, project_id: str, entry_filter: EntryFilter, *, not_skipped_by: str | None = None) -> int:
        """Count the entries of the filter; *not_skipped_by* as in :meth:`find_entries`."""
        with self._db.reading() as session:
            return queries.count_entries(session, project_id, entry_filter, not_skipped_by=not_skipped_by)

    def find_asked_images(
        self, project_id: str, entry_filter: EntryFilter, *, limit: int = 60, after: str | None = None
    ) -> by_image.AskedImagePage:
        """Return one page of the images of the filter's entries, each once with all its questions and answers.

        Args:
            limit: at most 200 images.
            after: the cursor of the page before.

        Raises:
            InvalidInputError: a value of the filter cannot be read, or *after* names no image.
        """
        with self._db.reading() as session:
            return by_image.find_asked_images(session, project_id, entry_filter, limit=limit, after=after)

    @cached_until_write
    def count_asked_images(self, project_id: str, entry_filter: EntryFilter) -> int:
        """Count the images of the filter's entries; of an entry with several images, the first."""
        with self._db.reading() as session:
            return by_image.count_asked_images(session, project_id, entry_filter)

    def entries_of_images(self, image_ids: set[str]) -> dict[str, list[ImageDatasets]]:
        """Return all entries of these images by image id, oldest first."""
        with self._db.reading() as session:
            return queries.entries_of_images(session, image_ids)

    def image_ids(self, project_id: str, entry_filter: EntryFilter, *, limit: int = 10_000) -> list[str]:
        """Return the ids of the images of the filter's entries, each once."""
        query = select(ImageDatasets.image_id).where(*conditions(project_id, entry_filter)).distinct()
        with self._db.reading() as session:
            require_trusted_judge(session, project_id, entry_filter)
            return list(session.exec(query.limit(limit)))

    def images_of(self, entries: Sequence[ImageDatasets]) -> dict[str, Images]:
        """Return the images of *entries* by id, deleted ones too."""
        with self._db.reading() as session:
            return queries.images_by_id(session, {id_ for entry in entries for id_ in entry.image_ids})

    def earlier_turns(self, entries: Sequence[ImageDatasets]) -> dict[str, list[ImageDatasets]]:
        """Return the last 20 turns before each entry that is a turn of a conversation, in their order, by entry id."""
        with self._db.reading() as session:
            return queries.earlier_turns(session, entries)

    def single_label_questions(self, entries: Sequence[ImageDatasets]) -> set[str]:
        """Return the ids of the questions of *entries* whose answers are exactly one label."""
        with self._db.reading() as session:
            return queries.single_label_questions(session, entries)

    def copied_from(self, entries: Sequence[ImageDatasets]) -> dict[str, str]:
        """Return by id the entry that each honeypot among *entries* is a copy of."""
        with self._db.reading() as session:
            return mixing.sources(session, [entry.id for entry in entries])

    @cached_until_write
    def facets(self, project_id: str, entry_filter: EntryFilter) -> tuple[Facet, ...]:
        """Return the facets of the filter's entries that have more than one value."""
        with self._db.reading() as session:
            require_trusted_judge(session, project_id, entry_filter)
            of_images = (image_facets.sides, image_facets.times)
            found = [make(session, project_id, entry_filter) for make in of_images]
            return (*stats.facets(session, project_id, entry_filter), *(facet for facet in found if facet))

    @cached_until_write
    def field_values(self, project_id: str, field: str) -> tuple[str, ...]:
        """Return suggestions for a field of the search line, most frequent first; none for numbers and dates."""
        with self._db.reading() as session:
            return tuple(completion.field_values(session, project_id, field))

    @cached_until_write
    def value_counts(
        self, project_id: str, field: str, start: str = "", query: EntryFilter | None = None
    ) -> tuple[FacetValue, ...]:
        """Return suggestions for a field with how many entries each finds; names that hold *start* for ``image``.

        Args:
            query: the other terms of the line; those of the same field that are alternatives count for nothing.
        """
        within = (query or EntryFilter()).beside(field)
        if field == "image":
            with self._db.reading() as session:
                require_trusted_judge(session, project_id, within)
                names = completion.image_names(session, project_id, within, start)
            return tuple(FacetValue(name, name, count) for name, count in names)
        values = self.field_values(project_id, field)
        is_alone = within == within.without(field)  # facets count without the terms of their own field
        facets = self.facets(project_id, within) if values and is_alone else ()

        def count(value: str) -> int:
            return self.count_entries(project_id, within.with_term(field, value))

        return counted(values, field, facets, count, zeros_last=bool(within))

    def why_empty(self, project_id: str, entry_filter: EntryFilter) -> EmptyReason | None:
        """Return the part of the filter to remove or change, None when it finds entries or has no terms."""

        def instead(part: EntryFilter) -> str | None:
            term = part.terms[0]
            if len(part.terms) > 1 or term.negated or not term.field:
                return None
            close = nearest_name(term.value, self.field_values(project_id, term.field))
            better = EntryFilter().with_term(term.field, close) if close and close != term.value else None
            return str(better) if better and self.count_entries(project_id, better) else None

        return why_empty(entry_filter, lambda some: self.count_entries(project_id, some), instead)

    @cached_until_write
    def tag_names(self, project_id: str) -> tuple[str, ...]:
        """Return the tags in use, most frequent first."""
        with self._db.reading() as session:
            return tuple(stats.tag_names(session, project_id))

    @cached_until_write
    def balance(self, project_id: str, entry_filter: EntryFilter) -> tuple[stats.Balance, ...]:
        """Return the distribution of short answers for each kind of question."""
        with self._db.reading() as session:
            require_trusted_judge(session, project_id, entry_filter)
            return tuple(stats.balance(session, conditions(project_id, entry_filter)))

    @cached_until_write
    def check_counts(self, project_id: str, entry_filter: EntryFilter) -> Mapping[str, int]:
        """Return how many entries fail each quality check, by the name of the check."""
        return MappingProxyType(
            {
                check.name: self.count_entries(project_id, entry_filter.with_term("check", check.name))
                for check in quality.CHECKS
            }
        )

    @cached_until_write
    def failing(self, project_id: str, entry_filter: EntryFilter, checks: tuple[str, ...]) -> Mapping[str, int]:
        """Return how many entries of the filter fail each of *checks*, also when the filter is by a check itself."""
        where = conditions(project_id, entry_filter)
        with self._db.reading() as session:
            require_trusted_judge(session, project_id, entry_filter)
            counts = {
                name: session.exec(
                    select(func.count()).select_from(ImageDatasets).where(*where, quality.condition_of_check(name))
                ).one()
                for name in checks
            }
        return MappingProxyType(counts)

    @cached_until_write
    def decisions_per_day(self, project_id: str, days: int = 30) -> tuple[tuple[date, int], ...]:
        """Return how many entries were confirmed or rejected on each of the last *days*, today last."""
        with self._db.reading() as session:
            return tuple(stats.decisions_per_day(session, project_id, days))

    def history(self, entry_id: str) -> list[HistoryEvent]:
        """Return what was done to the entry, oldest first."""
        with self._db.reading() as session:
            return history(session, entry_id)
