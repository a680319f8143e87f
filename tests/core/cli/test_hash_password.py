"""vitrine hash-password."""

from typer.testing import CliRunner

from core.cli import app
from core.password import matches


def test_the_hash_of_the_typed_password_is_all_that_is_printed() -> None:
    result = CliRunner().invoke(app, ["hash-password"], input="open sesame\nopen sesame\n")
    assert result.exit_code == 0
    assert matches(result.stdout.strip(), "open sesame")
    assert "open sesame" not in result.output


def test_the_salt_differs_each_time() -> None:
    hashes = {CliRunner().invoke(app, ["hash-password"], input="a\na\n").stdout for _ in range(2)}
    assert len(hashes) == 2


def test_a_blank_password_has_no_hash() -> None:
    result = CliRunner().invoke(app, ["hash-password"], input="  \n  \n")
    assert (result.exit_code, result.stdout.strip()) == (1, "")
    assert "the password is empty" in result.stderr
