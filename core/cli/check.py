"""``vitrine check``: the checks of a dataset."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.database import project_id
from core.cli.options import MaxCost, Models, Profile, Project, Yes, model_configs
from core.cli.output import ExitCode, Json, result
from core.cli.price import agree
from core.cli.running import CommandTasks, command_tasks, described, ended_as, say_what_is_missing
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from core.checks import DatasetChecks


def run(
    project: Project,
    name: Annotated[str | None, typer.Argument(help="The check; without one, those that there are.")] = None,
    query: Annotated[str, typer.Option(help="A search line; the entries that it finds are checked.")] = "",
    options: Annotated[
        list[str] | None, typer.Option("--set", help="An option of the check, such as sample=50; may be repeated.")
    ] = None,
    model: Models = None,
    profile: Profile = None,
    yes: Yes = False,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> None:
    """Measure what a dataset is worth for training. Checks that ask models say the price first.

    Example: vitrine check guessable --project Shelf
    """
    with command_tasks() as tasks:
        checks = tasks.services.checks
        if name is None:
            result(as_json, checks.names(), "\n".join(f"{key:15} {label}" for key, label in checks.names().items()))
            return
        if name not in checks.names():
            raise InvalidInputError(f"There is no check {name}. Use one of: {', '.join(checks.names())}.")
        id_ = project_id(tasks.services.db, project)
        config: dict[str, Any] = {"check": name, "query": query, "options": dict(map(_option, options or ()))}
        if checks.task_type(name) == "asked-check":
            config["models"] = model_configs(tasks.services, model, profile)
            found = checks.estimate_config(id_, config)
            agree(found.calls, found.cost_low, found.cost_high, yes=yes, max_cost=max_cost)
        raise typer.Exit(_run(tasks, checks, id_, config, max_cost, as_json))


def _run(
    tasks: CommandTasks, checks: "DatasetChecks", id_: str, config: dict[str, Any], cap: float | None, as_json: bool
) -> ExitCode:
    summary = tasks.run(tasks.start(id_, checks.task_type(config["check"]), config, cost_cap=cap))
    report = checks.newest(id_, config["check"]) if summary.task.ended_at is not None and summary.done else None
    found = report.result if report else {}
    lines = "\n".join(f"{key}: {value}" for key, value in _numbers(found))
    result(as_json, described(summary) | {"check": config["check"], "result": found}, lines)
    say_what_is_missing(tasks.services, summary)
    return ExitCode.FAILED if report is None and summary.failed else ended_as(summary)


def _option(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise InvalidInputError(f"Write an option as name=value, not {text}.")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def _numbers(found: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the numbers and words of a result by their names; lists are in the JSON only."""
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{prefix}{key}.")
        elif isinstance(value, float):
            yield f"{prefix}{key}", f"{value:.4g}"
        elif isinstance(value, int | str):
            yield f"{prefix}{key}", value
