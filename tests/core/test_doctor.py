import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest

from core import doctor
from core.backup import make_backup
from core.config import Settings
from core.db import Database
from core.doctor import Finding, examine
from core.secret_key import secret_key
from tests.core.vision.onnx_models import color_centernet


def _levels(findings: list[Finding]) -> dict[str, str]:
    return {finding.subject: finding.level for finding in findings}


def test_a_working_installation_has_no_problem(db: Database, tmp_path: Path) -> None:
    secret_key(db.data_dir)
    levels = _levels(examine(db.settings, tmp_path))
    assert "problem" not in levels.values()
    assert levels["Database"] == levels["secret.key"] == levels["Pillow"] == "ok"


def test_the_doctor_command_loads_no_library_that_takes_long_to_import(db: Database) -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "vitrine", "doctor"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines()}
    assert "core" in loaded
    heavy = {"streamlit", "litellm", "datasets", "pandas", "pyarrow", "fastapi", "alembic", "onnxruntime"}
    assert loaded & heavy == set()


def test_a_secret_file_that_others_can_read_is_a_problem_with_the_command_that_fixes_it(
    db: Database, tmp_path: Path
) -> None:
    secret_key(db.data_dir)
    key = db.data_dir / "secret.key"
    key.chmod(0o644)
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text("")
    secrets.chmod(0o640)
    problems = {
        finding.subject: finding.message for finding in examine(db.settings, tmp_path) if finding.level == "problem"
    }
    assert problems["secret.key"].endswith(f"chmod 600 {key}")
    assert problems["secrets.toml"].endswith(f"chmod 600 {secrets}")


def test_a_key_of_another_length_is_a_problem_with_the_command_that_replaces_it(db: Database, tmp_path: Path) -> None:
    secret_key(db.data_dir)
    (db.data_dir / "secret.key").write_bytes(b"")
    problems = [finding for finding in examine(db.settings, tmp_path) if finding.level == "problem"]
    assert [finding.subject for finding in problems] == ["secret.key"]
    assert "Run vitrine rotate-keys" in problems[0].message


def test_a_home_directory_that_cannot_be_entered_is_no_problem(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = Path.stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path.parent == tmp_path / ".streamlit":
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(Path, "stat", refuse)
    assert "problem" not in _levels(examine(db.settings, tmp_path / "elsewhere")).values()


def test_a_damaged_database_is_a_problem(db: Database, tmp_path: Path) -> None:
    db.close()
    path = db.data_dir / "vitrine.db"
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    path.write_bytes(content)
    findings = {finding.subject: finding for finding in examine(db.settings, tmp_path)}
    assert findings["Database"].level == "problem"
    assert "backups" in findings["Database"].message


def test_the_integrity_check_of_a_large_database_has_a_time_limit(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(db.data_dir / "vitrine.db") as connection:
        connection.execute(
            "CREATE TABLE filler AS WITH RECURSIVE n(i) AS "
            "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n"
        )
    monkeypatch.setattr(doctor, "INTEGRITY_TIMEOUT_S", 0.0001)
    assert _levels(examine(db.settings))["Database"] == "warning"


def test_the_doctor_creates_no_files(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "nowhere")
    assert _levels(examine(settings, tmp_path))["Data directory"] == "warning"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("free_gb", "level"), [(0.199, "problem"), (0.2, "warning"), (1.999, "warning"), (2.0, "ok")])
def test_low_disk_space_is_a_warning_and_then_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_gb: float, level: str
) -> None:
    usage = namedtuple("usage", "total used free")(10**12, 0, int(free_gb * 1e9))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert _levels(examine(Settings(data_dir=tmp_path), tmp_path))["Disk"] == level


@pytest.mark.parametrize(
    ("version", "level"), [((3, 51, 3), "ok"), ((3, 50, 7), "ok"), ((3, 44, 6), "ok"), ((3, 51, 2), "warning")]
)
def test_an_sqlite_version_with_the_known_bug_is_a_warning(version: tuple[int, int, int], level: str) -> None:
    assert doctor._sqlite(Settings(), version).level == level


def test_a_database_server_whose_driver_is_missing_is_a_problem_with_the_command_that_installs_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    settings = db.settings.model_copy(update={"database_url": "postgresql+psycopg://localhost/vitrine"})
    (found,) = [finding for finding in examine(settings) if finding.subject == "Database"]
    assert (found.level, "pip install 'vitrine-vqa[postgres]'" in found.message) == ("problem", True)


def test_an_analyzer_that_cannot_run_is_a_warning_with_the_command_that_brings_it(db: Database, tmp_path: Path) -> None:
    missing = {one.subject: one for one in examine(db.settings, tmp_path)}["Analyzer: Objects"]
    assert (missing.level, missing.message) == (
        "warning", "Finding objects needs a model. Run: vitrine models add objects",
    )  # fmt: skip
    color_centernet(db.settings.local_models_dir / "objects")
    found = {one.subject: one for one in examine(db.settings, tmp_path)}["Analyzer: Objects"]
    assert found.level == "ok"
    assert found.message.startswith("color ")


def test_the_doctor_speaks_of_backups_disk_metrics_and_the_schema(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {finding.subject: finding for finding in examine(db.settings, tmp_path)}
    assert (found["Backup"].level, found["Metrics"].level, found["Schema"].level) == ("warning", "ok", "ok")

    target = tmp_path / "backups"
    more = {"backup_dir": target, "metrics_port": 9464, "metrics_address": "0.0.0.0", "min_free_bytes": 10**18}  # noqa: S104
    settings = db.settings.model_copy(update=more)
    make_backup(settings, target)
    with db.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    found = {finding.subject: finding for finding in examine(settings, tmp_path)}
    assert found["Backup"].level == "ok"
    assert "1 kept, next" in found["Backup"].message
    of_a_server = {"database_url": "postgresql+psycopg://localhost/vitrine", "postgres_bin": target}
    assert "pg_dump" in doctor._backup(db.settings.model_copy(update=of_a_server)).message
    assert (found["Metrics"].level, found["Disk"].level, found["Schema"].level) == ("warning", "problem", "problem")
    assert "Update Vitrine" in found["Schema"].message

    with db.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0015'")
    found = {finding.subject: finding for finding in examine(settings, tmp_path)}
    assert (found["Schema"].level, found["Schema"].message[:4]) == ("warning", "0015")


def test_workers_on_sqlite_are_a_problem_with_what_to_set(db: Database, tmp_path: Path) -> None:
    settings = db.settings.model_copy(update={"task_engine": "dbos", "database_url": None})
    (found,) = [finding for finding in examine(settings, tmp_path) if finding.subject == "Tasks"]
    assert (found.level, found.message) == (
        "problem", "VITRINE_TASK_ENGINE is dbos, which needs PostgreSQL: set VITRINE_DATABASE_URL",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "is_used"),
    [(None, True), ("sqlite:////srv/a.db", True), ("postgresql+psycopg://localhost/vitrine", False)],
)
def test_sqlite_is_not_used_where_another_database_is_named(db: Database, url: str | None, is_used: bool) -> None:
    settings = db.settings.model_copy(update={"database_url": url})
    said = doctor._sqlite(settings, (3, 51, 3))
    assert (said.level, "not used" in said.message) == ("ok", not is_used)
    assert bool(list(doctor._upgrade(settings))) == is_used


def test_a_large_database_that_is_whole_is_checked_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a?b.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE filler AS WITH RECURSIVE n(i) AS "
            "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n"
        )
    connection.close()
    assert doctor._quick_check(path) == "ok"
    with closing(doctor._read_only(path)) as reading, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.execute("DELETE FROM filler")


@pytest.mark.parametrize(
    ("pillow", "webp", "levels"),
    [
        ("13.0", "1.3.2", ["ok", "ok"]),
        ("13.0.1", "1.6.0", ["ok", "ok"]),
        ("12.9.9", "1.3.2", ["problem", "ok"]),
        ("13.0", "1.3.1", ["ok", "problem"]),
        ("13.0", None, ["ok", "problem"]),
    ],
)
def test_a_library_with_a_known_vulnerability_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, pillow: str, webp: str | None, levels: list[str]
) -> None:
    monkeypatch.setattr(doctor, "version", lambda _name: pillow)
    monkeypatch.setattr("PIL.features.version", lambda _name: webp)
    found = list(doctor._pillow())
    assert [one.level for one in found] == levels
    assert ("without it" in found[1].message) == (webp is None)


def test_the_version_of_python_is_said_in_three_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._python() == Finding("ok", "Python", platform.python_version())
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert doctor._python().level == "problem"


def test_a_data_directory_has_to_be_a_directory_that_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert doctor._data_dir(file).level == "problem"
    assert doctor._data_dir(tmp_path) == Finding("ok", "Data directory", str(tmp_path.resolve()))
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.R_OK | os.W_OK | os.X_OK)
    assert doctor._data_dir(tmp_path).level == "problem"


@pytest.mark.parametrize(
    ("address", "level"),
    [("127.0.0.1", "ok"), ("::1", "ok"), ("localhost", "ok"), ("0.0.0.0", "warning"), ("10.0.0.7", "warning")],  # noqa: S104
)
def test_metrics_that_others_can_read_are_a_warning(address: str, level: str) -> None:
    settings = Settings(metrics_port=9464, metrics_address=address)
    said = doctor._metrics(settings)
    assert (said.level, said.message.partition(",")[0]) == (level, f"http://{address}:9464/metrics")


def test_a_database_that_is_not_there_yet_and_one_elsewhere_are_no_problem(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert doctor._database(settings) == [Finding("ok", "Database", "not created yet")]
    assert [one.message for one in doctor._upgrade(settings)] == [doctor.known_versions()[-1]]
    assert list(doctor._quotas(settings)) == []
    elsewhere = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'a.db'}"})
    assert "check it with its own tools" in doctor._database(elsewhere)[0].message
    assert list(doctor._quotas(elsewhere)) == []


def test_a_backup_that_is_still_to_be_made_is_said(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", backup_dir=tmp_path / "backups")
    said = doctor._backup(settings)
    assert (said.level, f"none in {tmp_path / 'backups'} yet" in said.message) == ("ok", True)
