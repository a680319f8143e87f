"""Which entries are twins, as the events of the action that made them say: undoing it ends the relation."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from core.dataset.edits import UserAction, record_event, write
from core.dataset.values import normal_tags
from core.db import Events, ImageDatasets

ACTION = "twin"
TAG = "twin"
"""The tag of both entries."""
_IDS_PER_QUERY = 500


def record(session: Session, entry: ImageDatasets, twin: ImageDatasets, action: UserAction) -> None:
    """Tag an entry as having *twin*, a row that was just added; one undo takes back both."""
    record_event(session, twin, action, {"deleted": True}, {"deleted": False, "twin_of": entry.id})
    write(session, entry, {"tags": normal_tags(f"{entry.tags},{TAG}")}, action, {"twin": twin.id})


def drafted(session: Session, project_id: str) -> dict[str, str]:
    """Return by id of each entry that was drafted as a twin the id of the one it was drafted for."""
    query = select(Events.entity_id, Events.new).where(Events.project_id == project_id, *_NOT_UNDONE)
    return {entry_id: new["twin_of"] for entry_id, new in session.exec(query) if "twin_of" in new}


def twins_of(session: Session, entry_ids: Sequence[str]) -> dict[str, ImageDatasets]:
    """Return the newest twin of each entry that has one and is not deleted."""
    found: dict[str, str] = {}
    for some in _parts(entry_ids):
        query = select(Events.entity_id, Events.new).where(col(Events.entity_id).in_(some), *_NOT_UNDONE)
        for entry_id, new in session.exec(query.order_by(col(Events.id))):
            found[entry_id] = new.get("twin") or new.get("twin_of") or ""
    rows: dict[str, ImageDatasets] = {}
    for some in _parts(list(set(found.values()))):
        alive = select(ImageDatasets).where(col(ImageDatasets.id).in_(some), col(ImageDatasets.deleted_at).is_(None))
        rows |= {row.id: row for row in session.exec(alive)}
    return {entry_id: rows[twin_id] for entry_id, twin_id in found.items() if twin_id in rows}


_NOT_UNDONE = (col(Events.action) == ACTION, col(Events.entity) == "entry", col(Events.undone_by).is_(None))


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IDS_PER_QUERY] for start in range(0, len(ids), _IDS_PER_QUERY))
