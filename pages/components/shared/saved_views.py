"""Saved views: search lines of a project by name, opened, saved, renamed and deleted in a menu beside the line."""

import streamlit as st

from core.accounts.permissions import Act
from core.dataset.collaboration import MAX_NAME_CHARS
from core.errors import VitrineError
from pages.components.shared import page, search_line

_MESSAGE = "view-message"
_DELETED = "view-deleted"


def show(project_id: str, actor: str = "local") -> None:
    """Draw the menu of the saved views of the project; opening a view replaces the text of the search line."""
    with st.popover("Views", icon=":material/bookmark:", key="views", on_change="rerun") as menu:
        if not menu.open:
            return
        line = str(st.session_state[search_line.KEY])
        saved = {view.name: view.query for view in page.services().collaboration.saved_views(project_id)}
        if saved:
            st.selectbox(
                "Open a view", list(saved), index=None, key="view-open", placeholder="Choose a view",
                on_change=lambda: _open(saved),
            )  # fmt: skip
        named = next((name for name, query in saved.items() if query == line), "")
        st.text_input("Name for this search", key="view-name", max_chars=MAX_NAME_CHARS, placeholder="Colors to check")
        with st.container(horizontal=True):
            st.button(
                "Save view",
                key="view-save",
                on_click=_save,
                args=(project_id, line, saved, actor),
                **page.only(Act.REVIEW, project_id),
            )
            for verb, act in (("Rename", _rename), ("Delete", _delete)) if named else ():
                label = f"{verb} {page.escape(named)}"
                key = f"view-{verb.lower()}"
                st.button(label, key=key, on_click=act, args=(project_id, named), **page.only(Act.REVIEW))
        if message := st.session_state.pop(_MESSAGE, None):
            st.text(message)
        deleted = st.session_state.get(_DELETED)
        if deleted is not None and deleted.project_id == project_id and deleted.name not in saved:
            st.button(
                f"Bring back {page.escape(deleted.name)}", key="view-undo", icon=":material/undo:",
                on_click=_bring_back, args=(project_id,), **page.only(Act.REVIEW),
            )  # fmt: skip


def _open(saved: dict[str, str]) -> None:
    name = st.session_state["view-open"]
    st.session_state[search_line.KEY] = saved.get(name, st.session_state[search_line.KEY])
    st.session_state["view-open"] = None


def _save(project_id: str, line: str, saved: dict[str, str], actor: str) -> None:
    try:
        view = page.services().collaboration.save_view(
            project_id, st.session_state["view-name"] or "", line, actor=actor
        )
        replaced = saved.get(view.name, view.query)
        instead = "" if replaced == view.query else f" It searched {replaced or 'everything'} before."
        st.session_state[_MESSAGE] = f"Saved as {view.name}.{instead}"
        st.session_state["view-name"] = ""
    except VitrineError as error:
        st.session_state[_MESSAGE] = str(error)


def _rename(project_id: str, name: str) -> None:
    try:
        view = page.services().collaboration.rename_view(project_id, name, st.session_state["view-name"] or "")
        st.session_state[_MESSAGE] = f"Renamed {name} to {view.name}."
        st.session_state["view-name"] = ""
    except VitrineError as error:
        st.session_state[_MESSAGE] = str(error)


def _delete(project_id: str, name: str) -> None:
    collaboration = page.services().collaboration
    st.session_state[_DELETED] = next(
        (view for view in collaboration.saved_views(project_id) if view.name == name), None
    )
    collaboration.delete_view(project_id, name)
    st.session_state[_MESSAGE] = f"Deleted the view {name}."


def _bring_back(project_id: str) -> None:
    view = st.session_state[_DELETED]
    try:
        page.services().collaboration.bring_back_view(project_id, view)
        st.session_state[_MESSAGE] = f"{view.name} is back."
    except VitrineError as error:
        st.session_state[_MESSAGE] = str(error)
