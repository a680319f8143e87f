"""Removing files that nothing refers to any more: originals without a row, and uploads whose import has ended."""

import shutil
from pathlib import Path

from sqlmodel import Session, col, select

from core.db import Images, Tasks
from core.images.storage import ImageStorage

# An upload in another process may have stored its file and not committed its row yet.
ORPHAN_GRACE_S = 3600
# So that files that failed in an import can be tried again.
UPLOAD_GRACE_S = 7 * 24 * 3600


def remove_orphans(session: Session, storage: ImageStorage, now_s: float) -> int:
    """Remove originals without a row and return how many; deleted images keep theirs, so they can be restored.

    Args:
        now_s: the current time in seconds since 1970.
    """
    removed = 0
    for path, modified_s in storage.originals():
        known = select(Images.id).where(Images.path == path, Images.sha256 == path[3:67]).limit(1)
        if now_s - modified_s >= ORPHAN_GRACE_S and session.exec(known).first() is None:
            storage.original(path).unlink(missing_ok=True)
            removed += 1
    return removed


def remove_old_uploads(session: Session, uploads: Path, now_s: float) -> int:
    """Remove uploaded archives and downloaded datasets that no open import needs, and return how many.

    Args:
        now_s: the current time in seconds since 1970.
    """
    open_imports = select(Tasks.config).where(
        Tasks.task_type == "image-import", col(Tasks.status).in_(["queued", "running", "paused"])
    )
    needed = {str(config.get("path")) for config in session.exec(open_imports)}
    removed = 0
    for file in uploads.glob("*"):
        if file.name not in needed and now_s - file.stat().st_mtime >= UPLOAD_GRACE_S:
            if file.is_dir():
                shutil.rmtree(file, ignore_errors=True)
            else:
                file.unlink(missing_ok=True)
            removed += 1
    return removed
