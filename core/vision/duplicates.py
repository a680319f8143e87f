"""Duplicates within a project, by hash and by vectors, as pairs and as groups."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from sqlmodel import Session, col, select

from core.db import Database, Events, Images, cached_until_write, in_library
from core.errors import InvalidInputError
from core.images.duplicate_groups import SEPARATED
from core.images.filter import ImageFilter, conditions
from core.images.near_duplicates import MAX_DISTANCE_BITS
from core.measure import hash_distance

if TYPE_CHECKING:
    from core.vision.near_pairs import NearImages

Way = Literal["hash", "vectors"]
_IDS_PER_QUERY = 10_000


@dataclass(frozen=True)
class DuplicatePair:
    """Two images that show the same."""

    image_id: str
    other_id: str
    """The older one."""
    ways: tuple[Way, ...]
    """By what the pair was found."""
    bits: int | None = None
    """In how many of 64 bits the difference hashes differ; None when they are near only mirrored, or not at all."""
    cosine: float | None = None
    """Of the vectors; None when they are not near, or there are none."""


@dataclass(frozen=True)
class DuplicatePairs:
    """One page of pairs, the nearest first."""

    items: list[DuplicatePair]
    next_cursor: str | None
    """The ``after`` of the following page; None on the last one."""
    total: int
    """Pairs of all pages."""


@dataclass(frozen=True)
class DuplicateGroup:
    """Images that pairs join, the oldest first."""

    images: list[Images]
    pairs: list[DuplicatePair]
    variants: int
    """How many variants of these images the project has; they belong to the group, and are no duplicates."""


@dataclass(frozen=True)
class FoundGroups:
    """One page of groups."""

    groups: list[DuplicateGroup]
    next_cursor: str | None
    """The ``after`` of the following page; None on the last one."""
    total: int
    """Groups of all pages."""


@dataclass(frozen=True)
class _Known:
    """What is known of an image that is in a pair."""

    id: str
    order: tuple[object, str]
    dhash: str
    variant_of: str | None


class DuplicateSearch:
    """Finds pairs and groups of duplicates; ``ImageService.duplicates`` merges or separates them."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def find_pairs(
        self, project_id: str, image_filter: ImageFilter | None = None, *, limit: int = 100, after: str | None = None
    ) -> DuplicatePairs:
        """Return one page of the pairs of which an image matches the filter.

        A variant is no duplicate of its original: a pair with a variant counts as one with the original.

        Raises:
            InvalidInputError: *after* is no pair any more.
        """
        pairs = self._matching(project_id, image_filter)
        start = 0
        if after is not None:
            keys = [_key(pair) for pair in pairs]
            if after not in keys:
                raise InvalidInputError("This page of the list does not exist any more. Start from the first page.")
            start = keys.index(after) + 1
        shown = pairs[start : start + limit]
        has_more = start + limit < len(pairs)
        return DuplicatePairs(list(shown), _key(shown[-1]) if has_more else None, len(pairs))

    def find_groups(
        self, project_id: str, image_filter: ImageFilter | None = None, *, limit: int = 20, after: str | None = None
    ) -> FoundGroups:
        """Return one page of the groups of which a pair has an image that matches the filter."""
        connected = sorted(_connected(self._matching(project_id, image_filter)), key=min)
        beyond = [ids for ids in connected if after is None or min(ids) > after]
        shown = beyond[:limit]
        with self._db.reading() as session:
            images = _images(session, [id_ for ids in shown for id_ in ids])
            variants = _variants(session, images)
        by_image: dict[str, list[DuplicatePair]] = {}
        for pair in self._pairs(project_id):
            by_image.setdefault(pair.image_id, []).append(pair)
        groups = [
            DuplicateGroup(
                sorted((images[id_] for id_ in ids), key=lambda image: (image.create_at, image.id)),
                [pair for id_ in sorted(ids) for pair in by_image.get(id_, ())],
                sum(variants.get(id_, 0) for id_ in ids),
            )
            for ids in shown
        ]
        return FoundGroups(groups, min(shown[-1]) if len(beyond) > limit else None, len(connected))

    def near_by_vectors(self, project_id: str) -> list[tuple[str, str]]:
        """Return the ids of all pairs that were found by vectors, without those that a person kept apart."""
        return [(pair.image_id, pair.other_id) for pair in self._pairs(project_id) if "vectors" in pair.ways]

    def _matching(self, project_id: str, image_filter: ImageFilter | None) -> Sequence[DuplicatePair]:
        pairs = self._pairs(project_id)
        chosen = replace(image_filter or ImageFilter(), near_duplicates=False, sort=ImageFilter.sort)
        if not pairs or chosen == ImageFilter():
            return pairs
        with self._db.reading() as session:
            wanted = set(session.exec(select(Images.id).where(*conditions(project_id, chosen))))
        return [pair for pair in pairs if pair.image_id in wanted or pair.other_id in wanted]

    @cached_until_write
    def _pairs(self, project_id: str) -> tuple[DuplicatePair, ...]:
        """Return all pairs of the project, the nearest first."""
        from core.vision.near_pairs import PairSearch  # it imports numpy: not at the start of the server

        near = self._db.shared(PairSearch).near_images(project_id)
        with self._db.reading() as session:
            marks = _marks(session, project_id)
            known = _known(
                session, {id_ for pair in marks for id_ in pair} | {id_ for pair in near for id_ in _ids(pair)}
            )
            apart = _kept_apart(session, project_id)
        return tuple(_merged(marks, near, known, apart))


def _ids(pair: "NearImages") -> tuple[str, str]:
    return pair.image_id, pair.other_id


def _key(pair: DuplicatePair) -> str:
    return f"{pair.image_id}.{pair.other_id}"


def _marks(session: Session, project_id: str) -> list[tuple[str, str]]:
    """Return the images that are marked as near-duplicates, with the image that they look like."""
    query = select(Images.id, Images.near_duplicate_of).where(
        Images.project_id == project_id, col(Images.near_duplicate_of).is_not(None), in_library()
    )
    return [(id_, str(first)) for id_, first in session.exec(query)]


def _known(session: Session, image_ids: Iterable[str]) -> dict[str, _Known]:
    """Return what is known of the images that are in the library, and of the originals of variants among them."""
    found: dict[str, _Known] = {}
    wanted = sorted(image_ids)
    while wanted:
        for start in range(0, len(wanted), _IDS_PER_QUERY):
            query = select(Images.id, Images.create_at, Images.dhash, Images.variant_of).where(
                col(Images.id).in_(wanted[start : start + _IDS_PER_QUERY]), in_library()
            )
            for id_, create_at, dhash, variant_of in session.exec(query):
                found[id_] = _Known(id_, (create_at, id_), dhash, variant_of)
        originals = {one.variant_of for one in found.values() if one.variant_of} - found.keys() - set(wanted)
        wanted = sorted(originals)
    return found


def _kept_apart(session: Session, project_id: str) -> set[frozenset[str]]:
    """Return the pairs of images that a person kept apart, from the history."""
    query = select(Events.batch_id, Events.entity_id, Events.old).where(
        Events.project_id == project_id, Events.action == SEPARATED, col(Events.undone_by).is_(None)
    )
    batches: dict[str, set[str]] = {}
    for batch_id, image_id, old in session.exec(query):
        batches.setdefault(batch_id, set()).update(filter(None, (image_id, old.get("near_duplicate_of"))))
    return {frozenset(pair) for ids in batches.values() for pair in combinations(ids, 2)}


def _merged(
    marks: Sequence[tuple[str, str]],
    near: "Sequence[NearImages]",
    known: dict[str, _Known],
    apart: set[frozenset[str]],
) -> list[DuplicatePair]:
    found: dict[tuple[str, str], DuplicatePair] = {}
    for image_id, first_id in marks:
        if image_id in known and first_id in known:
            younger, older = _ordered(known[image_id], known[first_id])
            bits = hash_distance(younger.dhash, older.dhash)
            found[younger.id, older.id] = DuplicatePair(
                younger.id, older.id, ("hash",), bits if bits <= MAX_DISTANCE_BITS else None
            )
    for pair in near:
        first, second = _original(pair.image_id, known), _original(pair.other_id, known)
        if first is None or second is None or first.id == second.id or frozenset((first.id, second.id)) in apart:
            continue
        younger, older = _ordered(first, second)
        earlier = found.get((younger.id, older.id), DuplicatePair(younger.id, older.id, ()))
        ways: tuple[Way, ...] = (*(way for way in earlier.ways if way != "vectors"), "vectors")
        cosine = max(round(pair.cosine, 4), earlier.cosine or 0.0)
        found[younger.id, older.id] = replace(earlier, ways=ways, cosine=cosine)
    return sorted(found.values(), key=_order)


def _order(pair: DuplicatePair) -> tuple[object, ...]:
    """Return the key that sorts the nearest first: a near hash says more than a near vector."""
    return "hash" not in pair.ways, -(pair.cosine or 1.0), pair.image_id, pair.other_id


def _original(image_id: str, known: dict[str, _Known]) -> _Known | None:
    """Return the image, of a variant its original; None when it is not in the library any more."""
    one = known.get(image_id)
    while one is not None and one.variant_of in known:
        one = known[str(one.variant_of)]
    return one


def _ordered(one: _Known, other: _Known) -> tuple[_Known, _Known]:
    return (one, other) if one.order > other.order else (other, one)


def _connected(pairs: Iterable[DuplicatePair]) -> list[set[str]]:
    """Return the ids of the images that pairs join, directly or through others."""
    neighbors: dict[str, set[str]] = {}
    for pair in pairs:
        neighbors.setdefault(pair.image_id, set()).add(pair.other_id)
        neighbors.setdefault(pair.other_id, set()).add(pair.image_id)
    groups, seen = [], set[str]()
    for start in neighbors:
        if start in seen:
            continue
        group, waiting = {start}, [start]
        while waiting:
            further = neighbors[waiting.pop()] - group
            group |= further
            waiting += further
        seen |= group
        groups.append(group)
    return groups


def _images(session: Session, image_ids: Sequence[str]) -> dict[str, Images]:
    found: dict[str, Images] = {}
    for start in range(0, len(image_ids), _IDS_PER_QUERY):
        some = col(Images.id).in_(image_ids[start : start + _IDS_PER_QUERY])
        found |= {image.id: image for image in session.exec(select(Images).where(some))}
    return found


def _variants(session: Session, images: dict[str, Images]) -> dict[str, int]:
    """Count the variants of images, by the id of the original."""
    counts: dict[str, int] = {}
    ids = list(images)
    for start in range(0, len(ids), _IDS_PER_QUERY):
        some = col(Images.variant_of).in_(ids[start : start + _IDS_PER_QUERY])
        project_id = images[ids[0]].project_id
        for of in session.exec(select(Images.variant_of).where(Images.project_id == project_id, some, in_library())):
            counts[str(of)] = counts.get(str(of), 0) + 1
    return counts
