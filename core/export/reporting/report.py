"""The export report, a part of the bundle: its contents, what was left out and why, the checks, how to load it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from core.export.bundle import BundleCounts
from core.export.checks.base import NO_CONTROL_WORD, CheckResult
from core.export.earlier import Changes
from core.export.formats import FORMATS, Format
from core.export.job import ExportJob
from core.export.layout import CHANGES_JSON, REPORT_JSON
from core.export.reporting.loading import load_command
from core.export.selecting.problems import ProblemCount
from core.pluralize import pluralize

REPORT_MD = "EXPORT_REPORT.md"
MAX_NAMED = 50
"""How many pairs of images or removed entries are named in texts."""


@dataclass(frozen=True)
class Provenance:
    """What the project knows about an export beyond its rows."""

    leaks: Sequence[tuple[str, str, str]] = ()
    """(image, related image, relation) of the pairs that were kept in one split."""
    changes: Changes | None = None
    """Since the previous export; None without one."""
    contributors: Sequence[Counter[str]] = ()
    """Decisions by label for each person."""
    problems: Sequence[ProblemCount] = ()
    """What is wrong with exported entries."""
    joined: Mapping[str, int] = field(default_factory=dict)
    """How often two families of images became one, by the relation that joined them."""
    credentials: Counter[str] = field(default_factory=Counter)
    """Images of the project by what their Content Credentials say."""
    pinned: Counter[str] = field(default_factory=Counter)
    """Images by the split that a person put them or a relative into."""
    moved: Sequence[str] = ()
    """Entries that are in another split than in the earlier export for that reason."""
    model_scores: Sequence[str] = ()
    """How models answered entries of the project, a line each."""
    decontamination: str | None = None
    """What a comparison with a held-out set found about the exported entries; None without one."""
    guidelines: str = ""
    """What reviewers of the project go by, as Markdown; empty without guidelines."""


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
            "named": [list(pair) for pair in provenance.leaks[:MAX_NAMED]],
            "joined": dict(provenance.joined),
        },
        "pinned": {
            "images": {split: provenance.pinned[split] for split in counts.splits if provenance.pinned[split]},
            "splits": list(job.splits),
            "moved_entries": list(provenance.moved),
        },
        "changes": _changes(provenance.changes),
        "image_changes": counts.changes.as_report() if counts.changes else None,
        "problems": [asdict(problem) for problem in provenance.problems],
        "notes": _hints(job, counts),
        "rules": _rules(job.format),
        "checks": [
            {"name": check.name, "examined": check.examined, "passed": check.passed, "examples": list(check.examples)}
            for check in checks
        ],
        "install": job.format.install,
        "load": load_command(job.format, job.recipe, job.directory, job.splits),
        "directory": job.directory,
        "claim": job.format.claim,
        "license": job.recipe.license,
        "recipe": job.recipe.as_dict(),
        "files": dict(sorted(hashes.items())),
    }


def _changes(changes: Changes | None) -> dict[str, Any] | None:
    if changes is None:
        return None
    return {
        "added": changes.added, "changed": changes.changed, "removed": len(changes.removed),
        # Without their texts: they may have been removed because nobody should read them.
        "removed_entries": [{"id": entry.id, "image_id": entry.image_id} for entry in changes.removed],
    }  # fmt: skip


def _rules(format_: Format) -> str:
    """Return by whose rules a bundle is checked: by ours, which follow the named programs."""
    return f"Vitrine's rules for {' and '.join(format_.run_in) or format_.label}"


def _hints(job: ExportJob, counts: BundleCounts) -> list[str]:
    recipe = job.recipe
    hints = list(job.format.hints)
    if counts.with_control_words and NO_CONTROL_WORD in job.format.checker.checks:
        hints.append(
            f"{pluralize(counts.with_control_words, 'entry')} had a control word like <image> or <|im_end|> in the "
            "texts. It is written [image] or [|im_end|], because tokenizers would read it as a command."
        )
    if counts.with_system and "system" in job.format.not_carried:
        labels = [
            format_.label for format_ in FORMATS if format_.detail == "texts" and "system" not in format_.not_carried
        ]
        hints.append(
            f"{pluralize(counts.with_system, 'entry has', 'entries have')} a system prompt, which is left out: "
            f"{job.format.label} has no place for it. These formats have one: {', '.join(labels)}."
        )
    if counts.escaped_cells:
        hints.append(
            f"{pluralize(counts.escaped_cells, 'cell')} begin with an apostrophe that the text does not have, because "
            "a spreadsheet would run them as formulas. Programs that read the table get it too; turn the escaping of "
            "formulas off for them."
        )
    if missing := [split for split in job.format.required_splits if not counts.rows[split]]:
        hints.append(f"{' and '.join(missing)} has no row, and readers of this format need every split.")
    if counts.generated:
        hints.append(
            f"A model made {pluralize(len(counts.generated), 'image')}. Their names begin with generated, and "
            f"{REPORT_JSON} lists them."
        )
    if recipe.image_form == "original" and job.format.purpose == "train" and recipe.images != "none":
        hints.append(
            "Images are the originals: programs that ignore the orientation of photographs see some on their side."
        )
    if recipe.images == "none":
        hints.append("Images are named but not included: add them beside the rows before training.")
    shrinks = any("LLaMA-Factory" in program for program in job.format.run_in)
    if shrinks and recipe.images == "path" and counts.large_images and not recipe.max_side_px:
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
        f"With the bundle in the directory {report['directory']}. {report['claim']}",
        "",
        *(["```", report["install"], "```", ""] if report["install"] else []),
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
        *_problems(report["problems"]),
    ]


def _problems(problems: list[dict[str, Any]]) -> list[str]:
    if not problems:
        return []
    return ["## Exported with problems", "", *(f"- {problem['text']}." for problem in problems), ""]


def _remarks(report: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    if report["leaks_prevented"]["pairs"]:
        lines += [
            "## Kept in one split",
            "",
            "Related images are in one split. Groups of them were joined "
            + ", ".join(f"{pluralize(n, 'time')} by {why}" for why, n in report["leaks_prevented"]["joined"].items())
            + f". {pluralize(report['leaks_prevented']['pairs'], 'pair')} of images would have leaked between splits:",
            "",
            *(f"- {image} and {related}: {why}" for image, related, why in report["leaks_prevented"]["named"]),
            "",
        ]
    lines += _pinned_lines(report["pinned"]["images"], report["pinned"]["moved_entries"])
    if changes := report["changes"]:
        lines += changes_lines(changes["added"], changes["changed"], changes["removed"])
        lines += _removed_lines(changes["removed_entries"])
    if made := report["image_changes"]:
        lines += ["## Changed images", "", *(f"- {line}" for line in image_changes_lines(made)), ""]
    if report["notes"]:
        lines += ["## Good to know", "", *(f"- {_visible(hint)}" for hint in report["notes"]), ""]
    return lines


def pinned_text(images: Mapping[str, int]) -> str:
    """Return as a sentence how many images are in a split because a person put them there."""
    counted = [f"{pluralize(count, 'image')} in {split}" for split, count in images.items()]
    return f"Put there by a person, alone or with their relatives: {', '.join(counted)}."


def _pinned_lines(images: Mapping[str, int], moved: Sequence[str]) -> list[str]:
    if not images:
        return []
    lines = ["## Put into a split", "", pinned_text(images), ""]
    if moved:
        more = [f"- and {len(moved) - MAX_NAMED:,} more; {REPORT_JSON} has all of them"] if moved[MAX_NAMED:] else []
        lines += [
            "These entries were in another split of the earlier export. Remove them there:", "",
            *(f"- {entry_id}" for entry_id in moved[:MAX_NAMED]), *more, "",
        ]  # fmt: skip
    return lines


def image_changes_lines(made: dict[str, Any]) -> list[str]:
    """Return what was changed on images, which variants were made, and what was left out and why, as sentences."""
    lines = []
    if made["changed"]:
        lines.append(f"{CHANGES_JSON} says how each image was made.")
    if made["variants"] or made["not_made"]:
        used = ", ".join(f"{name} {count:,}" for name, count in made["operations"].items())
        lines.append(f"{pluralize(made['variants'], 'variant')} of images{f' by {used}' if used else ''}.")
    lines += [f"No further variant of {pluralize(count, 'image')}: {why}." for why, count in made["not_made"].items()]
    lines += [
        f"Not used for {pluralize(one['questions'], 'question')}: {one['operation']}, because {one['reason']}."
        for one in made["broken"]
    ]
    lines += [f"{pluralize(count, 'box', 'boxes')} dropped: {why}." for why, count in made["boxes_lost"].items()]
    if made["not_analyzed_for_text"]:
        lines.append(
            f"{pluralize(made['not_analyzed_for_text'], 'image was', 'images were')} not analyzed for text: a flip may "
            "have turned letters around that nobody asked about. Analyze the images to keep it from them."
        )
    return lines


def _visible(text: str) -> str:
    """Return *text* with escaped tags: <image> would not be seen in Markdown."""
    return text.replace("<", "\\<")


def _checks(report: dict[str, Any]) -> list[str]:
    return [
        "## Checks",
        "",
        f"The bundle was read back after writing, by {report['rules']}.",
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


def changes_lines(added: int, changed: int, removed: int) -> list[str]:
    """Return the section about the changes since the previous export."""
    counted = f"{added:,} added, {changed:,} changed, {removed:,} removed."
    return ["## Since the previous export", "", counted, ""]


def _removed_lines(removed: list[dict[str, str]]) -> list[str]:
    if not removed:
        return []
    more = f"- and {len(removed) - MAX_NAMED:,} more; {REPORT_JSON} has all of them"
    return [
        "Remove these entries from what the previous export brought. Rows have the id of their entry, or that of its "
        "image:",
        "",
        *(f"- {entry['id']} on image {entry['image_id']}" for entry in removed[:MAX_NAMED]),
        *([more] if len(removed) > MAX_NAMED else []),
        "",
    ]


def one_line(text: str) -> str:
    """Return *text* escaped for Markdown and in one line."""
    flat = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|~" else sign for sign in flat)
