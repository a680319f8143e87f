"""The search line, stored in the URL as ``q`` so that a copied URL opens the same results; and saved views."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st

from core.accounts.permissions import Act
from core.api import credentials
from core.dataset.collaboration import MAX_NAME_CHARS
from core.dataset.filters import FIELDS
from core.errors import VitrineError
from core.search_line import Fields
from pages.components.shared import controls, media, page

KEY = "search-line"
_LAST_QUERY = "search-line-last-query"
_BOX = "search-box"
_MESSAGE = "view-message"
_DELETED = "view-deleted"
_PARAMETER = "q"


@dataclass(frozen=True)
class Searched:
    """What a search line searches: its fields, an example for the empty line, and whose values complete a field."""

    fields: Fields
    placeholder: str
    of: Literal["entries", "images"]
    examples: tuple[tuple[str, str], ...]
    """Lines to try, each with what it finds."""
    takes_images: bool = False
    """Whether an image that is dropped on the line or pasted into it finds those that are similar."""


ENTRIES = Searched(
    FIELDS, "Words, or fields such as kind:count score:<3 -tag:draft edited:yes", "entries",
    (
        ("red bus", "both words, in the question, the answer or the name of the image"),
        ('"red bus"', "the words side by side"),
        ("is:open", "entries without a decision"),
        ("is:open OR is:rejected", "either: values of one field are alternatives"),
        ("answer:yes", "entries whose whole answer is yes"),
        ("-tag:draft", "entries without the tag draft"),
        ("score:<3", "rated below 3 stars; unrated ones are left out"),
        ("image:beach", "entries about images with beach in their name"),
        ("check:refusal", "answers that sound like a refusal"),
        ("model:none is:rejected", "rejected answers that no model gave"),
    ),
)  # fmt: skip


def show(label: str, project_id: str, searched: Searched = ENTRIES, *, frees_keys: bool = False) -> str:
    """Draw the search line and return its text; a new ``q`` in the URL replaces the text.

    The component completes field names, and fetches the values of a field while it is typed. With *frees_keys* Enter
    leaves the line, so that the next key is one of the page.
    """
    query = st.query_params.get(_PARAMETER, "")
    if query != st.session_state.get(_LAST_QUERY) or KEY not in st.session_state:
        st.session_state[KEY] = query
    line = str(st.session_state[KEY])
    component = st.components.v2.component(
        "vitrine_search", html=_part("search.html"), css=controls.styled(_part("search.css")), js=_part("search.js")
    )
    component(
        key=_BOX,
        data={
            "label": label,
            "line": line,
            "fields": tuple((name, meaning) for name, (meaning, _) in searched.fields.items()),
            "examples": searched.examples,
            "placeholder": searched.placeholder,
            "of": searched.of,
            "takes_images": searched.takes_images,
            "frees_keys": frees_keys,
            "project": project_id,
            "token": credentials.page_token(),
            "base": media.base_path(),
        },
        on_typed_change=_typed,
    )
    if line:
        st.query_params[_PARAMETER] = line
    else:
        st.query_params.pop(_PARAMETER, None)
    st.session_state[_LAST_QUERY] = line
    return line


def views(project_id: str, actor: str = "local") -> None:
    """Draw the menu of the saved views of the project; opening a view replaces the text of the search line."""
    with st.popover("Views", icon=":material/bookmark:", key="views", on_change="rerun") as menu:
        if not menu.open:
            return
        line = str(st.session_state[KEY])
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


def _typed() -> None:
    st.session_state[KEY] = str(st.session_state[_BOX]["typed"]["line"])


def _open(saved: dict[str, str]) -> None:
    name = st.session_state["view-open"]
    st.session_state[KEY] = saved.get(name, st.session_state[KEY])
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


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
