"""``vitrine doctor``: what is wrong with this installation."""

import typer

from core.cli.output import Json, result


def run(as_json: Json = False) -> None:
    """Examine this machine and the data directory; exit code 1 means a problem.

    Example: vitrine doctor
    """
    from core.config import load_settings
    from core.doctor import examine
    from core.errors import ConfigurationError

    try:
        findings = examine(load_settings())
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    width = max(len(finding.subject) for finding in findings)
    lines = [f"{finding.level:8} {finding.subject:{width}}  {finding.message}" for finding in findings]
    result(as_json, [vars(finding) for finding in findings], "\n".join(lines))
    raise typer.Exit(int(any(finding.level == "problem" for finding in findings)))
