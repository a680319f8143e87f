"""``vitrine ask``: questions and answers by a model."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.database import project_id
from core.cli.options import MaxCost, Models, Profile, Project, Yes, model_configs
from core.cli.output import Json, result, say
from core.cli.price import agree
from core.cli.running import CommandTasks, command_tasks, described, ended_as, say_what_is_missing

if TYPE_CHECKING:
    from core.tasks import TaskSummary


class What(StrEnum):
    """What is asked for."""

    both = "both"
    questions = "questions"
    answers = "answers"


def run(
    project: Project,
    model: Models = None,
    profile: Profile = None,
    what: Annotated[What, typer.Option(help="Questions, answers to those that have none, or both.")] = What.both,
    questions: Annotated[int, typer.Option(help="How many questions an image has afterwards.", min=1, max=20)] = 3,
    more: Annotated[bool, typer.Option("--more", help="So many more, whatever an image has already.")] = False,
    language: Annotated[str, typer.Option(help="A code such as tr, or the name of a language.")] = "en",
    prompt: Annotated[str | None, typer.Option(help="An instruction of your own for the questions.")] = None,
    verifiable: Annotated[
        bool, typer.Option("--verifiable", help="Keep only answers that a program can mark.")
    ] = False,
    batch: Annotated[
        bool, typer.Option("--batch", help="Let the provider answer within 24 hours at half price.")
    ] = False,
    yes: Yes = False,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> None:
    """Let a model ask and answer questions about the images. It says the price first.

    Repeated, it asks only what is missing.

    Example: vitrine ask --project Shelf --model openai/gpt-4o --max-cost 2
    """
    with command_tasks() as tasks:
        id_ = project_id(tasks.services.db, project)
        config: dict[str, Any] = {"models": model_configs(tasks.services, model, profile), "language": language}
        config |= {"verifiable": verifiable, "batch": batch}
        if what != What.answers:
            config |= {"num_questions": questions, "custom_prompt": prompt, "top_up": not more}
            config["with_answers"] = what == What.both
        task_type = "image-answer-generation" if what == What.answers else "image-question-generation"
        calls = len(list(tasks.kinds[task_type].plan(id_, config)))
        if not calls:
            result(as_json, {"status": "completed", "calls": 0}, "There is nothing left to ask.")
            return
        _agree(tasks, id_, config, what, calls, yes, max_cost)
        summary = tasks.run(tasks.start(id_, task_type, config, cost_cap=max_cost))
        name, count = _made(tasks, summary, what)
        with_answers = " with their answers" if what == What.both else ""
        result(as_json, described(summary) | {name: count}, f"{count:,} new {name}{with_answers}")
        say_what_is_missing(tasks.services, summary)
        raise typer.Exit(ended_as(summary))


def _agree(
    tasks: CommandTasks, id_: str, config: dict[str, Any], what: What, calls: int, yes: bool, max_cost: float | None
) -> None:
    preview, answers = tasks.services.preview, what == What.answers
    # The plan has an item for each model; the estimate counts them itself.
    requests = -(-calls // len(config["models"]))
    found = preview.estimate(config, requests, preview.request(id_, config, answers=answers), answers=answers)
    agree(found.calls, found.cost_low, found.cost_high, yes=yes, max_cost=max_cost)


def _made(tasks: CommandTasks, summary: "TaskSummary", what: What) -> tuple[str, int]:
    """Return what was made, and how much of it."""
    items = tasks.services.tasks.items(summary.task.id, state="done", limit=max(summary.task.total_count, 1))
    if any(item.result.get("short_by") for item in items):
        say("Some are missing, because the model repeated itself.")
    name = "answers" if what == What.answers else "questions"
    return name, sum(item.result.get(name, 0) for item in items)
