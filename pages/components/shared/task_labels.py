"""What a task is about, its state and its result, in words: for rows, links and the sidebar."""

from functools import cache
from pathlib import PurePath

from core import Tasks
from core.importing.outcomes import outcomes_of_task
from core.pluralize import pluralize
from core.tasks import models_of
from core.vision import ImageAnalysisTask
from core.vision.analyzers import analyzers
from pages.components.shared import page

_IMPORT = "image-import"
_MAX_CHARS = 60


def label(task: Tasks) -> str:
    """Return what the task is, its state and its result: "Import: shelf.zip · completed · 3 images, 12 entries"."""
    return " · ".join(part for part in (name(task), _state(task), result(task)) if part)


def row(task: Tasks) -> str:
    """Return the label with the time at which the task was started."""
    return f"{label(task)} · {task.create_at:%Y-%m-%d %H:%M} UTC"


def name(task: Tasks) -> str:
    """Return the kind of the task and what it is about."""
    about = subject(task)
    return f"{_kind_label(task.task_type)}: {about}" if about else _kind_label(task.task_type)


def subject(task: Tasks) -> str:
    """Return the file, dataset, web addresses, model, format or prompt that tell this task from others of its kind."""
    config = task.config
    path = PurePath(str(config.get("path") or "")).name
    prompts, recipe = config.get("prompts") or [], config.get("recipe") or {}
    urls = pluralize(len(config["urls"]), "web address", "web addresses") if config.get("urls") else ""
    model = next((str(model.get("model") or "") for model in models_of(config)), "")
    named = (config.get("name"), config.get("hub"), path, urls, config.get("address"), *prompts[:1])
    text = next((str(one) for one in named if one), "") or _analyzers(task) or model or str(recipe.get("format") or "")
    text = " ".join(text.split())
    return text if len(text) <= _MAX_CHARS else f"{text[: _MAX_CHARS - 1]}…"


def _analyzers(task: Tasks) -> str:
    """Return the analyzers of a task; those of new images follow the switch of the project."""
    if task.task_type != ImageAnalysisTask.task_type:
        return ""
    if task.config.get("new"):
        return "new images"
    known = analyzers()
    return ", ".join(known[name].label.lower() for name in task.config.get("analyzers") or () if name in known)


def result(task: Tasks) -> str:
    """Return what came of the task up to now.

    An import counts its files and questions: the number of its items means nothing to the person who waits.
    """
    if task.task_type != _IMPORT:
        # An item of an analysis is a few images for one analyzer.
        unit = " parts" if task.task_type == ImageAnalysisTask.task_type else ""
        return f"{task.processed_count:,} of {task.total_count:,}{unit}"
    found = outcomes_of_task(task)
    if task.ended_at is None:
        files = sum(found.counts.values())
        parts = [f"{pluralize(files, 'file')} read"] if files else []
        asked = pluralize(found.questions, "question")
        return ", ".join([*parts, f"{found.entries + found.known:,} of {asked}"] if found.questions else parts)
    images = found.counts.get("added", 0) + found.counts.get("near-duplicate", 0)
    known = found.counts.get("duplicate", 0) + found.known
    left_out = found.counts.get("rejected", 0) + sum(found.left_out.values())
    parts = [pluralize(images, "image")] if images else []
    parts += [pluralize(found.entries, "entry")] if found.entries else []
    parts += [f"{known:,} already there"] if known else []
    parts += [f"{left_out:,} left out"] if left_out else []
    return ", ".join(parts) or "nothing new"


def _state(task: Tasks) -> str:
    if task.failed_count and task.ended_at is not None:
        return f"{task.status.removesuffix(' with failures')} with {pluralize(task.failed_count, 'failure')}"
    return task.status


@cache
def _kind_label(task_type: str) -> str:
    """Return the label of a kind of task; cached, because building the kinds is slow compared with a page run."""
    kind = page.services().kinds.get(task_type)
    return kind.label if kind else task_type
