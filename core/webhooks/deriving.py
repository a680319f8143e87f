"""What happened in a project since a webhook was told last: read from the audit and from the events of entries.

Writers take turns in SQLite and in PostgreSQL, so ids are in the order of the commits, and a webhook that knows the
last id it was told misses nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from core.db import AuditEvents, CheckRuns, Events, Exports, Honeypots, Tasks, Webhooks
from core.tasks import TaskStatus
from core.webhooks.added_images import imported, uploaded
from core.webhooks.kinds import Happening

BATCH_WINDOW = timedelta(seconds=5)
"""What happens often is told together: the oldest of it waits this long, so a webhook gets one such message in it."""
MAX_IDS = 100
MAX_ACTS = 100
_MAX_UPLOADS = 1_000

_DECISIONS = ("confirm", "reject", "reopen", "skip", "second", "undo")
_MESSAGE = "message"
_KIND_OF_ACT = {"task.pause": "task.paused", "task.cancel": "task.cancelled"}
_CHECKS = ("dataset-check", "asked-check")


@dataclass(frozen=True)
class Told:
    """What a webhook is told, and the newest id of each source that it has been told up to with it."""

    happenings: tuple[Happening, ...]
    acts_seen: int
    images_seen: int
    entries_seen: int
    is_held: bool = False
    """Whether something waits for the end of its window."""


def newest_ids(session: Session) -> tuple[int, int]:
    """Return the newest ids of the audit and of the events."""
    return (
        session.exec(select(func.max(AuditEvents.id))).one() or 0,
        session.exec(select(func.max(Events.id))).one() or 0,
    )


def since_told(session: Session, webhook: Webhooks, floors: tuple[int, int, int], now: datetime) -> Told:
    """Return what *webhook* has to be told now.

    Args:
        session: Of a reading transaction.
        webhook: Its project and the kinds that it chose.
        floors: Ids up to which nothing is left to tell: of acts, of uploads and of entries.
        now: The end of the window of what is told together.
    """
    newest_act, newest_event = newest_ids(session)
    acts, acts_seen = _acts(session, webhook, floors[0], newest_act)
    uploads, images_seen = _uploads(session, webhook, floors[1], newest_act, now)
    entries, entries_seen = _entries(session, webhook, floors[2], newest_event, now)
    wanted = [one for one in (*acts, *uploads, *entries) if one.kind in webhook.events]
    is_held = acts_seen < newest_act or images_seen < newest_act or entries_seen < newest_event
    return Told(tuple(wanted), acts_seen, images_seen, entries_seen, is_held)


def _acts(session: Session, webhook: Webhooks, after: int, newest: int) -> tuple[list[Happening], int]:
    query = select(AuditEvents).where(
        col(AuditEvents.id) > after, col(AuditEvents.id) <= newest, _in_project(webhook.project_id),
        col(AuditEvents.act).in_(("task.end", *_KIND_OF_ACT)),
    )  # fmt: skip
    rows = list(session.exec(query.order_by(col(AuditEvents.id)).limit(MAX_ACTS)))
    found = [one for row in rows for one in _of_task(session, row)]
    return found, (rows[-1].id or newest) if len(rows) == MAX_ACTS else newest


def _in_project(project_id: str) -> Any:
    """Return a condition that no index is used for: few rows are newer than the last one that was told."""
    return func.coalesce(AuditEvents.project_id, "") == project_id


def _of_task(session: Session, act: AuditEvents) -> Iterator[Happening]:
    task = session.get(Tasks, act.object_id)
    if task is None:
        return
    status = str(act.details.get("status", ""))
    kind = _KIND_OF_ACT.get(act.act) or ("task.completed" if status == TaskStatus.COMPLETED else "task.failed")
    data: dict[str, Any] = {
        "project_id": task.project_id, "task_id": task.id, "task_type": task.task_type,
        "status": status or kind.removeprefix("task."), "items": task.total_count, "failed": task.failed_count,
        "started_by": task.started_by, "links": {"task": f"/api/tasks/{task.id}"},
    }  # fmt: skip
    yield Happening(
        kind,
        act.at,
        data | ({"reason": str(act.details.get("reason", "Paused by you."))} if act.act == "task.pause" else {}),
    )
    if act.act == "task.end":
        yield from _of_ended(session, task, act.at)


def _of_ended(session: Session, task: Tasks, at: datetime) -> Iterator[Happening]:
    """Yield what the end of a task means besides."""
    ids = {"project_id": task.project_id, "task_id": task.id}
    if task.task_type == "image-import":
        counts = task.result.get("counts", {})
        added = counts.get("added", 0) + counts.get("near-duplicate", 0)
        if added:
            named = imported(session, task, MAX_IDS)
            yield Happening("images.added", at, _of_images(task.project_id, added, named) | {"task_id": task.id})
    check = str(task.config.get("check", "")) if task.task_type in _CHECKS else ""
    if check and _has_numbers(session, task, check):
        links = {"check": f"/api/projects/{task.project_id}/checks/{check}"}
        yield Happening("check.completed", at, ids | {"check": check, "links": links})
    for export in session.exec(select(Exports).where(Exports.task_id == task.id)):
        links = {
            "export": f"/api/projects/{task.project_id}/exports/{export.id}", "download": f"/exports/{export.id}",
        }  # fmt: skip
        yield Happening("export.ready", at, ids | {"export_id": export.id, "format": export.format, "links": links})


def _has_numbers(session: Session, task: Tasks, check: str) -> bool:
    """Return whether a run of *check* has ended since the task was made; one that failed leaves none."""
    ended = select(CheckRuns.id).where(
        CheckRuns.project_id == task.project_id,
        CheckRuns.check_name == check,
        col(CheckRuns.ended_at) >= task.create_at,
    )
    return session.exec(ended.limit(1)).first() is not None


def _uploads(
    session: Session, webhook: Webhooks, after: int, newest: int, now: datetime
) -> tuple[list[Happening], int]:
    query = select(AuditEvents).where(
        col(AuditEvents.id) > after, col(AuditEvents.id) <= newest, _in_project(webhook.project_id),
        AuditEvents.act == "image.add",
    )  # fmt: skip
    rows = list(session.exec(query.order_by(col(AuditEvents.id)).limit(_MAX_UPLOADS)))
    if not rows or "images.added" not in webhook.events:
        return [], newest
    if rows[0].at > now - BATCH_WINDOW:
        return [], after
    count = sum(int(row.details["images"]) for row in rows)
    data = _of_images(webhook.project_id, count, uploaded(session, rows, MAX_IDS))
    seen = (rows[-1].id or newest) if len(rows) == _MAX_UPLOADS else newest
    return [Happening("images.added", rows[-1].at, data)], seen


def _of_images(project_id: str, count: int, named: list[str]) -> dict[str, Any]:
    links = {"image": "/api/images/{image_id}", "images": f"/api/projects/{project_id}/images?sort=newest"}
    return {
        "project_id": project_id, "count": count, "image_ids": named, "more": count > len(named), "links": links,
    }  # fmt: skip


def _entries(
    session: Session, webhook: Webhooks, after: int, newest: int, now: datetime
) -> tuple[list[Happening], int]:
    actions = [
        *(_DECISIONS if "entries.decided" in webhook.events else ()),
        *([_MESSAGE] if "entries.sent_back" in webhook.events else []),
    ]
    honeypots = select(Honeypots.entry_id).where(Honeypots.project_id == webhook.project_id)
    new = (
        Events.project_id == webhook.project_id, col(Events.id) > after, col(Events.id) <= newest,
        Events.entity == "entry", col(Events.action).in_(actions), col(Events.at) >= webhook.create_at,
        col(Events.entity_id).not_in(honeypots),
    )  # fmt: skip
    oldest = session.exec(select(func.min(Events.at)).where(*new)).one() if actions else None
    if oldest is None:
        return [], newest
    if oldest > now - BATCH_WINDOW:
        return [], after
    counted = select(Events.action, func.count(), func.max(Events.at)).where(*new).group_by(Events.action)
    found = {action: (count, at) for action, count, at in session.exec(counted)}
    decided = {action: count for action, (count, _) in found.items() if action != _MESSAGE}
    told = []
    if decided:
        told.append(_of_entries(session, webhook, "entries.decided", new, tuple(decided), decided, found))
    if _MESSAGE in found:
        told.append(_of_entries(session, webhook, "entries.sent_back", new, (_MESSAGE,), None, found))
    return told, newest


def _of_entries(
    session: Session,
    webhook: Webhooks,
    kind: str,
    new: tuple[Any, ...],
    actions: tuple[str, ...],
    counts: dict[str, int] | None,
    found: dict[str, tuple[int, datetime]],
) -> Happening:
    last = func.max(Events.id)
    query = select(Events.entity_id).where(*new, col(Events.action).in_(actions)).group_by(Events.entity_id)
    ids = list(session.exec(query.order_by(last.desc()).limit(MAX_IDS + 1)))
    project = f"/api/projects/{webhook.project_id}"
    data: dict[str, Any] = {"project_id": webhook.project_id}
    data |= {"counts": dict(sorted(counts.items()))} if counts is not None else {"count": found[_MESSAGE][0]}
    data |= {
        "entry_ids": ids[:MAX_IDS], "more": len(ids) > MAX_IDS,
        "links": {"entry": "/api/image-datasets/{entry_id}", "decided": f"{project}/image-datasets/decided"}
        if counts is not None
        else {"entry": "/api/image-datasets/{entry_id}", "messages": f"{project}/messages"},
    }  # fmt: skip
    return Happening(kind, max(found[action][1] for action in actions), data)
