"""The models that were run in a project, and two of them compared on the entries that both answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from core.checks import store
from core.checks.arena.contestants import public_name
from core.checks.base import CheckedEntry, Finding
from core.dataset.filters import EntryFilter
from core.db import EntryFindings, ImageDatasets
from core.errors import InvalidInputError, NotFoundError
from core.export.selecting.splits import newest_shares, splits_of_images

NAME = "arena"
MIN_COMPARED = 20
"""Below this hardly any difference could be told from chance."""


@dataclass(frozen=True)
class Standing:
    """What the newest run of a model in the arena says."""

    model: str
    """As ``provider/model``, with ``@host:port`` for a model at an address of one's own."""
    run_id: str
    query: str
    """The search line of the entries that it was asked about."""
    result: dict[str, Any]
    in_train: int
    """Of the entries, how many are in the train split of the newest export with several splits."""
    ended_at: datetime


def standings(session: Session, project_id: str) -> list[Standing]:
    """Return the models that were run, best mean score first."""
    splits = _exported_splits(session, project_id)
    found = [
        Standing(
            run.series, run.id, run.query, run.result, _in_train(_images_of(session, run.id), splits), run.ended_at
        )
        for run in store.newest_runs(session, project_id, NAME) if run.ended_at is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.result["score"], one.model))


def compared(session: Session, project_id: str, a: str, b: str) -> dict[str, Any]:
    """Return how model *a* differs from model *b*; see :meth:`core.checks.DatasetChecks.compare_models`."""
    from core.checks.arena.numbers import comparison  # brings numpy, which the first page does without

    first, second = (_findings(session, project_id, name) for name in (a, b))
    pairs = [
        (entry, finding, second[1][entry.id]) for entry, finding in _entries(session, project_id, *first)
        if entry.id in second[1]
    ]  # fmt: skip
    if len(pairs) < MIN_COMPARED:
        raise InvalidInputError(
            f"At least {MIN_COMPARED} entries that both models answered are needed to compare them; there are "
            f"{len(pairs)}. Run both on the same entries."
        )
    splits = _exported_splits(session, project_id)
    entries = [entry for entry, _, _ in pairs]
    answered_by = {public_name(name) for name in (a, b)}
    return {
        "a": a, "b": b, **comparison(pairs),
        "entries": len(entries),
        "in_train": sum(splits.get(entry.image_id) == "train" for entry in entries),
        "own_answers": sum(entry.model in answered_by for entry in entries),
        "not_confirmed": sum(not entry.is_confirmed for entry in entries),
    }  # fmt: skip


def _findings(session: Session, project_id: str, model: str) -> tuple[str, dict[str, Finding]]:
    run = store.newest_run(session, project_id, NAME, model)
    if run is None:
        known = ", ".join(one.series for one in store.newest_runs(session, project_id, NAME)) or "none yet"
        raise NotFoundError(f"{model} was not run in the arena of this project. There are: {known}.")
    return run.id, {id_: found for id_, found in store.findings_of(session, run.id).items() if found.score is not None}


def _entries(
    session: Session, project_id: str, run_id: str, findings: Mapping[str, Finding]
) -> Iterable[tuple[CheckedEntry, Finding]]:
    entries = store.read_entries(session, project_id, EntryFilter(), run_id=run_id)
    return [(entry, findings[entry.id]) for entry in entries if entry.id in findings]


def _images_of(session: Session, run_id: str) -> dict[str, int]:
    query = (
        select(ImageDatasets.image_id, func.count())
        .join(EntryFindings, col(EntryFindings.entry_id) == col(ImageDatasets.id))
        .where(EntryFindings.run_id == run_id, col(EntryFindings.score).is_not(None))
        .group_by(col(ImageDatasets.image_id))
    )
    return dict(session.exec(query).all())


def _exported_splits(session: Session, project_id: str) -> Mapping[str, str]:
    """Return the split of each image, nothing before an export: no model can have been trained on one."""
    return splits_of_images(session, project_id) if newest_shares(session, project_id) else {}


def _in_train(entries_of: Mapping[str, int], splits: Mapping[str, str]) -> int:
    return sum(count for image_id, count in entries_of.items() if splits.get(image_id) == "train")
