from datetime import timedelta
from pathlib import Path

from core import Projects
from core.config import Settings
from core.db import Database, Exports, utc_now
from core.export.retention import remove_old_exports


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
