"""The dataset card: a README that says what is in a bundle and where it comes from."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.export.entries import RowOptions, safe_stem
from core.export.formats import Format
from core.export.recipe import ExportRecipe
from core.export.reporting.report import load_command, one_line
from core.pluralize import pluralize

if TYPE_CHECKING:
    from core.export.bundle import Written

CARD = "README.md"
_LONGEST_CELL_CHARS = 160
_NAMED_VALUES = 12


def make_card(
    recipe: ExportRecipe,
    format_: Format,
    written: "Written",
    *,
    title: str,
    people: Sequence[Counter[str]] = (),
    changes: dict[str, int] | None = None,
) -> str:
    """Return the card; its head is what the Hugging Face Hub reads."""
    entries, images = sum(written.entries.values()), sum(written.images.values())
    lines = [
        *_head(recipe, format_, written),
        f"# {one_line(title)}",
        "",
        f"{pluralize(entries, 'entry')} on {pluralize(images, 'image')}, exported as {format_.label}.",
        "",
        "```",
        load_command(format_, recipe, safe_stem(title)),
        "```",
        "",
        "## First entries",
        "",
        "| image | question | answer |",
        "|---|---|---|",
        *(f"| {_cell(name)} | {_cell(question)} | {_cell(answer)} |" for name, question, answer in written.first),
        "",
        "## What is in it",
        "",
        "| split | entries | images |",
        "|---|---:|---:|",
        *(f"| {split} | {written.entries[split]:,} | {written.images[split]:,} |" for split in written.splits),
        "",
        *_distributions(written),
        "## Where it comes from",
        "",
        *_provenance(written, people),
        "",
        f"Licence: {one_line(recipe.licence) or 'not stated'}.",
        "",
    ]
    if changes:
        lines += [
            "## Since the export before",
            "",
            f"{changes['added']:,} added, {changes['changed']:,} changed, {changes['removed']:,} removed.",
            "",
        ]
    return "\n".join(lines)


def _head(recipe: ExportRecipe, format_: Format, written: "Written") -> list[str]:
    # Strings are written as JSON, which is YAML too and cannot break out of its line.
    head = ["---"]
    if recipe.licence:
        head.append(f"license: {json.dumps(recipe.licence.lower())}")
    head.append("task_categories: [visual-question-answering]")
    languages = sorted({language for _, _, language, _ in written.kinds if language})
    if languages:
        head.append(f"language: {json.dumps([language.split('-')[0] for language in languages])}")
    if format_.features is not None:
        head += ["configs:", "- config_name: default", "  data_files:"]
        head += [f"  - {{split: {split}, path: data/{split}-*}}" for split in written.splits]
        head += ["dataset_info:", "  features:"]
        columns = format_.features(RowOptions(metadata=recipe.metadata, grouping=recipe.grouping))
        head += [f"  - {json.dumps(_yaml_feature(name, kind))}" for name, kind in columns.items()]
    return [*head, "---", ""]


def _yaml_feature(name: str, kind: Any) -> dict[str, Any]:
    if isinstance(kind, list):
        inner = kind[0]
        of = inner if isinstance(inner, str) else [_yaml_feature(key, value) for key, value in inner.items()]
        return {"name": name, "list": of}
    if isinstance(kind, dict):
        return {"name": name, "struct": [_yaml_feature(key, value) for key, value in kind.items()]}
    return {"name": name, "dtype": kind}


def _distributions(written: "Written") -> list[str]:
    lines = []
    for place, what in enumerate(("kind of question", "answer type", "language")):
        counts: Counter[str] = Counter()
        for key, count in written.kinds.items():
            counts[key[place] or "not given"] += count
        if len(counts) > 1 or "not given" not in counts:
            shown = ", ".join(f"{one_line(name)} {count:,}" for name, count in _largest(counts))
            lines += [f"By {what}: {shown}.", ""]
    return lines


def _provenance(written: "Written", people: Sequence[Counter[str]]) -> list[str]:
    counts: Counter[str] = Counter()
    for (_, _, _, model), count in written.kinds.items():
        counts[model] += count
    by_people = counts.pop("", 0)
    lines = [f"- {pluralize(count, 'answer')} by {one_line(model)}" for model, count in _largest(counts)]
    if by_people:
        lines.append(f"- {pluralize(by_people, 'answer')} by people")
    lines.append(f"- Answers of models that people edited: {written.edited:,}")
    if written.generated:
        lines.append(f"- {pluralize(len(written.generated), 'image')} made by a model; such names begin with generated")
    # Names stay at home: whoever decided is a number here, the busiest first.
    for number, done in enumerate(people[:_NAMED_VALUES], 1):
        did = ", ".join(f"{what} {done[what]:,}" for what in ("confirmed", "rejected", "edited") if done[what])
        lines.append(f"- Person {number} in this project: {did}")
    if len(people) > _NAMED_VALUES:
        lines.append(f"- and {len(people) - _NAMED_VALUES:,} more people")
    return lines


def _largest(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_NAMED_VALUES]


def _cell(text: str) -> str:
    flat = " ".join(text.split())
    return one_line(flat if len(flat) <= _LONGEST_CELL_CHARS else flat[: _LONGEST_CELL_CHARS - 1] + "…")
