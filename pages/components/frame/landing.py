"""Which pages a person with a role sees, and where they land: annotators at the desk."""

from collections.abc import Iterable, Iterator

import streamlit as st

import pages
from core.accounts.actor import Actor
from core.accounts.roles import Role
from core.runtime import runtime
from pages import PageEntry
from pages.components.shared import page, visitor

_HAS_LANDED = "has-landed"


def project_of(actor: Actor) -> str | None:
    """Return the open project; None when *actor* has no role in it, and at first the one that was changed last."""
    visible = visitor.visible_projects()
    wanted = page.project_id()
    if wanted is not None and visible is not None and wanted not in visible:
        page.choose_project(None)
        return None
    if wanted is None and _HAS_LANDED not in st.session_state:
        projects = runtime.services.projects.list_projects(visible)
        wanted = projects[0].id if projects else None
        page.choose_project(wanted)
    return wanted


def lead(actor: Actor, url_path: str, project_id: str | None) -> None:
    """Lead an annotator who opens the app to the desk."""
    is_first = _HAS_LANDED not in st.session_state
    st.session_state[_HAS_LANDED] = True
    if not is_first or url_path or project_id is None:
        return
    if runtime.services.access.role(actor, project_id) is Role.ANNOTATOR:
        page.go("curate")


def is_allowed(entry: PageEntry, project_id: str | None) -> bool:
    """Return whether the visitor sees a page; without an open project each page says so itself."""
    return entry.act is None or project_id is None or visitor.may(entry.act, project_id)


def allowed(entries: Iterable[PageEntry], project_id: str | None) -> Iterator[PageEntry]:
    """Yield the pages that the navigation shows; without a project those that belong to none."""
    if visitor.actor().is_admin:
        yield from entries
        return
    for entry in entries:
        if entry.act is None if project_id is None else is_allowed(entry, project_id):
            yield entry


def refuse(entry: PageEntry) -> None:
    """Draw the sentence that a page shows to who may not open it."""
    page.header(entry.label)
    st.text(str(page.only(entry.act)["help"]) if entry.act is not None else "")
    page.link(pages.DEFAULT, "Overview", icon="arrow_back")
