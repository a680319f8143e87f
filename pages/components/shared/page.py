"""What every page needs: the project, the services, a header, an empty state, links, error messages."""

import logging
import re
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar, cast

import streamlit as st

from core import Projects, caller
from core.accounts.actor import Actor
from core.accounts.permissions import Act
from core.caller import Caller
from core.errors import ForbiddenError, NotFoundError, VitrineError
from core.runtime import runtime
from core.services import Services
from pages.components.shared import run_queue, visitor
from pages.components.shared.guarded_services import GuardedServices

T = TypeVar("T")
log = logging.getLogger(__name__)

_PROJECT = "project"
_ACCOUNT = "account-id"
_LAST_PARAMETERS = "query-parameters-of-last-run"


def services() -> Services:
    """Return the services; for people with roles each call asks whether it is allowed.

    Callbacks and fragments, which run without the frame, act as the visitor from here on.
    """
    if caller.current().way != "page":
        act_as_visitor()
    actor = visitor.actor()
    if actor.is_admin:
        return runtime.services
    return cast("Services", GuardedServices(runtime.services, actor, st.session_state.get(_PROJECT)))


def may(act: Act, project_id_: str | None = None) -> bool:
    """Return whether the visitor may do *act* in a project, by default the open one."""
    return visitor.may(act, project_id_ or project_id())


def only(
    act: Act, project_id_: str | None = None, *, disabled: bool = False, help: str | None = None
) -> dict[str, Any]:
    """Return the arguments of a button that is off, with the reason, for who may not do *act*."""
    try:
        visitor.require(act, project_id_ or project_id())
    except (ForbiddenError, NotFoundError) as error:
        return {"disabled": True, "help": str(error)}
    return {"disabled": disabled, "help": help}


def act_as_visitor(actor: Actor | None = None) -> None:
    """Let what this run of the page does be recorded as done by its visitor; *actor* when the frame has checked it."""
    if actor is not None:
        st.session_state[_ACCOUNT] = actor.account_id or ""
    name = (st.session_state.get("reviewer-name") or "").strip() or caller.LOCAL
    account_id = st.session_state.get(_ACCOUNT) or None
    is_signed_in = runtime.database.settings.has_sign_in
    address = st.context.ip_address or ""
    caller.act_as(Caller(name, account_id, address=address, way="page", is_signed_in=is_signed_in))


def project_id() -> str | None:
    """Return the id of the open project: the one in the URL, else the last one of this session."""
    chosen = st.query_params.get(_PROJECT) or st.session_state.get(_PROJECT)
    if chosen is not None:
        st.session_state[_PROJECT] = chosen
        if st.query_params.get(_PROJECT) != chosen:
            st.query_params[_PROJECT] = chosen
    return chosen


def choose_project(id_: str | None) -> None:
    """Open project *id_* in this session and put it into the URL; None closes the project."""
    if id_ is None:
        st.session_state.pop(_PROJECT, None)
        st.query_params.pop(_PROJECT, None)
    else:
        st.session_state[_PROJECT] = id_
        st.query_params[_PROJECT] = id_


def store_query_parameters(url_path: str) -> None:
    """Store which query parameters the URL had at the end of the run, for :func:`sync_url`."""
    st.session_state[_LAST_PARAMETERS] = [url_path, *st.query_params]


def sync_url(url_path: str) -> None:
    """Send the URL to the browser when a link to the current page has removed query parameters.

    Such a link runs the page with the new parameters, but the browser keeps the old URL and sends it with the next
    run. Setting a parameter makes Streamlit send the URL.
    """
    shown = st.session_state.get(_LAST_PARAMETERS) or [None]
    if shown[0] == url_path and not {_PROJECT, *st.query_params}.issuperset(shown[1:]) and _PROJECT in st.query_params:
        st.query_params[_PROJECT] = st.query_params[_PROJECT]


def project() -> Projects:
    """Return the open project; without one, draw a link to Overview and stop the page."""
    id_ = project_id()
    try:
        if id_ is not None:
            return services().projects.get_project(id_)
    except NotFoundError:
        choose_project(None)
    header("No project is open")
    label = "Open or create one" if visitor.may(Act.CREATE_PROJECT) else "Open one"
    empty_state("folder_open", "This page shows the images and entries of a project.", "overview", label)
    st.stop()


def unique_labels(names: dict[str, str]) -> dict[str, str]:
    """Return *names* by id, with a number after each repeated name.

    Streamlit identifies an option by its label: of two options with one label it always selects the first.
    """
    seen: Counter[str] = Counter()
    labels = {}
    for id_, name in names.items():
        seen[name] += 1
        labels[id_] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return labels


def component_key(key: str) -> str:
    """Return *key* without double underscores: Streamlit refuses them in component keys, and ids may contain them."""
    return key.replace("__", "_.")


def query_params(id_: str | None, **extra: str) -> dict[str, str]:
    """Return the query parameters of a link that opens project *id_*."""
    return ({_PROJECT: id_} if id_ else {}) | extra


def cached(key: Hashable, compute: Callable[[], T]) -> T:
    """Return the result of *compute*, cached until the next write to the database; callers must not mutate it.

    Texts have numbers and times as the visitor's browser writes them, so each locale has its own.
    """
    return runtime.database.read_cache.get((st.context.locale, st.context.timezone, key), compute)


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run a model call on the background event loop and wait for it, without blocking other page runs meanwhile."""
    run_queue.release()
    return services().loop.run(work)


def header(title: str, state: str = "") -> "st.delta_generator.DeltaGenerator":
    """Draw the title and one line about the state, and return the container for the primary action."""
    key = "page-header" if state else "page-header-short"
    with st.container(horizontal=True, vertical_alignment="bottom", key=key):
        with st.container(gap="xsmall", width="stretch"):
            st.title(title, anchor=False)
            if state:
                st.caption(state)
        return st.container(horizontal=True, horizontal_alignment="right", width="content")


def empty_state(icon: str, sentence: str, file: str, label: str, *, act: Act | None = None) -> None:
    """Draw the message that there is nothing yet, with a link to the page that provides it, for who may do *act*."""
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(f":material/{icon}:", text_alignment="center")
        st.markdown(sentence, text_alignment="center")
        if act is None or may(act):
            link(file, label, icon="arrow_forward")
        st.space("small")


def link(file: str, label: str, *, icon: str | None = None, **query: str) -> None:
    """Draw a link to page *file* of the same project, with *query* as further query parameters."""
    st.page_link(
        f"pages/{file}.py",
        label=label,
        icon=f":material/{icon}:" if icon else None,
        query_params=query_params(project_id(), **query),
    )


def go(file: str, **query: str) -> None:
    """Open page *file* of the same project, with *query* as further query parameters."""
    st.switch_page(f"pages/{file}.py", query_params=query_params(project_id(), **query))


EXPORT_ALL = "All but rejected"
"""A choice of the page Export, for links to it: an address names a choice by its label."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])")
_AFTER_ESCAPES = re.compile(
    r"(?i)https?(?=://)|www(?=\.)|[-.\w+](?=@[-\w])"  # links
    r"|:(?!\d\d:)(?=[-\w+]+:|material/)"  # :smile:, :material/home:, not 12:30:45
    r"|(?<!\S)[-<>~](?=[-=>]{1,2}(?!\S))|(?<=<)-(?=>)"  # arrows
)
"""Where Streamlit sees a link, an icon or an arrow in a text when its escapes are already gone."""
_NOTHING = ":small[]"
"""Draws nothing and holds no letter that somebody could copy, but ends the text before it."""


def escape(text: str) -> str:
    """Escape *text* for Markdown labels and collapse its whitespace; for text of users, files and models."""
    plain = " ".join(text.split())
    cuts = (0, *(found.end() for found in _AFTER_ESCAPES.finditer(plain)), len(plain))
    return _NOTHING.join(_MARKDOWN.sub(r"\\\1", plain[start:end]) for start, end in pairwise(cuts))


@contextmanager
def show_errors() -> Iterator[None]:
    """Show the message of a VitrineError; any other exception is a bug: log it and show the id of the log entry."""
    try:
        yield
    except VitrineError as error:
        st.error(escape(str(error)), icon=":material/error:")
    except Exception:
        error_id = secrets.token_hex(4)
        log.exception("page failed [%s]", error_id)
        st.error(
            f"Something went wrong inside Vitrine. The log has the details under {error_id}.",
            icon=":material/bug_report:",
        )
