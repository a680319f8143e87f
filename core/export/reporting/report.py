"""The export report, a part of the bundle: its contents, what was left out and why, the checks, how to load it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.export.bundle import BundleCounts
from core.export.checks.base import CheckResult
from core.export.entries import safe_stem
from core.export.formats import Format
from core.export.job import ExportJob
from core.export.layout import REPORT_JSON
from core.export.recipe import ExportRecipe
from core.pluralize import pluralize

REPORT_MD = "EXPORT_REPORT.md"
_MAX_NAMED_LEAKS = 50


@dataclass(frozen=True)
class Provenance:
    """What the project knows about an export beyond its rows."""

    leaks: Sequence[tuple[str, str, str]] = ()
    """(image, related image, relation) of the pairs that were kept in one split."""
    changes: dict[str, int] | None = None
    """Entries added, changed and removed since the previous export; None without one."""
    contributors: Sequence[Counter[str]] = ()
    """Decisions by label for each person."""


def make_report(
    job: ExportJob, counts: BundleCounts, checks: list[CheckResult], hashes: dict[str, str], provenance: Provenance
) -> dict[str, Any]:
    """Return the report as JSON values; it has no time, so that equal exports have equal reports.

    Args:
        hashes: sha256 by name of the bundle's files.
    """
    return {
        "title": job.title,
        "format": job.format.name,
        "label": job.format.label,
        "entries": sum(counts.entries.values()),
        "images": sum(counts.images.values()),
        "rows": sum(counts.rows.values()),
        "splits": {
            split: {"entries": counts.entries[split], "rows": counts.rows[split], "images": counts.images[split]}
            for split in counts.splits
        },
        "generated_images": sorted(counts.generated),
        "left_out": {reason: count for reason, count in counts.left_out.items() if count},
        "leaks_prevented": {
            "pairs": len(provenance.leaks),
            "named": [list(pair) for pair in provenance.leaks[:_MAX_NAMED_LEAKS]],
        },
        "changes": provenance.changes,
        "notes": _hints(job, counts),
        "checks": [
            {"name": check.name, "examined": check.examined, "passed": check.passed, "examples": list(check.examples)}
            for check in checks
        ],
        "load": load_command(job.format, job.recipe, safe_stem(job.title)),
        "directory": safe_stem(job.title),
        "license": job.recipe.license,
        "recipe": job.recipe.as_dict(),
        "files": dict(sorted(hashes.items())),
    }


def load_command(format_: Format, recipe: ExportRecipe, directory: str) -> str:
    """Return the command or code that loads a bundle from *directory*."""
    layout = format_.layout(recipe)
    stem = layout.rows_file(layout.splits[0]).rpartition(".")[0]
    command = format_.load.replace("{dir}", directory).replace("{stem}", stem)
    return command.replace("{ending}", layout.row_ending)


def _hints(job: ExportJob, counts: BundleCounts) -> list[str]:
    recipe, for_training = job.recipe, job.format.purpose == "train"
    hints = list(job.format.hints)
    if counts.with_media_tokens and for_training:
        hints.append(
            f"{pluralize(counts.with_media_tokens, 'entry')} had a media token like <image> in the texts. It is "
            "written [image], because trainers would count it as an image."
        )
    if counts.generated:
        hints.append(
            f"A model made {pluralize(len(counts.generated), 'image')}. Their names begin with generated, and "
            f"{REPORT_JSON} lists them."
        )
    if recipe.images == "none":
        hints.append("Images are named but not included: add them beside the rows before training.")
    if recipe.images == "path" and for_training and counts.large_images and not recipe.max_side_px:
        hints.append(
            f"{pluralize(counts.large_images, 'image is', 'images are')} larger than 768 x 768 px. LLaMA-Factory "
            "scales them down by default, which may make small text unreadable."
        )
    if len(recipe.splits.names) > 1:
        hints.append("Splits are assigned by hash: shares are approximate, and no image moves when others are added.")
    return hints


def report_files(report: dict[str, Any]) -> dict[str, bytes]:
    """Return the report as its two files, by name."""
    return {
        REPORT_JSON: orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
        REPORT_MD: as_markdown(report).encode(),
    }


def as_markdown(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    return "\n".join([*_contents(report), *_remarks(report), *_checks(report)])


def _contents(report: dict[str, Any]) -> list[str]:
    return [
        f"# Export report: {one_line(report['title'])}",
        "",
        f"{pluralize(report['entries'], 'entry')} on {pluralize(report['images'], 'image')}, as {report['label']}.",
        "",
        "## Load it",
        "",
        f"With the bundle in the directory {report['directory']}:",
        "",
        "```",
        report["load"],
        "```",
        "",
        "## Splits",
        "",
        "| split | entries | rows | images |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {split['entries']:,} | {split['rows']:,} | {split['images']:,} |"
            for name, split in report["splits"].items()
        ),
        "",
        "## Left out",
        "",
        *([f"- {count:,}: {reason}" for reason, count in report["left_out"].items()] or ["Nothing."]),
        "",
    ]


def _remarks(report: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    if report["leaks_prevented"]["pairs"]:
        lines += [
            "## Kept in one split",
            "",
            f"{report['leaks_prevented']['pairs']:,} pairs of images would have leaked between splits:",
            "",
            *(f"- {image} and {related}: {why}" for image, related, why in report["leaks_prevented"]["named"]),
            "",
        ]
    lines += changes_lines(report["changes"])
    if report["notes"]:
        lines += ["## Good to know", "", *(f"- {hint}" for hint in report["notes"]), ""]
    return lines


def _checks(report: dict[str, Any]) -> list[str]:
    return [
        "## Checks",
        "",
        "The bundle was read back after writing, by the rules of the programs that will read it.",
        "",
        "| check | examined | result |",
        "|---|---:|---|",
        *(
            f"| {check['name']} | {check['examined']:,} | {'passed' if check['passed'] else 'failed'} |"
            for check in report["checks"]
        ),
        "",
        f"The sha256 of every file ({len(report['files']):,}) is in {REPORT_JSON}.",
        "",
    ]


def changes_lines(changes: dict[str, int] | None) -> list[str]:
    """Return the section about the changes since the previous export; nothing without one."""
    if not changes:
        return []
    counted = f"{changes['added']:,} added, {changes['changed']:,} changed, {changes['removed']:,} removed."
    return ["## Since the previous export", "", counted, ""]


def one_line(text: str) -> str:
    """Return *text* escaped for Markdown and in one line."""
    flat = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|~" else sign for sign in flat)
