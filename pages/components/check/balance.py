"""The card that proposes which entries to leave out, so that fewer answers can be guessed."""

import streamlit as st

from core.checks.service import CheckReport
from core.dataset import parse_search
from pages.components.check import card, running
from pages.components.shared import numbers, page, reviewer_name, undo
from pages.components.shared.numbers import pluralize

TAG = "pruned"
_LAST = "pruned-batch"


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that a new proposal is about."""
    st.subheader("Prune what can be guessed", anchor=False)
    _offer_undo(project_id)
    report = page.services().checks.newest(project_id, "balance")
    if report is None:
        card.not_run(
            "Which entries should stay out of training so that fewer answers can be guessed? They are only tagged: "
            "nothing is deleted.",
            "Free: no model, no network. 10,000 entries take about a minute.",
        )
    else:
        _numbers(report)
        _apply(project_id, report)
    if not running.show(project_id, "balance"):
        _menu(project_id, query, is_first=report is None)


def _menu(project_id: str, query: str, *, is_first: bool) -> None:
    """Draw the button that opens what is proposed, and starts it."""
    label = "Propose" if is_first else "Propose again"
    with st.popover(label, icon=":material/content_cut:", key="prune-menu", on_change="rerun") as menu:
        if not menu.open:
            return
        target = st.slider(
            "Guessed at most, of 100", 10, 90, 50, 5, key="prune-target", width=260, persist_state="session"
        )
        keep = st.toggle("Keep confirmed entries", key="prune-keep", persist_state="session")
        if st.button("Find entries to leave out", icon=":material/play_arrow:", key="run-balance"):
            with page.show_errors():
                running.start(project_id, "balance", query, target=target / 100, keep_confirmed=keep)


def _numbers(report: CheckReport) -> None:
    result = report.result
    before, after = st.columns(2)
    for column, label, values in ((before, "Before", result["before"]), (after, "After", result["after"])):
        column.metric(
            label, f"{round(values['share'] * 100)} of 100", numbers.pluralize(values["entries"], "entry"),
            delta_color="off", delta_arrow="off",
        )  # fmt: skip
    kept = result["after"]["entries"]
    card.bar([("Stays", kept), ("Left out", result["left_out"])])
    if not result["reached"]:
        st.caption(f"{numbers.percent(result['target'])} was not reached: too few entries would stay.")
    st.caption(page.escape(running.of_when(report)))


def _apply(project_id: str, report: CheckReport) -> None:
    line = f"{report.query} prune:yes -tag:{TAG}".strip()
    waiting = page.services().entries.count_entries(project_id, parse_search(line))
    with st.container(horizontal=True, vertical_alignment="center"):
        if waiting:
            if st.button(f"Tag {pluralize(waiting, 'entry')} as {TAG}", type="primary", key="prune-apply"):
                done = page.services().review.bulk(
                    project_id, parse_search(line), "tag", TAG, actor=reviewer_name.name()
                )
                st.session_state[_LAST] = (project_id, done.batch_id, done.changed)
                st.rerun()
            page.link("explore", "Show them", icon="search", q=line)
        elif report.result["left_out"]:
            st.caption(f"What was proposed is tagged {TAG}.")
            page.link("export", "Export without them", icon="package_2", which=page.EXPORT_ALL, q=f"-tag:{TAG}")
        else:
            st.caption(f"Nothing has to be left out for at most {round(report.result['target'] * 100)} of 100.")


def _offer_undo(project_id: str) -> None:
    last = st.session_state.get(_LAST)
    if last is None or last[0] != project_id:
        return
    _, batch_id, changed = last
    if undo.offer(f"{pluralize(changed, 'entry')} tagged {TAG}.", "pruned"):
        page.services().review.undo(project_id, batch_id=batch_id, actor=reviewer_name.name())
        del st.session_state[_LAST]
        st.rerun()
