"""The command ``vitrine``: without a verb it serves the app; each verb is one file and one line here."""

import getpass
from typing import Annotated

import typer

from core.caller import LOCAL, Caller, acting
from core.cli import (
    analyze,
    ask,
    backup,
    check,
    demo,
    doctor,
    export,
    hash_password,
    import_,
    invite,
    mcp,
    models,
    move,
    project,
    rotate_keys,
    serve,
    task,
    token,
    user,
    worker,
)

app = typer.Typer(
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.run)
app.command("import")(import_.run)
app.command("ask")(ask.run)
app.command("analyze")(analyze.run)
app.command("check")(check.run)
app.command("export")(export.run)
app.command("worker")(worker.run)
app.command("mcp")(mcp.run)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("move")(move.run)
app.command("doctor")(doctor.run)
app.command("hash-password")(hash_password.run)
app.command("invite")(invite.run)
app.command("rotate-keys")(rotate_keys.run)
app.add_typer(models.app, name="models")
app.add_typer(project.app, name="project")
app.add_typer(task.app, name="task")
app.add_typer(token.app, name="token")
app.add_typer(user.app, name="user")


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    host: serve.Host = None,
    port: serve.Port = None,
    browser: serve.Browser = True,
    data: Annotated[str | None, typer.Option(help="Data directory; the default is ./data.")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Build image question-answer datasets. Without a command, serve the app.

    Example: vitrine --port 8600 --data my-data

    Exit codes: 0 done, 1 failed, 2 not written correctly, 3 something is missing or paused, 130 interrupted.
    """
    context.with_resource(acting(Caller(_user(), way="cli")))
    serve.use_data_directory(data)
    if version:
        typer.echo(serve.version_text())
    elif context.invoked_subcommand is None:
        raise typer.Exit(serve.run(host, port, browser=browser))


def _user() -> str:
    """Return the name of the user of this machine who runs the command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # such as a container without an entry for its user
        return LOCAL
