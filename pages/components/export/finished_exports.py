"""Finished exports: the report of one, and the list of all."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import VitrineError
from core.export import ExportRecipe, format_named, parse_recipe
from core.export.reporting.loading import load_command
from core.export.reporting.report import image_changes_lines, pinned_text
from pages.components.shared import media, moment, numbers, page, sizes
from pages.components.shared.numbers import pluralize

if TYPE_CHECKING:
    from core.export import Exports

Start = Callable[[str, ExportRecipe], None]


def report(export: "Exports") -> None:
    """Draw the report of an export: counts, checks, the command that loads it, and the download."""
    made = export.report
    failed = [check for check in made["checks"] if not check["passed"]]
    with st.container(border=True, key="export-report"):
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(width="stretch"):
                st.markdown(f"**{_amount(made)}, as {made['label']}.**")
                st.caption(
                    f"Read back by {made.get('rules', 'the rules of Vitrine')}: "
                    f"{len(made['checks']) - len(failed)} of {len(made['checks'])} checks passed. "
                    f"{sizes.readable(export.size_bytes)}"
                )
            _download(export, f"export-download-{export.id}")
        if export.recipe["container"] == "zip" and "directory" in made:
            st.caption(f"With the ZIP unpacked into the directory {page.escape(made['directory'])}:")
        st.code(_load(export), language=format_named(export.format).load_language, wrap_lines=True)
        if len(made["splits"]) > 1:
            st.text(
                "Splits: "
                + ", ".join(f"{name} {pluralize(split['entries'], 'entry')}" for name, split in made["splits"].items())
            )
        if images := made.get("pinned", {}).get("images"):
            st.text(pinned_text(images))
        if moved := made.get("pinned", {}).get("moved_entries"):
            st.text(
                f"{pluralize(len(moved), 'entry was', 'entries were')} in another split of the earlier export. Remove "
                "them there: EXPORT_REPORT.json in the bundle has their ids."
            )
        for note in _notes(made):
            st.text(note)
        _removed(export)
        _publish(export)
        with st.expander("Checks", key="export-report-checks"):
            for check in made["checks"]:
                st.text(
                    f"{'Passed' if check['passed'] else 'Failed'}: {check['name']} ({numbers.text(check['examined'])})"
                )


def _removed(export: "Exports") -> None:
    """List the entries that whoever has the export before should remove."""
    changes = export.report.get("changes") or {}
    if not changes.get("removed_entries"):
        return
    shown = page.services().exports.removed_entries(export)
    lines = [" · ".join(filter(None, (entry.image_name, entry.question, entry.id))) for entry in shown]
    if more := changes["removed"] - len(lines):
        lines.append(f"and {numbers.text(more)} more; EXPORT_REPORT.json in the bundle has their ids")
    with st.expander(f"Removed since the export before: {pluralize(changes['removed'], 'entry')}"):
        st.text("\n".join(lines))


def _publish(export: "Exports") -> None:
    """Draw the form that publishes the bundle, and what would leave this machine."""
    with st.expander("Publish to the Hugging Face Hub or to object storage", key=f"export-publish-{export.id}"):
        made = export.report
        st.text(
            f"What leaves this machine: {pluralize(made['file_count'], 'file')}, {sizes.readable(export.size_bytes)}: "
            f"{_amount(made)}, with all texts, the dataset card and the report."
        )
        address = st.text_input(
            "Address", key=f"export-address-{export.id}", placeholder="hf://datasets/owner/name or s3://bucket/name",
            help="Keys are read from the server's environment only: HF_TOKEN, or those of the bucket.",
        )  # fmt: skip
        public = st.toggle(
            "Make it public on the Hub", key=f"export-public-{export.id}",
            help="A new dataset on the Hub is private unless this is on.",
        )  # fmt: skip
        if not st.button(
            "Publish", icon=":material/cloud_upload:", key=f"export-publish-now-{export.id}", disabled=not address
        ):
            return
        with page.show_errors():
            config = {"export_id": export.id, "address": address, "public": public}
            task = page.services().tasks.create_task(export.project_id, "dataset-send", config)
            page.services().engine.submit(task.id)
            st.query_params["task"] = task.id
            st.rerun()


def earlier(project_id: str, start: Start) -> None:
    """List the exports of the project, each with a download and a button that runs it again."""
    exports = page.services().exports.list_exports(project_id)
    if not exports:
        return
    st.header("Earlier exports", anchor=False)
    for export in exports:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"export-{export.id}"):
            made = export.report
            st.text(
                f"{made['label']}, {_amount(made)}, {sizes.readable(export.size_bytes)}\n"
                f"{moment.text(export.create_at)}{_changes(made)}",
                width="stretch",
            )
            if st.button("Run again", icon=":material/replay:", key=f"again-{export.id}"):
                with page.show_errors():
                    start(project_id, parse_recipe(export.recipe))
            _download(export, f"download-{export.id}")


def _download(export: "Exports", key: str) -> None:
    if export.recipe["container"] == "directory":
        st.text(f"On this server: {export.path}")
    else:
        st.link_button("Download", media.export_url(export.id), icon=":material/download:", key=key)


def _load(export: "Exports") -> str:
    """Return the command that loads the export; of a directory on this server with its path."""
    command: str = export.report["load"]
    if export.recipe["container"] != "directory":
        return command
    try:
        recipe = parse_recipe(export.recipe)
        directory = str(page.services().exports.export_path(export))
    except VitrineError:
        return command  # of an earlier version, or removed from the disk
    splits = tuple(export.report.get("pinned", {}).get("splits", ()))
    return load_command(format_named(recipe.format), recipe, directory, splits)


def _notes(made: dict[str, Any]) -> list[str]:
    left_out = [f"Left out, {reason}: {numbers.text(count)}" for reason, count in made["left_out"].items()]
    leaks = made["leaks_prevented"]["pairs"]
    pairs = numbers.pluralize(leaks, "pair")
    kept = [f"Kept in one split to prevent leakage: {pairs} of related images."] if leaks else []
    problems = [f"{problem['text']}." for problem in made.get("problems", ())]
    changed = image_changes_lines(made["image_changes"]) if made.get("image_changes") else []
    return [*problems, *left_out, *kept, *changed, *made["notes"]]


def _changes(made: dict[str, Any]) -> str:
    changes = made.get("changes")
    if not changes:
        return ""
    return (
        f"; compared with the export before: {numbers.text(changes['added'])} added, "
        f"{numbers.text(changes['changed'])} changed, {numbers.text(changes['removed'])} removed"
    )


def _amount(made: dict[str, Any]) -> str:
    return f"{pluralize(made['entries'], 'entry')} on {pluralize(made['images'], 'image')}"
