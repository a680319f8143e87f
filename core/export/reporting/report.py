"""The report that travels with a bundle: what is in it, what is not, what was checked, how to load it."""

from typing import TYPE_CHECKING, Any

import orjson

from core.export.checks.base import CheckResult
from core.export.entries import safe_stem
from core.export.formats import Format
from core.export.recipe import ExportRecipe
from core.pluralize import pluralize

if TYPE_CHECKING:
    from core.export.bundle import Written

REPORT_JSON = "EXPORT_REPORT.json"
REPORT_MD = "EXPORT_REPORT.md"


def make_report(
    recipe: ExportRecipe,
    format_: Format,
    written: "Written",
    checks: list[CheckResult],
    hashes: dict[str, str],
    *,
    title: str,
    leaks: list[tuple[str, str, str]] | None = None,
    changes: dict[str, int] | None = None,
) -> dict[str, Any]:
    """Return the report as JSON values; it names no time, so that equal exports have equal reports."""
    leaks = leaks or []
    return {
        "title": title,
        "format": format_.name,
        "label": format_.label,
        "entries": sum(written.entries.values()),
        "images": sum(written.images.values()),
        "rows": sum(written.rows.values()),
        "splits": {
            split: {"entries": written.entries[split], "rows": written.rows[split], "images": written.images[split]}
            for split in written.splits
        },
        "generated_images": sorted(written.generated),
        "left_out": {reason: count for reason, count in written.left_out.items() if count},
        "leaks_prevented": {"pairs": len(leaks), "named": [list(pair) for pair in leaks[:50]]},
        "changes": changes,
        "notes": _notes(recipe, format_, written),
        "checks": [
            {"name": check.name, "examined": check.examined, "passed": check.passed, "examples": list(check.examples)}
            for check in checks
        ],
        "load": load_command(format_, recipe, safe_stem(title)),
        "directory": safe_stem(title),
        "licence": recipe.licence,
        "recipe": recipe.as_dict(),
        "files": dict(sorted(hashes.items())),
    }


def load_command(format_: Format, recipe: ExportRecipe, directory: str) -> str:
    """Return what loads the bundle once it lies in *directory*."""
    several = len(recipe.splits.names) > 1
    stem = f"{format_.file_stem}_{recipe.splits.names[0]}" if several else format_.file_stem
    command = format_.load.replace("{dir}", directory).replace("{stem}", stem)
    if recipe.rows and format_.row_files:
        usual = format_.row_files[0]
        command = command.replace(f"{stem}.{usual}", f"{stem}.{recipe.rows}")
    return command


def _notes(recipe: ExportRecipe, format_: Format, written: "Written") -> list[str]:
    notes = list(format_.notes)
    if written.bracketed and format_.purpose == "train":
        notes.append(
            f"{pluralize(written.bracketed, 'entry')} carried a word like <image> in the texts; it is "
            "written [image], because trainers would count it as an image."
        )
    if written.generated:
        notes.append(
            f"{len(written.generated):,} of the images were made by a model. Their names begin with generated, and "
            f"{REPORT_JSON} lists them."
        )
    if recipe.images == "none":
        notes.append("Images are named but left out: put them beside the rows before training.")
    if recipe.images == "path" and format_.purpose == "train" and written.small_print and not recipe.max_side_px:
        notes.append(
            f"{pluralize(written.small_print, 'image is', 'images are')} larger than 768 x 768 px, to which "
            "LLaMA-Factory shrinks by default: small print may become unreadable in training."
        )
    if len(recipe.splits.names) > 1:
        notes.append("Splits are drawn by hash: shares are met about, and no image moves when others are added.")
    return notes


def report_files(report: dict[str, Any]) -> dict[str, bytes]:
    """Return the report as its two files, by name."""
    return {
        REPORT_JSON: orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
        REPORT_MD: as_markdown(report).encode(),
    }


def as_markdown(report: dict[str, Any]) -> str:
    return "\n".join([*_what_was_made(report), *_what_stood_out(report), *_what_was_checked(report)])


def _what_was_made(report: dict[str, Any]) -> list[str]:
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


def _what_stood_out(report: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    if report["leaks_prevented"]["pairs"]:
        lines += [
            "## Kept together",
            "",
            f"{report['leaks_prevented']['pairs']:,} pairs of images would have leaked between splits:",
            "",
            *(f"- {one} and {other}: {why}" for one, other, why in report["leaks_prevented"]["named"]),
            "",
        ]
    if report["changes"]:
        changes = report["changes"]
        lines += [
            "## Since the export before",
            "",
            f"{changes['added']:,} added, {changes['changed']:,} changed, {changes['removed']:,} removed.",
            "",
        ]
    if report["notes"]:
        lines += ["## Good to know", "", *(f"- {note}" for note in report["notes"]), ""]
    return lines


def _what_was_checked(report: dict[str, Any]) -> list[str]:
    return [
        "## Checks",
        "",
        "Read back after writing, by the rules of the program that will read it.",
        "",
        "| check | looked at | result |",
        "|---|---:|---|",
        *(
            f"| {check['name']} | {check['examined']:,} | {'passed' if check['passed'] else 'failed'} |"
            for check in report["checks"]
        ),
        "",
        f"The sha256 of every file ({len(report['files']):,}) is in {REPORT_JSON}.",
        "",
    ]


def one_line(text: str) -> str:
    """Return *text* as it may stand in Markdown: one line, with nothing that formats or links."""
    flat = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|~" else sign for sign in flat)
