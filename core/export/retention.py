"""Removing the files of old exports; their rows stay, and each export can be made again from its recipe."""

import shutil
from datetime import timedelta

from sqlmodel import col, select

from core.db import Database, Exports, utc_now


def remove_old_exports(db: Database) -> int:
    """Remove the bundles that are older than ``VITRINE_KEEP_EXPORTS_D`` days, and return how many there were."""
    if db.settings.keep_exports_d is None:
        return 0
    before = utc_now() - timedelta(days=db.settings.keep_exports_d)
    with db.reading() as session:
        paths = list(session.exec(select(Exports.path).where(col(Exports.create_at) < before, Exports.path != "")))
    exports, removed = (db.data_dir / "exports").resolve(), 0
    for path in paths:
        bundle = (db.data_dir / path).resolve()
        if bundle.parent != exports or not bundle.exists():
            continue
        if bundle.is_dir():
            shutil.rmtree(bundle, ignore_errors=True)
        else:
            bundle.unlink(missing_ok=True)
        removed += 1
    return removed
