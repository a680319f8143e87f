"""How commands speak: results on stdout, everything else on stderr, and what their exit codes mean."""

import json
import sys
from contextlib import AbstractContextManager
from enum import IntEnum
from typing import Annotated, Any

import typer

from core.progress import Progress, shown

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]


class ExitCode(IntEnum):
    """What a command ends with; 2, for a command that is not written correctly, comes from the library."""

    OK = 0
    FAILED = 1
    INCOMPLETE = 3
    """Something was left out, or a task paused: what was done is stored."""
    INTERRUPTED = 130


def say(text: str) -> None:
    """Write a sentence for people to stderr, where it does not mix with results."""
    typer.echo(text, err=True)


def result(is_json: bool, values: dict[str, Any] | list[Any], text: str) -> None:
    """Print a result: *values* as JSON, in ASCII where the encoding of stdout lacks a sign; or *text*."""
    if is_json:
        readable = json.dumps(values, ensure_ascii=False, indent=2, default=str)
        typer.echo(readable if _is_writable(readable) else json.dumps(values, indent=2, default=str))
    elif text:
        typer.echo(text)


def _is_writable(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def progress_bar(label: str) -> AbstractContextManager[Progress]:
    """Return a context that yields a function for the progress: a bar on stderr, where that is a terminal."""
    return shown(sys.stderr.isatty(), label)


def confirmed(question: str, *, otherwise: str) -> bool:
    """Ask at the terminal; without one the command ends with the sentence *otherwise*.

    Raises:
        Exit: there is no terminal to ask at.
    """
    if not sys.stdin.isatty():
        say(otherwise)
        raise typer.Exit(ExitCode.FAILED)
    return typer.confirm(question, err=True)
