"""Removing files that nothing refers to any more: originals without a row, and what was derived from them."""

from filelock import Timeout
from sqlmodel import Session, select

from core.db import Images
from core.images.storage import ImageStorage

# An upload in another process may have stored its file and not committed its row yet.
ORPHAN_GRACE_S = 3600


def remove_orphans(session: Session, storage: ImageStorage, now_s: float) -> int:
    """Remove originals without a row and return how many; deleted images keep theirs, so they can be restored.

    Args:
        now_s: the current time in seconds since 1970.
    """
    try:
        with storage.lock_against_removal(timeout_s=0):
            return _remove_orphans(session, storage, now_s)
    except Timeout:
        return 0  # a backup copies the originals; they are removed at the next start


def _remove_orphans(session: Session, storage: ImageStorage, now_s: float) -> int:
    removed = 0
    for path, modified_s in storage.originals.listed():
        known = select(Images.id).where(Images.path == path, Images.sha256 == path[3:67]).limit(1)
        if now_s - modified_s >= ORPHAN_GRACE_S and session.exec(known).first() is None:
            storage.originals.remove(path)
            storage.remove_renditions(path[3:67])
            removed += 1
    return removed
