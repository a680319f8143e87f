from datetime import timedelta
from pathlib import Path

import pytest

from core import Projects
from core.config import Settings, load_settings
from core.db import Database, Exports, utc_now
from core.export import retention
from core.export.bundle_files import export_files
from core.export.retention import remove_lost_exports, remove_old_exports
from tests.fakes.object_storage import FakeObjectStorage


def _export(db: Database, project: Projects, name: str, days: float) -> Path:
    path = db.data_dir / "exports" / name
    path.parent.mkdir(exist_ok=True)
    if path.suffix:
        path.write_bytes(b"PK")
    else:
        path.mkdir()
        (path / "rows.jsonl").write_text("{}")
    with db.transaction() as session:
        at = utc_now() - timedelta(days=days)
        session.add(Exports(project_id=project.id, format="llava", path=f"exports/{name}", create_at=at))
    return path


def test_files_of_old_exports_go_and_everything_else_stays(db: Database, project: Projects) -> None:
    old = [_export(db, project, "old.zip", 8), _export(db, project, "old", 8)]
    young = _export(db, project, "young.zip", 6)
    outside = _export(db, project, "../vitrine.txt", 8)
    assert remove_old_exports(db) == 0
    db.settings = Settings(data_dir=db.data_dir, keep_exports_d=7)
    assert remove_old_exports(db) == 2
    assert [path.exists() for path in (*old, young, outside)] == [False, False, True, True]
    assert (db.data_dir / "vitrine.db").is_file()
    assert remove_old_exports(db) == 0


def test_bundles_that_no_export_has_leave_the_bucket_a_day_later(
    db: Database, project: Projects, bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remove_lost_exports(db) == 0
    monkeypatch.setenv("VITRINE_TASK_ENGINE", "dbos")
    db.settings = load_settings()
    files = export_files(db.settings)
    bundle = _export(db, project, "kept.zip", 0)
    for name in ("kept.zip", "lost.zip", "lost-too.zip"):
        files.put(name, bundle)
    assert remove_lost_exports(db) == 0
    monkeypatch.setattr(retention, "_LOST_S", 1e-9)
    assert remove_lost_exports(db) == 2
    assert files.names() == {"kept.zip"}
