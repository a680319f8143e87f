"""Adding an act to the audit, in the transaction of the act itself."""

import json
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from core import caller
from core.audit.acts import ACTS
from core.db import AuditEvents, Projects
from core.db.base import Base

MAX_TEXT_CHARS = 200
MAX_LIST_ITEMS = 20
MAX_DETAILS_CHARS = 4_000
_NAMES = ("name", "image_name", "question", "prompt", "task_type", "format")
"""Columns of which the first one that a row has is its label."""


def record(
    session: Session,
    act: str,
    row: Base | None = None,
    *,
    project_id: str | None = None,
    label: str = "",
    actor: str | None = None,
    in_task: bool = False,
    **details: Any,
) -> None:
    """Add one act to the audit; it is stored if the transaction commits.

    In a task nothing is added: its start and its end are the acts, so that thousands of items make two rows.

    Args:
        act: a key of :data:`ACTS`.
        row: what the act is done to, from which id, project and label are taken.
        project_id: the project where there is no *row*.
        label: what it is done to, in words, where *row* does not say it.
        actor: the name that the service was given; a session or a token has the last word.
        in_task: add it in a task too.
        details: counts, names and settings; never texts of entries, and never secrets. They are cut to
            ``MAX_DETAILS_CHARS``.
    """
    who = caller.current()
    if who.way == "task" and not in_task:
        return
    kind = act.partition(".")[0]
    if act not in ACTS:
        raise KeyError(f"{act} is no act of core.audit.acts")
    session.add(
        AuditEvents(
            who=_cut(who.name_of(actor)), account_id=who.account_id, token_id=who.token_id, address=who.address,
            way=who.way, act=act, project_id=project_id or _project_of(row), kind=kind, object_id=_id_of(row),
            label=_cut(label or _label_of(row)), details=_bounded(details), request_id=who.request_id,
        )
    )  # fmt: skip


def _id_of(row: Base | None) -> str:
    return str(getattr(row, "id", "") or "")


def _project_of(row: Base | None) -> str | None:
    return row.id if isinstance(row, Projects) else getattr(row, "project_id", None)


def _label_of(row: Base | None) -> str:
    return str(next((value for name in _NAMES if (value := getattr(row, name, None))), ""))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARS else text[: MAX_TEXT_CHARS - 1] + "…"


def _bounded(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return *details* without what is empty, with short texts and lists; only their names when they are too many."""
    kept = {name: _short(value) for name, value in details.items() if value not in (None, "", [], {}, ())}
    return kept if len(json.dumps(kept, default=str)) <= MAX_DETAILS_CHARS else {"names": sorted(kept)[:MAX_LIST_ITEMS]}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _short(one) for name, one in list(value.items())[:MAX_LIST_ITEMS]}
    if isinstance(value, list | tuple | set | frozenset):
        shown = [_short(one) for one in list(value)[:MAX_LIST_ITEMS]]
        return [*shown, f"and {len(value) - MAX_LIST_ITEMS} more"] if len(value) > MAX_LIST_ITEMS else shown
    return _cut(str(value))
