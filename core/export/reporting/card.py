"""The dataset card: a README with the contents of a bundle and their origin."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.export.bundle import BundleCounts
from core.export.job import ExportJob
from core.export.layout import GUIDELINES
from core.export.reporting.credentials import credentials_line
from core.export.reporting.dataset_report import DATASET_REPORT
from core.export.reporting.loading import load_command
from core.export.reporting.report import Provenance, changes_lines, one_line
from core.pluralize import pluralize

CARD = "README.md"
_MAX_CELL_CHARS = 160
_MAX_LISTED = 12
_DECISIONS = ("confirmed", "rejected", "edited")


def make_card(job: ExportJob, counts: BundleCounts, provenance: Provenance) -> str:
    """Return the card; the Hugging Face Hub reads its YAML header."""
    entries, images = sum(counts.entries.values()), sum(counts.images.values())
    lines = [
        *_header(job, counts),
        f"# {one_line(job.title)}",
        "",
        f"{pluralize(entries, 'entry')} on {pluralize(images, 'image')}, exported as {job.format.label}.",
        job.format.claim,
        "",
        *_report(job),
        *_guidelines(provenance),
        f"With this bundle in the directory {one_line(job.directory)}:",
        "",
        *(["```bash", job.format.install, "```", ""] if job.format.install else []),
        f"```{job.format.load_language}",
        load_command(job.format, job.recipe, job.directory, job.splits),
        "```",
        "",
        "## First entries",
        "",
        "| image | question | answer |",
        "|---|---|---|",
        *(f"| {_cell(name)} | {_cell(question)} | {_cell(answer)} |" for name, question, answer in counts.first),
        "",
        "## Contents",
        "",
        "| split | entries | images |",
        "|---|---:|---:|",
        *(f"| {split} | {counts.entries[split]:,} | {counts.images[split]:,} |" for split in counts.splits),
        "",
        *_distributions(counts),
        "## Origin",
        "",
        *_origin(counts, provenance),
        "",
        f"License: {one_line(job.recipe.license) or 'not stated'}.",
        "",
        *_scores(provenance.model_scores),
    ]
    if changes := provenance.changes:
        lines += changes_lines(changes.added, changes.changed, len(changes.removed))
    return "\n".join(lines)


def _report(job: ExportJob) -> list[str]:
    if not job.recipe.report:
        return []
    return [
        f"[{DATASET_REPORT}]({DATASET_REPORT}) is a page for readers: what the dataset consists of, what was measured "
        "and how.", "",
    ]  # fmt: skip


def _guidelines(provenance: Provenance) -> list[str]:
    if not provenance.guidelines:
        return []
    return [f"[{GUIDELINES}]({GUIDELINES}) is what the people who reviewed the entries went by.", ""]


def _header(job: ExportJob, counts: BundleCounts) -> list[str]:
    # Strings are written as JSON: that is valid YAML and cannot break out of its line.
    header = ["---"]
    if job.recipe.license:
        header.append(f"license: {json.dumps(job.recipe.license.lower())}")
    header.append("task_categories: [visual-question-answering]")
    languages = sorted({language for _, _, language, _ in counts.attributes if language})
    if languages:
        header.append(f"language: {json.dumps([language.split('-')[0] for language in languages])}")
    header += _configs(job, counts.splits)
    if job.layout.columns:
        header += ["dataset_info:", "  features:"]
        header += [f"  - {json.dumps(_yaml_feature(name, type_))}" for name, type_ in job.layout.columns.items()]
    return [*header, "---", ""]


def _configs(job: ExportJob, splits: Sequence[str]) -> list[str]:
    """Return where ``load_dataset`` finds the rows: without this it would show the images only."""
    writer, lines = job.format.writer, ["configs:"]
    for number, row_key in enumerate(writer.row_keys):
        files = {split: writer.data_files(job.layout, split, row_key) for split in splits}
        if not all(files.values()):
            return []
        lines += [f"- config_name: {row_key or 'default'}", "  data_files:"]
        lines += [f"  - {{split: {split}, path: {json.dumps(path)}}}" for split, path in files.items()]
        lines += [f"  {option}" for option in writer.reader_options]
        if row_key:
            lines += [f"  field: {row_key}", f"  default: {str(number == 0).lower()}"]
    return lines


def _yaml_feature(name: str, type_: Any) -> dict[str, Any]:
    if isinstance(type_, list):
        inner = type_[0]
        element = inner if isinstance(inner, str) else [_yaml_feature(key, value) for key, value in inner.items()]
        return {"name": name, "list": element}
    if isinstance(type_, dict):
        return {"name": name, "struct": [_yaml_feature(key, value) for key, value in type_.items()]}
    return {"name": name, "dtype": type_}


def _distributions(counts: BundleCounts) -> list[str]:
    lines = []
    for index, what in enumerate(("kind of question", "answer type", "language")):
        values: Counter[str] = Counter()
        for key, count in counts.attributes.items():
            values[key[index] or "not given"] += count
        if len(values) > 1 or "not given" not in values:
            shown = ", ".join(f"{one_line(name)} {count:,}" for name, count in _most_common(values))
            lines += [f"By {what}: {shown}.", ""]
    return lines


def _origin(counts: BundleCounts, provenance: Provenance) -> list[str]:
    contributors = provenance.contributors
    models: Counter[str] = Counter()
    for (_, _, _, model), count in counts.attributes.items():
        models[model] += count
    by_people = models.pop("", 0)
    lines = [f"- {pluralize(count, 'answer')} by {one_line(model)}" for model, count in _most_common(models)]
    if by_people:
        lines.append(f"- {pluralize(by_people, 'answer')} by people")
    lines.append(f"- Answers of models that people edited: {counts.edited:,}")
    if counts.generated:
        lines.append(f"- {pluralize(len(counts.generated), 'image')} made by a model; their names begin with generated")
    if line := credentials_line(provenance.credentials):
        lines.append(f"- {line}")
    if provenance.decontamination:
        lines.append(f"- {provenance.decontamination}")
    # People are numbers here: their names are not part of a public dataset.
    for number, decisions in enumerate(contributors[:_MAX_LISTED], 1):
        listed = ", ".join(f"{what} {decisions[what]:,}" for what in _DECISIONS if decisions[what])
        lines.append(f"- Person {number} in this project: {listed}")
    if len(contributors) > _MAX_LISTED:
        lines.append(f"- and {pluralize(len(contributors) - _MAX_LISTED, 'more person', 'more people')}")
    return lines


def _scores(lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    head = "Models asked the questions of confirmed or chosen entries of the project, scored by type of answer:"
    return ["## How models answer", "", head, "", *(f"- {line}" for line in lines), ""]


def _most_common(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MAX_LISTED]


def _cell(text: str) -> str:
    flat = " ".join(text.split())
    return one_line(flat if len(flat) <= _MAX_CELL_CHARS else flat[: _MAX_CELL_CHARS - 1] + "…")
