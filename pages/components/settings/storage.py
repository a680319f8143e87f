"""Free space, and the backups that the server makes."""

import streamlit as st

from core.backup import BackupStatus, backup_status
from core.disk import free_bytes
from core.runtime import runtime
from pages.components.shared import moment, numbers, page, sizes


def show() -> None:
    """Draw how much space is left, and when the last backup was made."""
    settings = page.services().db.settings
    left, right = st.columns(2)
    with left:
        st.header("Disk", anchor=False)
        free = free_bytes(settings.data_dir)
        st.text(f"{numbers.text(free / 1e9, 1)} GB free")
        st.caption(f"Uploads, tasks and exports stop below {numbers.text(settings.min_free_bytes / 1e9, 1)} GB.")
    with right:
        st.header("Backups", anchor=False)
        status = backup_status(settings)
        if status is None:
            st.text("The server makes none.")
            st.caption(
                "VITRINE_BACKUP_DIR names a directory on another disk; `vitrine backup DIRECTORY` makes one at once."
            )
        else:
            _backups(status)


def _backups(status: BackupStatus) -> None:
    if status.last is None:
        st.text("None yet. The server makes the first one after its start.")
    else:
        made = status.last.manifest
        images = numbers.pluralize(made.images, "image")
        st.text(f"Last: {moment.text(made.made_at)}, {images}, {sizes.readable(made.size_bytes)}")
    st.text(f"Next: {moment.text(status.next_at)}")
    st.caption(
        f"{numbers.text(status.backups)} in {page.escape(str(status.target))}. `vitrine restore` brings one back."
    )
    for problem in filter(None, (status.problem, runtime.backup_error())):
        st.warning(page.escape(problem), icon=":material/warning:")
