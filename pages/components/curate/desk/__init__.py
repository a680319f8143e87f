"""The review desk: a component with prefetched entries, optimistic updates, and its own routes for decisions."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.accounts.permissions import Act
from core.api import credentials
from core.api.desk_keys import own_keys, table
from core.dataset import EntryFilter
from core.dataset.collaboration import Plan
from pages.components.shared import boxes, controls, media, page, streamlit_private, visitor, zoom

_HERE = Path(__file__).parent
# Joined into one browser module behind those of boxes and zoom, in the order of their dependencies.
_SCRIPTS = (
    "keys.js", "full_window.js", "requests.js", "outbox.js", "queue.js", "polls.js", "view.js", "stage.js", "drafts.js",
    "forms.js", "twin_form.js", "message_form.js", "guide.js", "ending_card.js", "box_form.js", "acts.js", "bars.js",
    "desk.js",
)  # fmt: skip

# Keys of the desk that need more than reviewing: they are neither shown nor obeyed for who may not.
_ACT_OF_KEY = {"again": Act.GENERATE_PAID, "twin": Act.WRITE_ENTRIES, "message": Act.REVIEW}
# What the end of a queue leads to besides other queues, for who may use it.
_ACT_BEHIND = {"table": Act.WRITE_ENTRIES, "export": Act.EXPORT}

_NAMES = {
    ("worth", "yes"): "Worth your time",
    ("tools", "contradicts"): "Contradicted by tools",
    ("doubtful", "yes"): "Doubtful entries",
}


def show(project_id: str, entry_filter: EntryFilter, actor: str, plan: Plan, *, key: str = "desk") -> Any:
    """Draw the desk for the entries of the filter that *plan* assigns to *actor*.

    The result's ``go`` is where the person wants to go: ``to`` is a filter, "table" or "export", chosen at the end of
    the queue; ``similar`` is the id of an image.
    """
    guidelines = _version_of_guidelines(project_id)
    component = st.components.v2.component(
        "vitrine_desk", html=_part("desk.html"), css=controls.styled(_style()), js=_script()
    )
    return component(
        key=key,
        data={
            "project": project_id,
            "q": str(entry_filter),
            "name": _name(entry_filter, actor, plan),
            "actor": actor,
            "sent": bool(entry_filter.values("sent")),
            "guidelines": guidelines,
            "second": bool(entry_filter.values("second")),
            "shared": plan.assignment == "shared",
            "offers_second": plan.second_percent > 0,
            "withheld": _withheld(project_id, guidelines),
            "leads_to": tuple(to for to, act in _ACT_BEHIND.items() if page.may(act, project_id)),
            "keys": tuple(own_keys(page.services(), visitor.actor().account_id or actor).items()),
            "token": credentials.page_token(actor),
            "base": media.base_path(),
            "main": streamlit_private.MAIN,
            "block": streamlit_private.MAIN_BLOCK,
        },
        on_go_change=lambda: None,
        on_token_change=lambda: None,
    )


def _version_of_guidelines(project_id: str) -> int:
    """Return the version of the guidelines; 0 where the project has none, or no longer any."""
    found = page.services().guidelines.guidelines(project_id)
    return found.version if found.text else 0


def _withheld(project_id: str, guidelines: int) -> tuple[str, ...]:
    """Return the keys that do nothing here: those of acts that the person may not do, and without guidelines theirs."""
    names = tuple(name for name, act in _ACT_OF_KEY.items() if not page.may(act, project_id))
    return names if guidelines else (*names, "guidelines")


def _name(entry_filter: EntryFilter, actor: str, plan: Plan) -> str:
    if entry_filter.values("second"):
        return "Second reviews"
    if entry_filter.values("sent") == (actor,):
        return "Sent back to you"
    if len(entry_filter.terms) == 1:
        for (field, value), name in {**_NAMES, ("skipped", actor): "Entries you skipped"}.items():
            if entry_filter.values(field) == (value,):
                return name
    line = str(entry_filter) or "All open entries"
    return f"{line}, {actor}'s part" if plan.assignment == "divided" and actor in plan.people else line


@cache
def _script() -> str:
    # One table of keys: the handlers, the buttons, the help and the documentation read it.
    shared = [controls.press_script(), boxes.script(), zoom.script(), boxes.editor_script()]
    return "\n".join([f"const KEYS = {json.dumps(table())};", *shared, *map(_part, _SCRIPTS)])


@cache
def _style() -> str:
    return "\n".join([boxes.css(), _part("desk.css"), boxes.editor_css(), zoom.style()])


def _part(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
