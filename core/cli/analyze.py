"""``vitrine analyze``: what is in the images."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.database import project_id
from core.cli.options import MaxCost, Profile, Project, Yes, model_configs
from core.cli.output import Json, result, say
from core.cli.price import agree
from core.cli.running import CommandTasks, command_tasks, described, ended_as, say_what_is_missing
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from core.vision.analyzers.base import Tools


def run(
    project: Project,
    analyzers: Annotated[
        list[str] | None,
        typer.Option("--with", help="text, objects, tags, caption, embedding or provenance; repeat it for several."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Asked for objects, tags, captions, not tools.")] = None,
    profile: Profile = None,
    again: Annotated[bool, typer.Option("--again", help="Also images that have a current result.")] = False,
    yes: Yes = False,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> None:
    """Find text, objects, tags and vectors in the images. Repeated, it looks only at what is new.

    Example: vitrine analyze --project Shelf --with text --with objects
    """
    with command_tasks() as tasks:
        id_ = project_id(tasks.services.db, project)
        config: dict[str, Any] = {"fresh": again}
        if model is not None or profile is not None:
            config["llm_config"] = model_configs(tasks.services, [model] if model else None, profile)[0]
        tools = tasks.services.analysis.tools(config)
        config["analyzers"] = _usable(analyzers, tools)
        _agree(tasks, id_, config, tools, yes, max_cost)
        summary = tasks.run(tasks.start(id_, "image-analysis", config, cost_cap=max_cost))
        counts = tasks.services.analysis.analyzed_by(summary.task.id)
        text = ", ".join(f"{name}: {count:,}" for name, count in counts.items()) or "There is nothing left to analyze."
        result(as_json, described(summary) | {"analyzed": counts}, text)
        say_what_is_missing(tasks.services, summary)
        raise typer.Exit(ended_as(summary))


def _usable(named: list[str] | None, tools: "Tools") -> list[str]:
    """Return the analyzers that can run here; those that were named have to.

    Raises:
        InvalidInputError: one that was named cannot, or none can.
    """
    from core.vision.analyzers import analyzer
    from core.vision.task import DEFAULT

    names = list(dict.fromkeys(named or DEFAULT))
    reasons = {name: reason for name in names if (reason := analyzer(name).missing(tools))}
    if reasons and (named or len(reasons) == len(names)):
        raise InvalidInputError(" ".join(reasons.values()))
    for name, reason in reasons.items():
        say(f"Without {name}: {reason}")
    return [name for name in names if name not in reasons]


def _agree(
    tasks: CommandTasks, id_: str, config: dict[str, Any], tools: "Tools", yes: bool, max_cost: float | None
) -> None:
    """Say what a model costs, if one is asked."""
    from core.vision.estimate import ASK_MODEL, estimate

    if tools.model is None:
        return
    calls = dict.fromkeys((name for name in config["analyzers"] if name in ASK_MODEL), 0)
    for item in tasks.kinds["image-analysis"].plan(id_, config):
        if item.payload["analyzer"] in calls:
            calls[item.payload["analyzer"]] += len(item.payload["image_ids"])
    side_px = tools.model.max_side_px or tasks.services.db.settings.model_side_px
    found = estimate(tasks.services.llm, tools.model.litellm_model, side_px, calls)
    low, high = (found.low, found.high) if found else (None, None)
    agree(sum(calls.values()), low, high, yes=yes, max_cost=max_cost)
