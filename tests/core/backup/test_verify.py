from pathlib import Path

import pytest

from core.backup import make_backup, verify_backup
from core.db import Database

pytestmark = pytest.mark.sqlite  # its twin for PostgreSQL is test_server_copy.py


def test_every_kind_of_damage_is_named(db: Database, paths: list[str], target: Path) -> None:
    made = make_backup(db.settings, target)
    (target / "objects" / paths[0]).write_bytes(b"x" * 300)
    (target / "objects" / paths[1]).unlink()
    assert sorted(verify_backup(target, made)) == sorted(
        [f"The image {paths[0]} is damaged.", f"The image {paths[1]} is missing."]
    )
    with (made.path / "vitrine.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"x")
    assert verify_backup(target, made) == [f"vitrine.db in {made.name} is damaged."]
    (made.path / "vitrine.db").unlink()
    assert verify_backup(target, made) == [f"vitrine.db is missing in {made.name}."]
