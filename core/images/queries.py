"""Images by a search line: pages, ids, facets, and why there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlmodel import col, func, select

from core.db import Database, ImageAnalyses, Images, cached_until_write, in_library
from core.db.text import holds_text
from core.errors import InvalidInputError
from core.images import filter as filters
from core.images import query_facets
from core.images.filter import MAX_SORTED_ROWS, ImageFilter
from core.images.image_query import ALL_MUST_MATCH, FIELDS, ImageQuery, parse_image_query
from core.images.query_conditions import Condition, conditions
from core.images.query_ranking import Ranking, ranked
from core.lazy import Lazy
from core.search_line import NONE, EmptyReason, Facet, FacetValue, counted, nearest_name, why_empty

_MAX_NAMES = 12  # that are suggested at once


@dataclass(frozen=True)
class FoundImages:
    """One page of the images that a search line finds."""

    items: list[Images]
    next_cursor: str | None
    """The ``after`` of the following page; None on the last one."""
    total: int
    """Images of all pages."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """By image id, when the images are ranked: the cosine, or for words a sum that only orders."""


@dataclass(frozen=True)
class _Matches:
    ids: tuple[str, ...]


class ImageQueries:
    """Reads images by search lines, see :mod:`core.images.image_query`; never writes."""

    def __init__(self, db_session: Database, search: Lazy[Any]) -> None:
        """*search* makes a ``core.vision.search.ImageSearch``."""
        self._db = db_session
        self._search = search

    def find(
        self,
        project_id: str,
        query: ImageQuery | str,
        *,
        image_filter: ImageFilter | None = None,
        limit: int = 60,
        after: str | None = None,
    ) -> FoundImages:
        """Return one page of the images that *query* finds, by keyset pagination.

        Args:
            image_filter: further conditions, and the order of images that are not ranked.
            after: the ``next_cursor`` of the page before.

        Raises:
            InvalidInputError: the search line cannot be read, or *after* was removed.
            NotFoundError: the image of ``similar:`` is not in the project.
        """
        parsed, also = _parsed(query), image_filter or ImageFilter()
        if parsed.is_ranked:
            return self._ranked_page(project_id, parsed, also, limit, after)
        if not parsed:
            with self._db.reading() as session:
                count = partial(self._count, project_id, parsed, also)
                page = filters.find(session, project_id, also, limit, after, count)
            return FoundImages(page.items, page.next_cursor, page.total)
        few = self._few(project_id, parsed, also)
        where = self._where(project_id, parsed, also) if few is None else _with_ids(few.ids)
        with self._db.reading() as session:
            items, more = filters.rows_of_page(session, where, also.sort, limit, after, limit + 1)
        total = self.count(project_id, parsed, also)
        return FoundImages(items, items[-1].id if more else None, total)

    def count(self, project_id: str, query: ImageQuery | str, image_filter: ImageFilter | None = None) -> int:
        """Return how many images *query* finds.

        Raises:
            InvalidInputError: the search line cannot be read.
            NotFoundError: the image of ``similar:`` is not in the project.
        """
        parsed, also = _parsed(query), image_filter or ImageFilter()
        if parsed.is_ranked:
            return len(self._rank(project_id, parsed, also).ids)
        few = self._few(project_id, parsed, also)
        return len(few.ids) if few is not None else self._count(project_id, parsed, also)

    def find_ids(self, project_id: str, query: ImageQuery | str, image_filter: ImageFilter | None = None) -> list[str]:
        """Return the ids of all images that *query* finds: the best first, else oldest first.

        Raises:
            InvalidInputError: the search line cannot be read.
            NotFoundError: the image of ``similar:`` is not in the project.
        """
        parsed, also = _parsed(query), image_filter or ImageFilter()
        if parsed.is_ranked:
            return list(self._rank(project_id, parsed, also).ids)
        ids = select(Images.id).where(*self._where(project_id, parsed, also))
        with self._db.reading() as session:
            return list(session.exec(ids.order_by(col(Images.create_at), col(Images.id))))

    @cached_until_write
    def facets(self, project_id: str, query: ImageQuery) -> tuple[Facet, ...]:
        """Return the facets of the images that *query* finds.

        Raises:
            InvalidInputError: a value of the query cannot be read.
            NotFoundError: the image of ``similar:`` is not in the project.
        """
        with self._db.reading() as session:
            return tuple(query_facets.facets(session, project_id, query, partial(self._selected, project_id)))

    def _selected(self, project_id: str, query: ImageQuery) -> Sequence[Condition]:
        if query.is_ranked:
            return _with_ids(self._rank(project_id, query, ImageFilter()).ids)
        few = self._few(project_id, query, ImageFilter()) if query else None
        return conditions(project_id, query) if few is None else _with_ids(few.ids)

    @cached_until_write
    def field_values(self, project_id: str, field: str) -> tuple[str, ...]:
        """Return suggestions for a field of the search line; none for numbers, dates and ids."""
        if FIELDS.get(field, ("", ()))[1]:
            return FIELDS[field][1]
        if field == "analyzed":
            used = select(ImageAnalyses.analyzer).where(ImageAnalyses.project_id == project_id).distinct()
            with self._db.reading() as session:
                return tuple(session.exec(used.order_by(ImageAnalyses.analyzer)))
        facet = next((one for one in self.facets(project_id, ImageQuery()) if one.field == field), None)
        missing = (NONE,) if field in ("object", "text", "tag") else ()
        return (*(value.value for value in facet.values), *missing) if facet else missing

    def why_empty(self, project_id: str, query: ImageQuery | str) -> EmptyReason | None:
        """Return the part of *query* to remove or change: one that finds nothing alone, else what excludes most.

        None when the query finds images, or has no terms.
        """
        return why_empty(
            _parsed(query), lambda some: self.count(project_id, some), lambda part: self._instead(project_id, part)
        )

    @cached_until_write
    def value_counts(
        self, project_id: str, field: str, start: str = "", query: ImageQuery | None = None
    ) -> tuple[FacetValue, ...]:
        """Return suggestions for a field with how many images each finds; names that hold *start* for ``name``.

        Args:
            query: the other terms of the line; those of the same field that are alternatives count for nothing.

        Raises:
            InvalidInputError: a value of *query* cannot be read.
            NotFoundError: the image of ``similar:`` is not in the project.
        """
        within = (query or ImageQuery()).beside(field)
        if field == "name":
            return self._names(project_id, within, start)
        values = self.field_values(project_id, field)
        is_alone = field in ALL_MUST_MATCH or within == within.without(field)
        facets = self.facets(project_id, within) if values and is_alone else ()

        def count(value: str) -> int:
            return self.count(project_id, within.with_term(field, value))

        return counted(values, field, facets, count, zeros_last=bool(within))

    def _names(self, project_id: str, within: ImageQuery, start: str) -> tuple[FacetValue, ...]:
        named = select(col(Images.image_name), func.count()).where(
            *self._selected(project_id, within), holds_text(col(Images.image_name), start)
        )
        by_name = named.group_by(Images.image_name).order_by(func.count().desc(), col(Images.image_name))
        with self._db.reading() as session:
            return tuple(FacetValue(name, name, count) for name, count in session.exec(by_name.limit(_MAX_NAMES)))

    def add_example(self, name: str, vectors: Mapping[str, bytes]) -> str:
        """Keep the vectors of an image that is in no project; return its id for ``similar:``."""
        id_: str = self._search.get().add_example(name, vectors)
        return id_

    def similar_name(self, image_id: str) -> str | None:
        """Return the name of the image or the example of ``similar:``; None when it is not here any more."""
        name: str | None = self._search.get().example_name(image_id)
        if name is not None:
            return name
        with self._db.reading() as session:
            return session.exec(select(Images.image_name).where(Images.id == image_id, in_library())).first()

    def _instead(self, project_id: str, part: ImageQuery) -> str | None:
        term = part.terms[0]
        if term.field not in ("object", "text", "tag", "source") or term.negated:
            return None
        close = nearest_name(term.value, self.field_values(project_id, term.field))
        return str(ImageQuery().with_term(term.field, close)) if close and close != NONE else None

    def _where(self, project_id: str, query: ImageQuery, also: ImageFilter) -> list[Condition]:
        project = 2  # both begin with the conditions of the project
        return [*conditions(project_id, query), *filters.conditions(project_id, also)[project:]]

    @cached_until_write
    def _count(self, project_id: str, query: ImageQuery, also: ImageFilter) -> int:
        if not query:
            with self._db.reading() as session:
                return filters.count(session, project_id, also)
        with self._db.reading() as session:
            return filters.count_rows(session, self._where(project_id, query, also))

    @cached_until_write
    def _few(self, project_id: str, query: ImageQuery, also: ImageFilter) -> _Matches | None:
        """Return the matches when they are few enough to be sorted."""
        if not query and also == ImageFilter(sort=also.sort):
            return None
        ids = select(Images.id).where(*self._where(project_id, query, also)).limit(MAX_SORTED_ROWS + 1)
        with self._db.reading() as session:
            found = tuple(session.exec(ids))
        return _Matches(found) if len(found) <= MAX_SORTED_ROWS else None

    @cached_until_write
    def _rank(self, project_id: str, query: ImageQuery, also: ImageFilter) -> Ranking:
        within = None
        if query.unranked or also != ImageFilter(sort=also.sort):
            with self._db.reading() as session:
                selected = select(Images.id).where(*self._where(project_id, query.unranked, also))
                within = frozenset(session.exec(selected))
        return ranked(self._db, self._search.get(), project_id, query, within)

    def _ranked_page(
        self, project_id: str, query: ImageQuery, also: ImageFilter, limit: int, after: str | None
    ) -> FoundImages:
        ranking = self._rank(project_id, query, also)
        if after is not None and after not in ranking.ids:
            raise InvalidInputError("This page of the list does not exist any more. Start from the first page.")
        start = 0 if after is None else ranking.ids.index(after) + 1
        ids = ranking.ids[start : start + limit]
        with self._db.reading() as session:
            rows = {row.id: row for row in session.exec(select(Images).where(col(Images.id).in_(ids)))}
        more = start + limit < len(ranking.ids)
        scores = dict(zip(ids, ranking.scores[start : start + limit], strict=True))
        return FoundImages([rows[id_] for id_ in ids], ids[-1] if more else None, len(ranking.ids), scores)


def _with_ids(ids: Sequence[str]) -> list[Condition]:
    return [col(Images.id).in_(ids)]


def _parsed(query: ImageQuery | str) -> ImageQuery:
    return parse_image_query(query) if isinstance(query, str) else query
