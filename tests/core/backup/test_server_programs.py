"""The programs of PostgreSQL that make a dump: which version will do, and what is said when one fails."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.backup import server_copy
from core.config import load_settings
from core.errors import ConfigurationError, StorageError


def _server(version_number: str) -> Any:
    return SimpleNamespace(exec_driver_sql=lambda _sql: SimpleNamespace(scalar_one=lambda: version_number))


@pytest.mark.parametrize(
    ("said", "server", "found"),
    [
        ("pg_dump (PostgreSQL) 17.2", "170002", ""), ("pg_dump (PostgreSQL) 18.0", "170002", ""),
        ("pg_dump (PostgreSQL) 16.9", "170000", "16"), ("pg_dump (PostgreSQL) 16.9", "169999", ""),
        ("", "170000", "unknown"),
    ],
)  # fmt: skip
def test_a_server_is_dumped_by_a_program_of_its_version_or_a_newer_one(
    monkeypatch: pytest.MonkeyPatch, said: str, server: str, found: str
) -> None:
    monkeypatch.setattr(server_copy.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said))
    if not found:
        server_copy._require_new_enough("pg_dump", _server(server))
        return
    with pytest.raises(ConfigurationError, match=f"The server is PostgreSQL 17, and pg_dump is of version {found}"):
        server_copy._require_new_enough("pg_dump", _server(server))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("one\n\n pg_dump: Error: no room \nlast", "pg_dump: Error: no room"), ("one\nlast\n", "last"),
        (" \n", "no reason given"), ("x" * 301, "x" * 300),
    ],
)  # fmt: skip
def test_of_what_a_failed_program_said_its_error_is_shown(said: str, reason: str) -> None:
    assert server_copy._reason(said) == reason


def test_a_program_that_fails_is_named_with_its_reason_and_one_that_is_stopped_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_copy, "_LOOK_S", 0.02)
    server_copy._run([sys.executable, "-S", "-c", "pass"], None, lambda: None)
    failing = [sys.executable, "-S", "-c", "import sys; sys.exit('an error: no room')"]
    with pytest.raises(StorageError, match=r"failed \(an error: no room\)\. Nothing was stored\."):
        server_copy._run(failing, None, lambda: None)

    def stop() -> None:
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        server_copy._run([sys.executable, "-S", "-c", "import time; time.sleep(60)"], None, stop)


def test_a_dump_that_lacks_a_table_or_cannot_be_read_is_no_backup(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed, ran = [f"1; TABLE public {one.name} vitrine\n" for one in server_copy.Base.metadata.sorted_tables], []
    monkeypatch.setattr(server_copy, "find_program", lambda name, _settings: name)
    monkeypatch.setattr(server_copy, "_run", lambda command, _url, _tick: ran.append(command))
    answers = [subprocess.CompletedProcess([], 0, "".join(listed), "")]
    monkeypatch.setattr(server_copy.subprocess, "run", lambda *_, **__: answers[0])
    server_copy._check(load_settings(), tmp_path / "dump", lambda: None)
    assert len(ran) == 1
    answers[0] = subprocess.CompletedProcess([], 0, "".join(line for line in listed if " projects " not in line), "")
    with pytest.raises(StorageError, match=r"The dump lacks the tables projects\."):
        server_copy._check(load_settings(), tmp_path / "dump", lambda: None)
    answers[0] = subprocess.CompletedProcess([], 1, "", "error: damaged")
    with pytest.raises(StorageError, match=r"The dump cannot be read \(error: damaged\)"):
        server_copy._check(load_settings(), tmp_path / "dump", lambda: None)
