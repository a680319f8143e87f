"""Removing the files of old exports; their rows stay, and each export can be made again from its recipe."""

from datetime import timedelta
from pathlib import Path

from sqlmodel import col, select

from core.db import Database, Exports, utc_now
from core.export.bundle_files import EXPORTS_DIRECTORY, export_files, remove_bundle

_LOST_S = 24 * 3600.0


def remove_old_exports(db: Database) -> int:
    """Remove the bundles that are older than ``VITRINE_KEEP_EXPORTS_D`` days, and return how many there were."""
    if db.settings.keep_exports_d is None:
        return 0
    before = utc_now() - timedelta(days=db.settings.keep_exports_d)
    with db.reading() as session:
        paths = list(session.exec(select(Exports.path).where(col(Exports.create_at) < before, Exports.path != "")))
    exports, removed = (db.data_dir / EXPORTS_DIRECTORY).resolve(), 0
    files = export_files(db.settings)
    in_bucket = files.names()
    for path in paths:
        bundle = (db.data_dir / path).resolve()
        if bundle.parent != exports or not (bundle.exists() or bundle.name in in_bucket):
            continue
        remove_bundle(bundle)
        if bundle.name in in_bucket:
            files.remove(bundle.name)
        removed += 1
    return removed


def remove_lost_exports(db: Database) -> int:
    """Remove bundles from the bucket that no export has, a day after they were made; return how many there were.

    A worker that was killed leaves one between sending it and storing the export.
    """
    files = export_files(db.settings)
    old = files.names(older_than_s=_LOST_S)
    if not old:
        return 0
    with db.reading() as session:
        known = {Path(path).stem for path in session.exec(select(Exports.path))}
    lost = [name for name in old if Path(name).stem not in known]
    for name in lost:
        files.remove(name)
    return len(lost)
