"""Whether the exported entries were compared with a held-out set, for the dataset card."""

from sqlmodel import Session, col, func, select

from core.db import CheckRuns, EntryFindings, ImageDatasets
from core.db.json_sql import is_in_json
from core.pluralize import pluralize


def decontamination_line(session: Session, project_id: str, entry_ids: str) -> str | None:
    """Return what the newest comparison found about the entries of an export; None when there was none.

    Args:
        entry_ids: a JSON list.
    """
    query = select(CheckRuns).where(
        CheckRuns.project_id == project_id, CheckRuns.check_name == "heldout", col(CheckRuns.ended_at).is_not(None)
    )
    run = session.exec(query.order_by(col(CheckRuns.ended_at).desc()).limit(1)).first()
    if run is None:
        return None
    about_image = select(func.count()).where(
        EntryFindings.run_id == run.id, col(EntryFindings.verdict).in_(("both", "image")),
        is_in_json(EntryFindings.entry_id, entry_ids),
    )  # fmt: skip
    # Without a finding an entry is clean only if it was compared as it is.
    later = select(func.count()).where(
        is_in_json(ImageDatasets.id, entry_ids), col(ImageDatasets.update_at) > run.create_at
    )
    found, changed = session.exec(about_image).one(), session.exec(later).one()
    line = (
        f"Compared with a test set on {run.ended_at:%Y-%m-%d}: {pluralize(found, 'exported entry')} about an image "
        "that is in it"
    )
    return line + (f"; {pluralize(changed, 'entry')} added or changed since were not compared" if changed else "")
