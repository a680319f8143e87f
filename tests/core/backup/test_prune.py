from pathlib import Path

import pytest

from core import Projects
from core.backup import list_backups, make_backup, verify_backup
from core.db import Database
from tests.core.backup.originals import add_originals

pytestmark = pytest.mark.sqlite  # its twin for PostgreSQL is test_server_copy.py


def test_old_backups_go_and_with_them_the_originals_that_no_other_needs(
    db: Database, project: Projects, paths: list[str], target: Path
) -> None:
    first = make_backup(db.settings, target)
    with db.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM images WHERE path = ?", (paths[0],))
    made = [make_backup(db.settings, target)]
    add_originals(db, project.id, 1, seed=1)
    made.append(make_backup(db.settings, target))
    assert (target / "objects" / paths[0]).is_file()

    made.append(make_backup(db.settings, target, keep=3))

    assert list_backups(target) == made
    assert not first.path.exists()
    assert not (target / "objects" / paths[0]).exists()
    assert [verify_backup(target, backup) for backup in made] == [[], [], []]
    assert not (target / ".incoming").exists()
