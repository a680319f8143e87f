"""vitrine doctor."""

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.doctor import Finding


@pytest.mark.parametrize(("level", "exit_code"), [("ok", 0), ("warning", 0), ("problem", 1)])
def test_findings_are_printed_in_columns_and_a_problem_ends_with_code_1(
    monkeypatch: pytest.MonkeyPatch, level: str, exit_code: int
) -> None:
    findings = [Finding("ok", "Python", "3.11"), Finding(level, "Database", "A message.")]  # type: ignore[arg-type]
    monkeypatch.setattr("core.doctor.examine", lambda settings: findings)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.stdout == f"ok       Python    3.11\n{level:8} Database  A message.\n"
    assert result.exit_code == exit_code


def test_a_setting_that_is_not_usable_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "")
    result = CliRunner().invoke(app, ["doctor"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("VITRINE_ACCESS_PASSWORD is not usable: the password is empty.")
