"""vitrine token."""

import json

from typer.testing import CliRunner

from core.cli import app

runner = CliRunner()


def test_a_token_can_be_made_listed_and_revoked() -> None:
    made = runner.invoke(app, ["token", "make", "robot", "--scope", "read"])
    assert (made.exit_code, made.stdout[:8]) == (0, "vitrine_")
    listed = runner.invoke(app, ["token", "list"]).stdout.strip()
    assert listed[21:] == "  read   robot"
    revoked = runner.invoke(app, ["token", "revoke", listed[:21]])
    assert (revoked.exit_code, revoked.stdout) == (0, "Revoked robot.\n")
    assert runner.invoke(app, ["token", "list"]).stdout == ""


def test_programs_read_tokens_as_json() -> None:
    made = json.loads(runner.invoke(app, ["token", "make", "robot", "--json"]).stdout)
    assert (made["name"], made["scope"], made["secret"][:8]) == ("robot", "write", "vitrine_")
    (listed,) = json.loads(runner.invoke(app, ["token", "list", "--json"]).stdout)
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    revoked = json.loads(runner.invoke(app, ["token", "revoke", made["id"], "--json"]).stdout)
    assert revoked["id"] == made["id"]
    assert runner.invoke(app, ["token", "list", "--json"]).stdout == "[]\n"


def test_a_token_that_does_not_exist_ends_with_one_message_and_code_1() -> None:
    refused = runner.invoke(app, ["token", "revoke", "no-such-token"])
    assert (refused.exit_code, refused.stdout, refused.stderr) == (
        1,
        "",
        "This token does not exist any more. Choose another one.\n",
    )


def test_a_scope_that_does_not_exist_is_refused_before_anything_is_stored() -> None:
    refused = runner.invoke(app, ["token", "make", "robot", "--scope", "admin"])
    assert refused.exit_code == 2
    assert "'admin' is not one of" in refused.stderr
    assert runner.invoke(app, ["token", "list"]).stdout == ""
