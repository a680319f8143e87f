"""What a task is about, its state and its result, in words: for rows, links and the sidebar."""

from functools import cache
from pathlib import PurePath

from core import Tasks, caller
from core.importing.outcomes import outcomes_of_task
from core.tasks import TaskStatus, models_of
from core.vision.analyzers import analyzers
from core.vision.items import TASK_TYPE as ANALYSIS
from pages.components.shared import moment, numbers, page
from pages.components.shared.numbers import pluralize

_IMPORT, _QUESTIONS = "image-import", "image-question-generation"
# An item of an analysis is a few images for one analyzer, one of answers a few questions of an image for one model.
_UNITS = {
    _QUESTIONS: "image", "image-answer-generation": "part", ANALYSIS: "part", "image-variants": "image",
    "style-analysis": "image", "style-generation": "image",
}  # fmt: skip
_ICONS = {
    TaskStatus.QUEUED: "schedule",
    TaskStatus.RUNNING: "progress_activity",
    TaskStatus.PAUSED: "pause_circle",
    TaskStatus.COMPLETED: "check_circle",
    TaskStatus.COMPLETED_WITH_FAILURES: "error",
    TaskStatus.CANCELLED: "cancel",
}
_MAX_CHARS = 60


def label(task: Tasks) -> str:
    """Return what the task is, its state and its result: "Import: shelf.zip · completed · 3 images, 12 entries"."""
    return " · ".join(part for part in (name(task), _state(task), result(task)) if part)


def row(task: Tasks) -> str:
    """Return what the task is, its state, its result once it ended, when it was started, and by whom.

    While it is active its result is left out: a row is drawn once, and the progress below it would run ahead.
    """
    came = result(task) if task.ended_at is not None else ""
    by = "" if task.started_by == caller.LOCAL else f"by {task.started_by}"
    parts = (name(task), _state(task), came, moment.ago(task.create_at), by)
    return " · ".join(part for part in parts if part)


def icon(task: Tasks) -> str:
    """Return the Material icon of the state of the task."""
    return _ICONS[TaskStatus(task.status)]


def name(task: Tasks) -> str:
    """Return the kind of the task and what it is about."""
    kind, about = _kind_label(task.task_type), subject(task)
    if task.task_type == _QUESTIONS and task.config.get("with_answers"):
        kind = "Generate questions and answers"
    return f"{kind}: {about}" if about else kind


def subject(task: Tasks) -> str:
    """Return the file, dataset, addresses, model, check or format that tell this task from others of its kind."""
    config = task.config
    path = PurePath(str(config.get("path") or "")).name
    prompts, recipe = config.get("prompts") or [], config.get("recipe") or {}
    urls = pluralize(len(config["urls"]), "web address", "web addresses") if config.get("urls") else ""
    models = [str(model.get("model") or "") for model in models_of(config)]
    model = f"{models[0]} and {len(models) - 1} more" if len(models) > 1 else "".join(models)
    named = (config.get("name"), config.get("hub"), path, urls, config.get("address"), *prompts[:1])
    text = next((str(one) for one in named if one), "") or _analyzers(task) or model or _check(task)
    text = text or str(recipe.get("format") or "")
    text = " ".join(text.split())
    return text if len(text) <= _MAX_CHARS else f"{text[: _MAX_CHARS - 1]}…"


def _analyzers(task: Tasks) -> str:
    """Return the analyzers of a task; those of new images follow the switch of the project."""
    if task.task_type != ANALYSIS:
        return ""
    if task.config.get("new"):
        return "new images"
    known = analyzers()
    return ", ".join(known[name].label.lower() for name in task.config.get("analyzers") or () if name in known)


def _check(task: Tasks) -> str:
    name = task.config.get("check")
    return page.services().checks.names().get(str(name), "") if name else ""


def result(task: Tasks) -> str:
    """Return what came of the task up to now.

    An import counts its files and questions: the number of its items means nothing to the person who waits.
    """
    if task.task_type != _IMPORT:
        return _done(task)
    found = outcomes_of_task(task)
    if task.ended_at is None:
        files = sum(found.counts.values())
        parts = [f"{pluralize(files, 'file')} read"] if files else []
        asked = pluralize(found.questions, "question")
        return ", ".join(
            [*parts, f"{numbers.text(found.entries + found.known)} of {asked}"] if found.questions else parts
        )
    images = found.counts.get("added", 0) + found.counts.get("near-duplicate", 0)
    known = found.counts.get("duplicate", 0) + found.known
    left_out = found.counts.get("rejected", 0) + sum(found.left_out.values())
    parts = [pluralize(images, "image")] if images else []
    parts += [pluralize(found.entries, "entry")] if found.entries else []
    parts += [f"{numbers.text(known)} already there"] if known else []
    parts += [f"{numbers.text(left_out)} left out"] if left_out else []
    return ", ".join(parts) or "nothing new"


def _done(task: Tasks) -> str:
    """Return how much of the task succeeded; failures are no success."""
    done, unit = task.processed_count - task.failed_count, _UNITS.get(task.task_type, "")
    if task.task_type == _QUESTIONS and task.config.get("sets"):
        unit = "set"
    if unit and done == task.total_count:
        return pluralize(done, unit)
    return (
        f"{numbers.text(done)} of {pluralize(task.total_count, unit) if unit else f'{numbers.text(task.total_count)}'}"
    )


def _state(task: Tasks) -> str:
    if task.failed_count and task.ended_at is not None:
        return f"{task.status.removesuffix(' with failures')} with {pluralize(task.failed_count, 'failure')}"
    return task.status


@cache
def _kind_label(task_type: str) -> str:
    """Return the label of a kind of task; cached, because building the kinds is slow compared with a page run."""
    kind = page.services().kinds.get(task_type)
    return kind.label if kind else task_type
