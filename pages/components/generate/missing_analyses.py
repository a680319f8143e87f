"""Images without what the variables of a prompt need, and the button that analyzes them first."""

import contextlib
from typing import Any

import streamlit as st

from core.errors import InvalidInputError
from core.vision.analyzers import analyzer
from pages.components.shared import page
from pages.components.shared.numbers import pluralize


def show(project_id: str, config: dict[str, Any]) -> None:
    """Say how many of the chosen images lack an analysis that the prompt quotes, and offer to analyze them."""
    if not config.get("custom_prompt"):
        return
    lacking: dict[str, list[str]] = {}
    with contextlib.suppress(InvalidInputError):  # the preview shows it
        lacking = page.services().evidence.lacking(project_id, config)
    if not lacking:
        return
    parts = [f"{analyzer(name).label.lower()} of {pluralize(len(ids), 'image')}" for name, ids in lacking.items()]
    reasons = {name: page.services().evidence.missing_for(name) for name in lacking}
    can_run = [name for name, reason in reasons.items() if reason is None]
    with st.container(horizontal=True, vertical_alignment="center", key="generate-lacking"):
        st.caption(f"Not known yet: {', '.join(parts)}. There the prompt says that none are known.", width="stretch")
        if can_run and st.button("Analyze them first", icon=":material/image_search:", key="generate-analyze"):
            _analyze(project_id, can_run, lacking)
    for reason in filter(None, reasons.values()):
        st.caption(page.escape(reason))


def _analyze(project_id: str, names: list[str], lacking: dict[str, list[str]]) -> None:
    ids = list(dict.fromkeys(id_ for name in names for id_ in lacking[name]))
    if "tags" in names and "objects" not in names:
        names = ["objects", *names]  # tags may be made of them
    config = {"analyzers": names, "image_ids": ids}
    with page.show_errors():
        task = page.services().tasks.create_task(project_id, "image-analysis", config)
        page.services().engine.submit(task.id)
        page.go("tasks", task=task.id)
