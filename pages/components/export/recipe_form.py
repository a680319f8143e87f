"""The form for the recipe of an export: entries, format, destination."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.export import PURPOSES, Format, ProblemCount, SelectionCounts, format_named, formats_for
from pages.components.shared import choice, folded, moment, numbers, page, search_line
from pages.components.shared.numbers import pluralize

_WHICH = {"confirmed": "Confirmed", "all": page.EXPORT_ALL, "everything": "All"}
_PURPOSE = next(iter(PURPOSES))
_LEAVE_OUT, _KEEP = "Leave out", "Export anyway"
_IMAGE_MODES = {
    "path": "Files in the bundle",
    "base64": "Inside the rows, as base64",
    "none": "File names only",
}
_FORMS = {"upright": "Upright, without metadata", "original": "Originals, byte for byte"}
_CONTAINERS = {"zip": "ZIP to download", "directory": "Directory on this server", "file": "One file, rows only"}
_SPLITS = ("train", "validation", "test")
_GROUPINGS = {"conversation": "One conversation per image", "turn": "One row per question"}
_FACETS = (
    ("answer_types", "answer_type", "Answer types"),
    ("kinds", "kind", "Kinds of question"),
    ("languages", "language", "Languages"),
    ("models", "model", "Answered by"),
)
_SEARCHED = replace(search_line.ENTRIES, placeholder="kind:count -tag:draft")
_LICENSES = ("", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "Apache-2.0", "MIT", "other")


def entries(project_id: str) -> dict[str, Any]:
    """Draw the choice of entries."""
    which = choice.show(
        "Decision", _WHICH, default="confirmed", key="which", in_url=True,
        help_text="Only archives, and formats that compare answers, have rejected entries.",
    )  # fmt: skip
    with st.container(gap="xsmall"):
        st.caption("Search, as on Curate and Explore; empty for all")
        search = search_line.show("Search", project_id, _SEARCHED)
    chosen_images = st.session_state.get("selected-images", [])
    only_selected = bool(chosen_images) and st.toggle(
        f"Only of the {pluralize(len(chosen_images), 'selected image')}", key="export-selected",
        help="The images that are selected on the Images page.",
    )  # fmt: skip
    return {
        "confirmed_only": which == "confirmed", "rejected": False if which == "all" else None, "search": search,
        "image_ids": chosen_images if only_selected else [], **_more(project_id),
    }  # fmt: skip


def _more(project_id: str) -> dict[str, Any]:
    with folded.expander("Stars, kinds, languages, models", key="export-more-entries", parameter="score") as is_drawn:
        if not is_drawn:
            return {"min_score": 0.0, "generated_images": True} | {plural: [] for plural, _, _ in _FACETS}
        min_score = st.slider("Minimum stars", 0.0, 5.0, 0.0, 0.5, key="score", bind="query-params")
        facets = page.services().exports.facets(project_id)
        chosen = {plural: _multiselect(label, facets[column], f"export-{plural}") for plural, column, label in _FACETS}
        generated = st.toggle("Entries on generated images", True, key="export-generated", persist_state="session")
        return {"min_score": min_score, "generated_images": generated, **chosen}


def since(exports: list[Any]) -> dict[str, str]:
    """Draw the choice of an earlier export, of which only what is new or changed is exported."""
    if not exports:
        return {}
    labels = {"": "Everything"} | {
        export.id: f"New or changed since {export.report['label']}, {moment.text(export.create_at)}"
        for export in exports
    }
    chosen = st.selectbox(
        "Since", list(labels), format_func=lambda id_: labels.get(id_, ""), key="export-since",
        help="Images with the same entries as in the earlier export are left out. The others come with all their "
        "entries, in the split that they had. The report names the entries that are not selected any more.",
    )  # fmt: skip
    return {"since": chosen or ""}


def counts(selection: SelectionCounts) -> None:
    """Draw how many entries are exported, and why the others are left out."""
    st.markdown(f"**{pluralize(selection.entries, 'entry')}** on {pluralize(selection.images, 'image')}")
    if selection.left_out:
        st.caption("Left out, by the first reason that applies")
        st.text("\n".join(f"{numbers.text(count)}  {reason}" for reason, count in selection.left_out.items()))


def problems(found: list[ProblemCount]) -> tuple[str, ...] | None:
    """Ask what to do with the entries that have a problem.

    Returns:
        The names of the problems whose entries are left out; None while a question is open.
    """
    answers = {problem.name: _ask(problem) for problem in found}
    if "" in answers.values():
        return None
    return tuple(name for name, answer in answers.items() if answer == _LEAVE_OUT)


def _ask(problem: ProblemCount) -> str:
    st.markdown(f":material/warning: {problem.text}.")
    return choice.show(problem.text, (_LEAVE_OUT, _KEEP), key=f"export-problem-{problem.name}", shows_label=False)


def shape() -> dict[str, Any]:
    """Draw the format in words, and the choice of it with its options in an expander."""
    words = st.empty()
    with folded.expander("Change the format", key="export-change-format", parameter="purpose") as is_drawn:
        format_ = _format() if is_drawn else formats_for(_PURPOSE)[0]
        chosen = {**_images(format_), **_rows(format_)} if is_drawn else _usual_shape(format_)
    words.markdown(f"**{format_.label}**: {format_.help} {format_.claim}")
    return {"format": format_.name, **chosen}


def _format() -> Format:
    # Pills, because a segmented control with four options is wider than the column.
    purpose = st.pills(
        "Purpose", list(PURPOSES), format_func=lambda name: PURPOSES[name], default=_PURPOSE, required=True,
        key="purpose", bind="query-params",
    )  # fmt: skip
    name = st.selectbox(
        "Format", [format_.name for format_ in formats_for(purpose)], format_func=lambda name: format_named(name).label,
        key=f"format-{purpose}", persist_state="session",
    )  # fmt: skip
    return format_named(name)


def _usual_shape(format_: Format) -> dict[str, Any]:
    """Return what the form of images and rows says before anybody opened it."""
    made: dict[str, Any] = {"images": format_.image_modes[0], "metadata": True}
    if made["images"] != "none":
        made |= {"image_form": format_.image_forms[0], "max_side_px": None}
    if format_.has_conversations:
        made["grouping"] = next(iter(_GROUPINGS))
    if len(format_.row_endings) > 1:
        made["rows"] = format_.row_endings[0]
    if format_.for_spreadsheets:
        made["formula_guard"] = True
    return made


def _images(format_: Format) -> dict[str, Any]:
    mode = st.selectbox(
        "Images", format_.image_modes, format_func=_IMAGE_MODES.__getitem__, key=f"export-images-{format_.name}",
        persist_state="session",
    )  # fmt: skip
    if mode == "none":
        return {"images": mode}
    forms = format_.image_forms
    form = st.selectbox(
        "Image version", forms, format_func=_FORMS.__getitem__, key=f"export-form-{'-'.join(forms)}",
        persist_state="session",
        help="Upright images are rotated for viewing, in sRGB, and carry no metadata such as location or camera.",
    )  # fmt: skip
    max_side_px = st.number_input(
        "Longest side, in px", 64, 16384, None, key="export-side", persist_state="session", placeholder="Original size",
        disabled=form == "original",
    )  # fmt: skip
    return {"images": mode, "image_form": form, "max_side_px": max_side_px if form == "upright" else None}


def _rows(format_: Format) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if format_.has_conversations:
        made["grouping"] = st.selectbox(
            "Rows", list(_GROUPINGS), format_func=_GROUPINGS.__getitem__, key="export-grouping", persist_state="session"
        )
    if len(format_.row_endings) > 1:
        made["rows"] = st.selectbox(
            "File type of the rows", format_.row_endings, format_func=str.upper, key=f"export-rows-{format_.name}",
            persist_state="session", help="The first option is the one that readers of this format expect.",
        )  # fmt: skip
    if format_.for_spreadsheets:
        made["formula_guard"] = st.toggle(
            "Escape formulas", True, key="export-formulas", persist_state="session",
            help="Puts an apostrophe before text that a spreadsheet would run as a formula.",
        )  # fmt: skip
    made["metadata"] = st.toggle(
        "Include model, score, tags and times", True, key="export-metadata", persist_state="session"
    )
    return made


def destination(format_: Format, pinned: Mapping[str, int]) -> dict[str, Any]:
    """Draw where the export goes, with which splits; *pinned* counts the images that were put into each."""
    words = st.empty()
    with folded.expander("Change the destination", key="export-change-destination") as is_drawn:
        chosen = _destination(format_) if is_drawn else _usual_destination(format_)
    shares = {name: chosen["splits"][name] for name in _SPLITS}
    parts = [_CONTAINERS[chosen["container"]], _shares_in_words(shares), chosen["title"], chosen["license"]]
    words.markdown(page.escape(", ".join(filter(None, [*parts, "with the report" if chosen["report"] else ""]))))
    if pinned:
        counted = " and ".join(f"{numbers.text(count)} into {split}" for split, count in pinned.items())
        st.caption(f"Put into a split by hand, whatever the shares: {counted}.")
    return chosen


def _usual_destination(format_: Format) -> dict[str, Any]:
    usual = format_.default_splits
    shares = {"train": usual.train, "validation": usual.validation, "test": usual.test}
    splits = shares if usual.train == 100 else shares | {"seed": 0}
    return {"container": next(iter(_CONTAINERS)), "title": "", "license": "", "report": False, "splits": splits}


def _destination(format_: Format) -> dict[str, Any]:
    container = st.radio(
        "Container", list(_CONTAINERS), format_func=_CONTAINERS.__getitem__, key="export-container",
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    st.caption("A finished export can be published to the Hugging Face Hub or to object storage.")
    return {"container": container, **_about(container), "splits": _splits(format_)}


def _about(container: str) -> dict[str, Any]:
    title = st.text_input("Title", key="export-title", persist_state="session", placeholder="The project's name")
    license_ = st.selectbox(
        "License", _LICENSES, format_func=lambda name: name or "Not specified", key="export-license",
        persist_state="session", accept_new_options=True,
    )  # fmt: skip
    report = st.toggle(
        "Include the dataset report", False, key="export-with-report", persist_state="session",
        disabled=container == "file",
        help="A page for readers and reviewers, about the exported entries: what they consist of, what was "
        "measured and how. The project's description is in it; people are numbered, not named.",
    )  # fmt: skip
    return {"title": title, "license": license_ or "", "report": report and container != "file"}


def _splits(format_: Format) -> dict[str, Any]:
    usual = format_.default_splits
    first, second = st.slider(
        "Splits: train, validation, test", 0, 100, (usual.train, usual.train + usual.validation), 5,
        key=f"export-splits{'-every' if format_.needs_every_split else ''}", persist_state="session",
        help="Assigned by hash: entries keep their split when images are added. Near-duplicates (by hash, and "
        "by vectors of analyzed images), pages of one PDF, copies that Roboflow augmented of one image, and "
        "generated images with their references stay in one split. "
        "Images that somebody put into a split, on the page Images, are in it in every export.",
    )  # fmt: skip
    shares = {"train": first, "validation": second - first, "test": 100 - second}
    _bar(shares)
    if first == 100:
        return shares
    return shares | {"seed": st.number_input("Seed", 0, 2**31, 0, key="export-seed", persist_state="session") or 0}


def _bar(shares: dict[str, int]) -> None:
    """Draw the shares as a bar and as text."""
    parts = "".join(
        f'<div style="flex:{share};background:currentColor;opacity:{opacity};height:0.5rem"></div>'
        for share, opacity in zip(shares.values(), (0.75, 0.45, 0.2), strict=True)
        if share
    )
    st.html(f'<div style="display:flex;gap:2px;border-radius:4px;overflow:hidden">{parts}</div>')
    st.caption(_shares_in_words(shares))


def _shares_in_words(shares: dict[str, int]) -> str:
    return ", ".join(f"{name} {numbers.percent(share / 100)}" for name, share in shares.items() if share)


def _multiselect(label: str, options: list[str], key: str) -> list[str]:
    return st.multiselect(
        label, options, key=key, persist_state="session", placeholder="Any", disabled=len(options) < 2
    )
