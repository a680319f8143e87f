"""The warning of a disk that is nearly full, on every page: imports, tasks and exports stop before it is full."""

import streamlit as st

from core.accounts.actor import Actor
from core.disk import LOW_BYTES, free_bytes
from core.runtime import runtime
from pages.components.shared import numbers


def warn(actor: Actor) -> None:
    """Draw the warning while there is little free space, for those who run the server with what they can do."""
    settings = runtime.database.settings
    free = free_bytes(settings.data_dir)
    if free >= LOW_BYTES:
        return
    todo = "Free some space." if actor.is_admin else "Tell an admin of this server."
    st.warning(
        f"The disk has only {numbers.text(free / 1e9, 1)} GB left. Uploads, tasks and exports stop below "
        f"{numbers.text(settings.min_free_bytes / 1e9, 1)} GB. {todo}",
        icon=":material/hard_drive:",
    )
