"""What every page needs: its project, the services, a header, an empty state, errors in words."""

import logging
import re
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import streamlit as st

from core import Projects, Tasks, app, process
from core.app import Services
from core.errors import NotFoundError, VitrineError
from core.pluralize import pluralize
from pages.components.shared import run_queue

T = TypeVar("T")
log = logging.getLogger(__name__)

_PROJECT = "project"
_ADDRESS = "address-shown"


def services() -> Services:
    return app.services()


def project_id() -> str | None:
    """Return the chosen project's id: from the address, else as it was chosen in this session."""
    chosen = st.query_params.get(_PROJECT) or st.session_state.get(_PROJECT)
    if chosen is not None:
        st.session_state[_PROJECT] = chosen
        if st.query_params.get(_PROJECT) != chosen:
            st.query_params[_PROJECT] = chosen
    return chosen


def choose_project(id_: str | None) -> None:
    """Make *id_* the project of this session, and of its address."""
    if id_ is None:
        st.session_state.pop(_PROJECT, None)
        st.query_params.pop(_PROJECT, None)
    else:
        st.session_state[_PROJECT] = id_
        st.query_params[_PROJECT] = id_


def remember_address(url_path: str) -> None:
    """Keep which parameters the address of the page has, once it has run."""
    st.session_state[_ADDRESS] = [url_path, *st.query_params]


def correct_address(url_path: str) -> None:
    """Tell the browser its address when a link to the page it is on took parameters out of it.

    Such a link runs the page and leaves the browser's address as it was, and the next run would come from there.
    """
    shown = st.session_state.get(_ADDRESS) or [None]
    if shown[0] == url_path and not {_PROJECT, *st.query_params}.issuperset(shown[1:]) and _PROJECT in st.query_params:
        st.query_params[_PROJECT] = st.query_params[_PROJECT]


def project() -> Projects:
    """Return the chosen project; without one, say so, point onward and stop the page."""
    id_ = project_id()
    try:
        if id_ is not None:
            return services().projects.get_project(id_)
    except NotFoundError:
        choose_project(None)
    empty_state("folder_open", "No project is open.", "overview", "Choose or make a project")
    st.stop()


def told_apart(names: dict[str, str]) -> dict[str, str]:
    """Return *names* by id with a number behind each that was there before.

    Streamlit knows a choice by its label: of two that are alike it always takes the first.
    """
    taken: Counter[str] = Counter()
    apart = {}
    for id_, name in names.items():
        taken[name] += 1
        apart[id_] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return apart


def component_key(key: str) -> str:
    """Return *key* as components take it: Streamlit refuses two underscores in a row, which an id may hold."""
    return key.replace("__", "_.")


def address(id_: str | None, **more: str) -> dict[str, str]:
    """Return the query of an address that opens project *id_*."""
    return ({_PROJECT: id_} if id_ else {}) | more


def kept(key: Hashable, compute: Callable[[], T]) -> T:
    """Return what *compute* returned the last time until somebody writes; for what nobody changes."""
    return services().db.read_cache.get(key, compute)


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run a model call on the process's event loop and wait for it; for single calls that a person watches."""
    run_queue.hand_on()
    return process.background_loop().run(work)


def task_label(task: Tasks) -> str:
    """Return the task in words: "Generate questions, completed with 2 failures"."""
    if task.failed_count and task.ended_at is not None:
        state = f"{task.status.removesuffix(' with failures')} with {pluralize(task.failed_count, 'failure')}"
    else:
        state = task.status if task.ended_at else f"{task.status}, {task.processed_count:,} of {task.total_count:,}"
    return f"{_kind_label(task.task_type)}, {state}"


@cache
def _kind_label(task_type: str) -> str:
    """Return what this kind of work is called; kept, since making the kinds is slow beside a page run."""
    kind = services().kinds.get(task_type)
    return kind.label if kind else task_type


def header(title: str, state: str = "") -> "st.delta_generator.DeltaGenerator":
    """Draw the title with one sentence of state, and return the place of the primary action."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="page-header"):
        with st.container(gap="xsmall", width="stretch"):
            st.title(title, anchor=False)
            if state:
                st.caption(state)
        return st.container(horizontal=True, horizontal_alignment="right", width="content")


def empty_state(icon: str, sentence: str, file: str, label: str) -> None:
    """Say that there is nothing here yet and lead to where it comes from."""
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(f":material/{icon}:", text_alignment="center")
        st.markdown(sentence, text_alignment="center")
        link(file, label, icon="arrow_forward")
        st.space("small")


def link(file: str, label: str, *, icon: str | None = None, **query: str) -> None:
    """Draw a link to another page of the same project; *query* goes into its address."""
    st.page_link(
        f"pages/{file}.py",
        label=label,
        icon=f":material/{icon}:" if icon else None,
        query_params=address(project_id(), **query),
    )


def go(file: str, **query: str) -> None:
    """Open another page of the same project."""
    st.switch_page(f"pages/{file}.py", query_params=address(project_id(), **query))


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>])")


def plain(text: str) -> str:
    """Return *text* of a person, a file or a model so that a Markdown label shows it as it is."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Show the sentence of a VitrineError; anything else is a bug, shown as an id that the log has too."""
    try:
        yield
    except VitrineError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:
        error_id = secrets.token_hex(4)
        log.exception("page failed [%s]", error_id)
        st.error(
            f"Something went wrong inside Vitrine. The log has the details under {error_id}.",
            icon=":material/bug_report:",
        )
