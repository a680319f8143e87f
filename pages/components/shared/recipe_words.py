"""The recipe of a task in words: what it works on, what it asks or writes, and how."""

from collections.abc import Callable, Mapping
from typing import Any

from core import Tasks
from core.export import format_named
from core.importing.readers import FORMATS
from core.questions.prompts import language_name
from core.tasks import models_of
from pages.components.shared import numbers
from pages.components.shared.numbers import pluralize

_Config = Mapping[str, Any]
_WHICH = {
    "only_without_questions": "without a question of their own", "only_failed": "that failed before",
    "top_up": "with fewer questions than wanted",
}  # fmt: skip
_SETS = {
    "selection": "in their order", "name": "whose names begin alike", "pdf": "of the pages of one PDF",
    "similar": "of similar images", "variants": "of an image with its variants",
}  # fmt: skip
_SAID = ("models", "llm_config", "more_models", "recipe", "request")
_MAX_CHARS = 300


def lines(task: Tasks) -> list[tuple[str, str]]:
    """Return what the recipe of a task says, each as a name and its value in words."""
    return _BY_TYPE.get(task.task_type, _others)(task.config)


def asked(config: _Config) -> list[tuple[str, str]]:
    """Return what the recipe of a task of questions or answers says."""
    found = [("Images", _images(config))]
    if config.get("num_questions"):
        unit = "set" if config.get("sets") else "image"
        found.append(("Questions", f"{config['num_questions']} per {unit}{_kinds(config.get('kinds') or {})}"))
        found.append(("Answers", "with the questions" if config.get("with_answers") else "not asked for"))
    elif config.get("which") == "all":
        found.append(("Questions", "all, also those with an answer"))
    else:
        found.append(("Questions", "those without an answer"))
    found.append(("Language", language_name(str(config.get("language") or "en"))))
    found += _models(config)
    if prompt := config.get("custom_prompt"):
        found.append(("Prompt of your own", str(prompt)))
    if examples := config.get("example_ids"):
        found.append(("Examples", f"{pluralize(len(examples), 'confirmed entry')} sent along"))
    switches = {
        "verifiable": "only answers that a program can verify", "batch": "sent in batches, at a lower price",
        "fresh": "earlier replies are not used again",
    }  # fmt: skip
    found += [("Also", text) for name, text in switches.items() if config.get(name)]
    if parallel := config.get("concurrency"):
        found.append(("Parallel calls", numbers.text(parallel)))
    return found


def _images(config: _Config) -> str:
    chosen = config.get("image_ids")
    if sets := config.get("sets"):
        which = f"Sets of up to {config.get('set_size', 4)} images, {_SETS.get(str(sets), str(sets))}"
    else:
        which = next((text for name, text in _WHICH.items() if config.get(name)), "all")
    if chosen is None:
        return which
    named = f"{pluralize(len(chosen), 'image')} that were chosen" if len(chosen) != 1 else "1 image that was chosen"
    return named if which == "all" else f"{which}, of {named}"


def _kinds(kinds: Mapping[str, int]) -> str:
    if not kinds:
        return ", of any kind"
    is_even = len(set(kinds.values())) == 1
    ratio = "" if is_even else f", in the ratio {' : '.join(map(str, kinds.values()))}"
    return f": {', '.join(kinds)}{ratio}"


def _models(config: _Config) -> list[tuple[str, str]]:
    models = models_of(config)
    texts = [
        ", ".join(
            [str(model.get("model") or ""), *(f"{name.replace('_', ' ')} {value}" for name, value in model.items()
                                              if name not in ("model", "provider") and value not in (None, ""))]
        )
        for model in models
    ]  # fmt: skip
    return [("Model" if len(models) == 1 else "Models", "; ".join(texts))] if models else []


def _imported(config: _Config) -> list[tuple[str, str]]:
    where = config.get("name") or config.get("path") or config.get("hub") or config.get("address")
    found = [("From", str(where))] if where else []
    if urls := config.get("urls"):
        found.append(("From", pluralize(len(urls), "web address", "web addresses")))
    if format_ := config.get("format"):
        found.append(("Read as", FORMATS.get(str(format_), str(format_))))
    said = ("source", "name", "path", "hub", "address", "urls", "format")
    return [*found, *_others({name: value for name, value in config.items() if name not in said})]


def _exported(config: _Config) -> list[tuple[str, str]]:
    recipe = config.get("recipe") or {}
    entries, splits = recipe.get("entries") or {}, recipe.get("splits") or {}
    which = "confirmed" if entries.get("confirmed_only", True) else "all but rejected"
    if entries.get("confirmed_only") is False and entries.get("rejected") is None:
        which = "all"
    found = [("Format", format_named(str(recipe.get("format") or "llava")).label), ("Entries", which)]
    if search := entries.get("search"):
        found.append(("Search", str(search)))
    if leave_out := entries.get("leave_out"):
        found.append(("Left out", ", ".join(leave_out)))
    shares = [
        f"{name} {numbers.percent(splits[name] / 100)}" for name in ("train", "validation", "test") if splits.get(name)
    ]
    found += [("Splits", ", ".join(shares))] if shares else []
    found += [(label, str(recipe[name])) for name, label in (("container", "Written as"), ("title", "Title"),
              ("license", "License")) if recipe.get(name)]  # fmt: skip
    return found


def _styled(config: _Config) -> list[tuple[str, str]]:
    request, prompts = config.get("request") or {}, config.get("prompts") or []
    found = [("Prompts" if len(prompts) > 1 else "Prompt", "; ".join(map(str, prompts)))] if prompts else []
    found += [("Variants", str(config["variants"]))] if config.get("variants", 1) != 1 else []
    found += [(label, str(request[name])) for name, label in (("aspect_ratio", "Aspect ratio"), ("size", "Size"),
              ("style", "Style keyword"), ("wording", "Weight of the references")) if request.get(name)]  # fmt: skip
    return [*found, *_models(config)]


def _others(config: _Config) -> list[tuple[str, str]]:
    """Return every value that is set, for kinds of task without words of their own."""
    found = [
        (name.replace("_", " ").capitalize(), _value(value))
        for name, value in config.items()
        if name not in _SAID and value not in (None, "", [], {}, False)
    ]
    return [*found, *_models(config)]


def _value(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_value(inner)}" for name, inner in value.items() if inner)
    if isinstance(value, list):
        return f"{numbers.text(len(value))} chosen" if len(value) > 8 else ", ".join(map(str, value))
    text = str(value)
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]}…"


_BY_TYPE: dict[str, Callable[[_Config], list[tuple[str, str]]]] = {
    "image-question-generation": asked,
    "image-answer-generation": asked,
    "image-import": _imported,
    "dataset-export": _exported,
    "style-generation": _styled,
}
