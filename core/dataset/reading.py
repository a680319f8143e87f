"""Reading entries: one, a page, a count, and what the pages draw from them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import col, select

from core.dataset import changes, completion, image_facets, queries, review, stats, values
from core.dataset.collaboration import TeamWork
from core.dataset.conditions import conditions
from core.dataset.filters import EntryFilter, parse_search
from core.dataset.quality import CHECKS
from core.dataset.review import HistoryEvent
from core.db import Database, ImageDatasets, Images, cached_until_write


class EntryReading(TeamWork):
    """What can be asked about entries; nothing here writes."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def get_dataset_entry(self, entry_id: str) -> ImageDatasets:
        """Return the entry.

        Raises:
            NotFoundError: no such entry.
        """
        with self._db.reading() as session:
            return changes.entry_by_id(session, entry_id)

    def list_dataset_entries(
        self,
        project_id: str,
        image_id: str | None = None,
        answer_type: str | None = None,
        confirmed: bool | None = None,
        min_score: float | None = None,
        tags: str | Sequence[str] | None = None,
        *,
        rejected: bool | None = None,
        model: str | None = None,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
    ) -> list[ImageDatasets]:
        """Return entries in the order they were made; *tags* must all be there, *search* is a search line."""
        where = conditions(project_id, parse_search(search))
        for column, wanted in (
            (ImageDatasets.image_id, image_id), (ImageDatasets.answer_type, answer_type),
            (ImageDatasets.confirmed, confirmed), (ImageDatasets.rejected, rejected), (ImageDatasets.model, model),
        ):  # fmt: skip
            if wanted is not None:
                where.append(col(column) == wanted)
        if min_score is not None:
            where.append(col(ImageDatasets.score) >= min_score)
        for tag in values.normal_tags(tags or "").split(","):
            if tag:
                where += conditions(project_id, EntryFilter().with_term("tag", tag))[2:]
        query = select(ImageDatasets).where(*where).order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))
        with self._db.reading() as session:
            return list(session.exec(query.limit(limit).offset(offset)))

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
        """Return a page of entries behind *after*, the cursor of the page before."""
        with self._db.reading() as session:
            return queries.find_entries(
                session, project_id, entry_filter,
                limit=limit, after=after, newest_first=newest_first, not_skipped_by=not_skipped_by,
            )  # fmt: skip

    @cached_until_write
    def has_entries(self, project_id: str) -> bool:
        with self._db.reading() as session:
            return bool(queries.find_entries(session, project_id, EntryFilter(), limit=1).items)

    @cached_until_write
    def count_entries(self, project_id: str, entry_filter: EntryFilter, *, not_skipped_by: str | None = None) -> int:
        with self._db.reading() as session:
            return queries.count_entries(session, project_id, entry_filter, not_skipped_by=not_skipped_by)

    def entries_of_images(self, image_ids: set[str]) -> dict[str, list[ImageDatasets]]:
        """Return every entry of these images, by image."""
        with self._db.reading() as session:
            return queries.entries_of_images(session, image_ids)

    def image_ids(self, project_id: str, entry_filter: EntryFilter, *, limit: int = 10_000) -> list[str]:
        """Return the images that the filter's entries are about, each once."""
        query = select(ImageDatasets.image_id).where(*conditions(project_id, entry_filter)).distinct()
        with self._db.reading() as session:
            return list(session.exec(query.limit(limit)))

    def images_of(self, entries: Sequence[ImageDatasets]) -> dict[str, Images]:
        """Return the images of *entries* by id, deleted ones too."""
        with self._db.reading() as session:
            return queries.images_by_id(session, {entry.image_id for entry in entries})

    @cached_until_write
    def get_dataset_stats(self, project_id: str) -> dict[str, Any]:
        """Return total_entries, confirmed_entries, average_score of the rated ones, by_answer_type, unique_images."""
        with self._db.reading() as session:
            return stats.dataset_stats(session, project_id)

    @cached_until_write
    def facets(self, project_id: str, entry_filter: EntryFilter) -> list[stats.Facet]:
        with self._db.reading() as session:
            more = (image_facets.sides, image_facets.times)
            found = [make(session, project_id, entry_filter) for make in more]
            return [*stats.facets(session, project_id, entry_filter), *(facet for facet in found if facet)]

    @cached_until_write
    def field_values(self, project_id: str, field: str) -> list[str]:
        """Return what may stand behind *field* in the search line, the most frequent first; none for numbers."""
        with self._db.reading() as session:
            return completion.field_values(session, project_id, field)

    @cached_until_write
    def tag_names(self, project_id: str) -> list[str]:
        """Return the tags in use, the most frequent first."""
        with self._db.reading() as session:
            return stats.tag_names(session, project_id)

    @cached_until_write
    def balance(self, project_id: str, entry_filter: EntryFilter) -> list[stats.Balance]:
        with self._db.reading() as session:
            return stats.balance(session, project_id, entry_filter)

    @cached_until_write
    def check_counts(self, project_id: str, entry_filter: EntryFilter) -> dict[str, int]:
        """Return how many entries fail each quality check, by its name."""
        return {
            check.name: self.count_entries(project_id, entry_filter.with_term("check", check.name)) for check in CHECKS
        }

    @cached_until_write
    def decisions_per_day(self, project_id: str, days: int = 30) -> list[tuple[date, int]]:
        with self._db.reading() as session:
            return stats.decisions_per_day(session, project_id, days)

    def history(self, entry_id: str) -> list[HistoryEvent]:
        """Return what was done to the entry, oldest first."""
        with self._db.reading() as session:
            return review.history(session, entry_id)
