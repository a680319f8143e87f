"""The audit: who did what, when and from where, with filters and CSV."""

from collections import deque
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import streamlit as st

from core.accounts.permissions import Act
from core.audit import AuditEntry, AuditFilter
from core.audit.acts import ACTS
from pages.components.shared import media, moment, numbers, page, people, visitor

_ROWS = 50
_PAGES = "audit-pages"
_WAYS = {"page": "page", "rest": "API", "cli": "command", "python": "Python", "task": "task", "housekeeping": "server"}
_KINDS = list(dict.fromkeys(act.partition(".")[0] for act in ACTS))


def show() -> None:
    """Draw the acts that the visitor may see, newest first, with filters."""
    project_id = page.project_id()
    sees_all = visitor.may(Act.MANAGE_SERVER)
    if not sees_all and (project_id is None or not visitor.may(Act.READ_AUDIT, project_id)):
        st.caption("The audit of a project is shown to its owners. Open a project that you own.")
        return
    chosen = _filters(project_id, sees_all)
    seen = [str(cursor) for cursor in st.session_state.get(_PAGES, [])]
    found = page.services().audit.find(chosen, limit=_ROWS, after=seen[-1] if seen else None)
    if not found.items:
        st.caption("Nothing was done that matches.")
        return
    st.dataframe(_rows(found.items), hide_index=True, key="audit-acts", height="content")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{numbers.pluralize(found.total, 'act')} in all.", width="stretch")
        if seen and st.button("Newer", icon=":material/arrow_back:", key="audit-newer"):
            st.session_state[_PAGES] = seen[:-1]
            st.rerun()
        if found.next_cursor and st.button("Older", icon=":material/arrow_forward:", key="audit-older"):
            st.session_state[_PAGES] = [*seen, found.next_cursor]
            st.rerun()
        st.link_button("Download CSV", _csv_url(chosen), icon=":material/download:")


def _filters(project_id: str | None, sees_all: bool) -> AuditFilter:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        only_here = not sees_all
        if project_id is not None and sees_all:
            where = st.selectbox(
                "Where",
                ("On the whole server", "In this project"),
                key="audit-where",
                on_change=_to_the_newest,
                width=200,
            )
            only_here = where == "In this project"
        shown = project_id if only_here else None
        found = page.services().audit.people(shown)
        who = st.selectbox(
            "Person", ["Everybody", *found], format_func=people.shown, key="audit-who", on_change=_to_the_newest,
            width=180,
        )  # fmt: skip
        kind = st.selectbox(
            "On what", ["Everything", *_KINDS], format_func=str.capitalize, key="audit-kind", on_change=_to_the_newest,
            width=180,
        )  # fmt: skip
        acts = [act for act in ACTS if kind in ("Everything", act.partition(".")[0])]
        act = st.selectbox(
            "Act",
            ["Every act", *acts],
            format_func=_words,
            key=f"audit-act-{kind}",
            on_change=_to_the_newest,
            width=240,
        )
        days = st.date_input("From and until", [], key="audit-days", on_change=_to_the_newest, width=230)
    since, until = _between(days)
    return AuditFilter(
        who="" if who == "Everybody" else who, act="" if act == "Every act" else act,
        kind="" if kind == "Everything" else kind, project_id=shown, since=since, until=until,
    )  # fmt: skip


def _to_the_newest() -> None:
    st.session_state.pop(_PAGES, None)


def _words(act: str) -> str:
    return ACTS.get(act, act).capitalize()


def _between(days: object) -> tuple[datetime | None, datetime | None]:
    """Return the beginning of the first day, and the end of the last one when there are two."""
    chosen = deque(day for day in days if isinstance(day, date)) if isinstance(days, Sequence) else deque[date]()
    since = moment.begin(chosen[0]) if chosen else None
    until = moment.begin(chosen[1] + timedelta(days=1)) if len(chosen) > 1 else None
    return since, until


def _rows(acts: Sequence[AuditEntry]) -> list[dict[str, str]]:
    return [
        {
            "When": moment.text(act.at, has_seconds=True),
            "Who": people.shown(act.who),
            "What": ACTS.get(act.act, act.act),
            "On": act.label,
            "Details": ", ".join(f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in act.details.items()),
            "Project": act.project_name,
            "From": " ".join(filter(None, (_WAYS.get(act.way, act.way), act.address))),
        }
        for act in acts
    ]


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _csv_url(chosen: AuditFilter) -> str:
    path = f"/api/projects/{chosen.project_id}/audit.csv" if chosen.project_id else "/api/audit.csv"
    wanted = {"who": chosen.who, "act": chosen.act, "kind": chosen.kind, "since": chosen.since, "until": chosen.until}
    query = {name: at.isoformat() if isinstance(at, datetime) else at for name, at in wanted.items() if at}
    return f"{media.base_path()}{path}" + (f"?{urlencode(query)}" if query else "")
