"""Removing old backups, and the originals that none of the others needs."""

import shutil
from pathlib import Path

from core.backup.layout import INCOMING, list_backups, objects
from core.backup.needed import needed_originals
from core.portable import sync_path


def prune(target: Path, keep: int) -> int:
    """Remove all but the newest *keep* backups and return how many; the caller has *target* locked.

    A backup loses its name before its first file is removed, and an original is removed only when no backup needs it.
    """
    old = list_backups(target)[:-keep]
    for backup in old:
        removed = target / INCOMING
        shutil.rmtree(removed, ignore_errors=True)
        backup.path.rename(removed)
        sync_path(target)
        shutil.rmtree(removed)
    if old:
        _remove_unneeded(target)
    return len(old)


def _remove_unneeded(target: Path) -> None:
    needed = {path for backup in list_backups(target) for path, _ in needed_originals(backup.path)}
    store = objects(target)
    for path, _ in store.originals.listed():
        if path not in needed:
            store.originals.remove(path)
