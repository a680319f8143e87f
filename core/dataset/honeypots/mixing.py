"""Mixing honeypots into the queue of a reader.

A honeypot comes behind an ordinary entry of the queue, which a keyed hash of that entry's id chooses: at random places,
and at the same ones when the queue is read again. It is a copy of the known entry with an id, a version and times like
those of its neighbors, and each reader gets copies of their own, so that a decision on one changes nothing else. It is
held back from the dataset (``HELD_BACK``), and all that is done with it by its id works as with any entry.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.dataset.conditions import conditions, skipped_by
from core.dataset.filters import EntryFilter
from core.dataset.honeypots.known import Known, draw
from core.dataset.queries import EntryPage
from core.db import HELD_BACK, Events, Honeypots, ImageDatasets, Images, ReviewPlans, in_library
from core.search_line import WORD

_OF_SOURCES = (WORD, "kind", "type", "lang", "model", "image", "images", "share")
"""Terms that the known entries of a queue fulfill, too."""
_IGNORED = ("is", "free", "worth", "task")
_Entry = ImageDatasets


@dataclass(frozen=True)
class Mixing:
    """How honeypots are mixed into one reader's queue of one filter."""

    project_id: str
    reader: str
    entry_filter: EntryFilter
    share: float
    """Of the queue, 0 to 1."""
    query: str
    seed: str

    @property
    def of_sources(self) -> EntryFilter:
        """The filter that known entries have to match."""
        return EntryFilter(tuple(term for term in self.entry_filter.terms if term.field in _OF_SOURCES))

    def comes_behind(self, entry_id: str) -> bool:
        """Return whether a honeypot comes behind an entry."""
        key = hmac.new(self.seed.encode(), f"{self.reader}/{entry_id}".encode(), hashlib.sha256).digest()
        # Of 100 entries of a queue with 3 % honeypots 97 are ordinary, and behind 3 of these comes one.
        return int.from_bytes(key[:8], "big") < self.share / (1 - self.share) * 2**64


def mixing_of(session: Session, project_id: str, entry_filter: EntryFilter, reader: str) -> Mixing | None:
    """Return how honeypots are mixed into a queue; None when they are not: switched off, or a filter without any."""
    plan = session.get(ReviewPlans, project_id)
    if plan is None or not plan.honeypot_percent:
        return None
    fields = {term.field for term in entry_filter.terms}
    if not fields <= {*_OF_SOURCES, *_IGNORED} or entry_filter.values("is") != ("open",):
        return None
    if any(term.negated and term.field not in _OF_SOURCES for term in entry_filter.terms):
        return None
    share = plan.honeypot_percent / 100
    return Mixing(project_id, reader, entry_filter, share, plan.honeypot_query, plan.honeypot_seed)


def anchor_of(session: Session, entry_id: str | None) -> str | None:
    """Return the entry of the queue after which a page begins: that before a honeypot, else the entry itself."""
    if entry_id is None:
        return None
    behind = select(Honeypots.behind_id).where(Honeypots.entry_id == entry_id)
    return session.exec(behind).first() or entry_id


def waiting(session: Session, mixing: Mixing) -> dict[str, ImageDatasets]:
    """Return the honeypots of a reader that are not decided yet, by the entry that each comes behind."""
    source = select(1).where(Images.id == _Entry.image_id, in_library()).correlate(_Entry)
    query = (
        select(Honeypots.behind_id, _Entry)
        .join(_Entry, col(_Entry.id) == Honeypots.entry_id)
        .where(
            *conditions(mixing.project_id, _without_worth(mixing.entry_filter), held_back=True),
            col(_Entry.deleted_at) == HELD_BACK,
            Honeypots.project_id == mixing.project_id, Honeypots.reader == mixing.reader,
            source.exists(), ~skipped_by(mixing.reader),
        )
    )  # fmt: skip
    return dict(session.exec(query).all())


def add(session: Session, mixing: Mixing, items: Sequence[ImageDatasets]) -> None:
    """Make the honeypots that come behind the entries of a page and are not made yet."""
    chosen = {entry.id: place for place, entry in enumerate(items) if mixing.comes_behind(entry.id)}
    made = select(Honeypots.behind_id).where(
        Honeypots.project_id == mixing.project_id, Honeypots.reader == mixing.reader,
        col(Honeypots.behind_id).in_(list(chosen)),
    )  # fmt: skip
    places = sorted(place for id_, place in chosen.items() if id_ not in set(session.exec(made)))
    for place in places:
        entry = items[place]
        known = draw(session, mixing.project_id, mixing.query, mixing.of_sources, mixing.reader, 1, entry.model)
        if not known:
            return
        after = items[place + 1].create_at if place + 1 < len(items) else entry.create_at + timedelta(seconds=1)
        _store(session, mixing, known[0], entry, _between(entry.create_at, after))


def mixed(
    session: Session, page: EntryPage, pots: dict[str, ImageDatasets], reader: str, *, limit: int, anchor: str | None,
    after: str | None,
) -> EntryPage:  # fmt: skip
    """Return a page of the queue with the honeypots behind their entries.

    Args:
        page: the ordinary entries after *anchor*.
        after: the entry or honeypot after which the page begins.
    """
    first: list[ImageDatasets] = []
    if after is None:
        first = _left_behind(session, pots, {entry.id for entry in page.items}, reader)
    elif after == anchor and anchor in pots:
        first = [pots[anchor]]
    items = list(first)
    for entry in page.items:
        items.append(entry)
        if entry.id in pots:
            items.append(pots[entry.id])
    has_more = len(items) > limit or page.next_cursor is not None
    items = items[:limit]
    return EntryPage(tuple(items), items[-1].id if has_more and items else None)


def sources(session: Session, entry_ids: Sequence[str]) -> dict[str, str]:
    """Return for each honeypot among some entries the known entry: it is no other entry of the same image."""
    query = select(Honeypots.entry_id, Honeypots.source_id).where(col(Honeypots.entry_id).in_(entry_ids))
    return dict(session.exec(query).all())


def _left_behind(
    session: Session, pots: dict[str, ImageDatasets], on_page: set[str], reader: str
) -> list[ImageDatasets]:
    """Return the honeypots whose entry has left the queue: it was decided, skipped or deleted."""
    behind = [id_ for id_ in pots if id_ not in on_page]
    stays = select(_Entry.id).where(
        col(_Entry.id).in_(behind), col(_Entry.deleted_at).is_(None), col(_Entry.confirmed).is_(False),
        col(_Entry.rejected).is_(False), ~skipped_by(reader),
    )  # fmt: skip
    staying = set(session.exec(stays))
    return sorted((pots[id_] for id_ in behind if id_ not in staying), key=lambda entry: (entry.create_at, entry.id))


def _between(earlier: datetime, later: datetime) -> datetime:
    return earlier + max(later - earlier, timedelta()) / 2


def _store(session: Session, mixing: Mixing, known: Known, neighbor: ImageDatasets, at: datetime) -> None:
    source = known.source
    copied = (
        "project_id", "image_id", "image_name", "question_id", "question", "answer_type", "model", "kind", "language",
        "options", "system", "boxes", "origin",
    )  # fmt: skip
    entry = ImageDatasets(
        **{name: getattr(source, name) for name in copied}, answer=known.shown, task_id=neighbor.task_id,
        create_at=at, update_at=at, deleted_at=HELD_BACK,
        generated_question=source.question if source.model else None,
        generated_answer=known.shown if source.model else None,
    )  # fmt: skip
    session.add(entry)
    session.flush()
    session.add(
        Honeypots(
            project_id=mixing.project_id, entry_id=entry.id, source_id=source.id, behind_id=neighbor.id,
            reader=mixing.reader, shown_answer=known.shown, right_answer=known.right, is_right=known.is_right,
        )
    )  # fmt: skip
    for event in session.exec(select(Events).where(Events.entity_id == neighbor.id, Events.action == "create")):
        copy = event.model_dump(exclude={"id", "entity_id", "at", "undone_by"})
        session.add(Events(**copy, entity_id=entry.id, at=at))


def _without_worth(entry_filter: EntryFilter) -> EntryFilter:
    return EntryFilter(tuple(term for term in entry_filter.terms if term.field != "worth"))
