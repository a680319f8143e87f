"""Checks of this installation, as ``make doctor`` runs them."""

from pathlib import Path

import streamlit as st

from pages.components.shared import page

_ICONS = {"ok": "check_circle", "warning": "warning", "problem": "error"}


def show() -> None:
    """Draw the button that runs the checks, and their findings."""
    st.caption("The same as `make doctor`: checks this installation and changes nothing.")
    if not st.button("Run the checks", icon=":material/stethoscope:", key="doctor-run"):
        return
    from core.doctor import examine

    for finding in examine(page.services().db.settings, Path()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/{_ICONS[finding.level]}: {finding.level}", width=110)
            st.text(f"{finding.subject}: {finding.message}")
