"""Route of the review desk for the end of a queue: what an export will hold, and what became of wrong answers."""

from typing import Any

from core.accounts.actor import Actor
from core.export import format_named, parse_recipe
from core.export.entries import directory_name
from core.export.reporting.loading import load_command
from core.services import Services

_FORMAT = "imagefolder"
"""The format that datasets, the library of Hugging Face, loads by itself."""


def ending(services: Services, _actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Return the number of entries that an export will hold with the code that loads it, and the result of a sample."""
    project = services.projects.get_project(str(params.get("project_id")))
    project_id = project.id
    recipe = parse_recipe({"format": _FORMAT})
    format_ = format_named(_FORMAT)
    wrong = services.samples.wrong_answers(project_id) if services.samples.is_sample(project_id) else None
    return {
        "entries": services.exports.count(project_id, recipe).entries,
        "format": format_.label,
        "load": load_command(format_, recipe, directory_name(project.name)),
        "wrong": None if wrong is None else vars(wrong),
    }
