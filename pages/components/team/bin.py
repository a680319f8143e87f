"""The bin: what was deleted, when, by whom and until when it can be restored."""

import streamlit as st

from core.accounts.permissions import Act
from core.bin import BIN_KINDS, BinItem, BinPage
from core.bin.finding import BinKind
from core.runtime import runtime
from pages.components.shared import confirm, moment, numbers, page, people, visitor

_ROWS = 30
_PAGES, _MESSAGE = "bin-pages", "bin-message"
_NAMES: dict[BinKind, str] = {
    "project": "Projects", "image": "Images", "entry": "Entries", "style": "Style datasets",
}  # fmt: skip
_GOES: dict[BinKind, str] = {
    "project": "with all of its images, questions, entries and exports",
    "image": "with its questions and entries", "entry": "with its history", "style": "with all of its versions",
}  # fmt: skip


def show() -> None:
    """Draw what is in the bin: of everything for an admin, else of the open project, and the projects of an owner."""
    counts = _counts()
    if not counts:
        st.caption("The bin of a project is shown to its editors and owners. Open a project of yours.")
        return
    if message := st.session_state.pop(_MESSAGE, None):
        st.text(message)
    kinds = [kind for kind in BIN_KINDS if kind in counts]
    kind = st.segmented_control(
        "Kind", kinds, default=next((kind for kind in kinds if counts[kind]), kinds[0]), required=True,
        format_func=lambda kind: f"{_NAMES[kind]} ({numbers.text(counts[kind])})", key="bin-kind",
        label_visibility="collapsed", on_change=_to_the_newest,
    )  # fmt: skip
    _list(kind)


def has_projects() -> bool:
    """Return whether somebody who is no admin owns a project that is in the bin."""
    return not visitor.may(Act.MANAGE_SERVER) and bool(_owned_projects())


def _owned_projects() -> int:
    return _find("project", limit=1).total


def _counts() -> dict[BinKind, int]:
    """Return how many of each kind the visitor can see here; deleted projects are no part of an open one."""
    if visitor.may(Act.MANAGE_SERVER):
        return page.services().bin.counts()
    owned = _owned_projects()
    counts: dict[BinKind, int] = {"project": owned} if owned else {}
    project_id = page.project_id()
    if project_id is not None and visitor.may(Act.MANAGE_IMAGES, project_id):
        of_project = page.services().bin.counts(project_id)
        counts |= {kind: count for kind, count in of_project.items() if kind != "project"}
    return counts


def _find(kind: BinKind, *, limit: int, after: str | None = None) -> BinPage:
    visible = visitor.visible_projects()
    if kind != "project" and visible is not None:
        return page.services().bin.find(kind, page.project_id(), limit=limit, after=after)
    owned = visible and {id_ for id_ in visible if visitor.may(Act.DELETE_PROJECT, id_)}
    return runtime.services.bin.find(kind, only=owned, limit=limit, after=after)


def _list(kind: BinKind) -> None:
    seen = [str(cursor) for cursor in st.session_state.get(_PAGES, [])]
    found = _find(kind, limit=_ROWS, after=seen[-1] if seen else None)
    days = page.services().db.settings.bin_days
    if not found.items:
        st.caption(f"The bin has no {_NAMES[kind].lower()}. What is deleted stays here for {days} days.")
    for item in found.items:
        _row(item)
    with st.container(horizontal=True):
        if seen and st.button("Newer", icon=":material/arrow_back:", key="bin-newer"):
            st.session_state[_PAGES] = seen[:-1]
            st.rerun()
        if found.next_cursor and st.button("Older", icon=":material/arrow_forward:", key="bin-older"):
            st.session_state[_PAGES] = [*seen, found.next_cursor]
            st.rerun()


def _row(item: BinItem) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"bin-{item.id}"):
        with st.container(gap=None, width="stretch"):
            st.text(item.label)
            of = f"in {item.project_name}, " if item.kind != "project" else ""
            by = f" {people.by(item.deleted_by)}" if item.deleted_by else ""
            st.caption(
                page.escape(f"{of}deleted {moment.ago(item.deleted_at)}{by}, kept until {moment.day(item.until)}")
            )
        st.button(
            "Restore", icon=":material/restore_from_trash:", key=f"bin-restore-{item.id}", on_click=_restore,
            args=(item.kind, item.id, item.project_id),
        )  # fmt: skip
        if visitor.may(Act.DELETE_PROJECT, item.project_id) and st.button(
            "Delete now", icon=":material/delete_forever:", key=f"bin-delete-{item.id}"
        ):
            _ask(item)


@st.dialog("Delete now")
def _ask(item: BinItem) -> None:
    st.text(f"This deletes {item.label} {_GOES[item.kind]}. It cannot be restored after that.")
    if confirm.confirmed(f"Delete {page.escape(item.label)}", key="bin-delete-confirm"):
        with page.show_errors():
            page.services().bin.delete_for_good(item.kind, item.id, project_id=item.project_id)
            st.session_state[_MESSAGE] = f"{item.label} was deleted for good."
            st.rerun()


def _restore(kind: BinKind, id_: str, project_id: str) -> None:
    with page.show_errors():
        restored = page.services().bin.restore(kind, id_, project_id=project_id)
        st.session_state[_MESSAGE] = " ".join(filter(None, (f"{restored.label} is back.", restored.note)))


def _to_the_newest() -> None:
    st.session_state.pop(_PAGES, None)
