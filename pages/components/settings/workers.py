"""The workers that run the tasks of this server."""

import streamlit as st

from core.tasks.engines.membership import Membership
from pages.components.shared import moment, page, refreshed

_REFRESH_S = 10.0


def show() -> None:
    """Draw the workers that were heard of; nothing where the server itself runs the tasks."""
    if page.services().db.settings.task_engine == "embedded":
        return
    st.header("Workers", anchor=False)
    refreshed.show(_list, every_s=_REFRESH_S)


def _list() -> None:
    found = page.services().tasks.list_workers()
    if found:
        st.dataframe([_row(worker) for worker in found], hide_index=True, key="workers")
    else:
        st.text("None is running. The command vitrine worker starts one, on any machine.")


def _row(worker: Membership) -> dict[str, object]:
    return {
        "Worker": worker.name,
        "Kinds": ", ".join(worker.kinds) or "all",
        "Lanes": ", ".join(worker.lanes) or "all",
        "Items at a time": worker.concurrency,
        "Chunks now": worker.chunks,
        "State": "stopping" if worker.is_draining else "running",
        "Version": worker.version,
        "Last seen": moment.ago(worker.beat_at),
    }
