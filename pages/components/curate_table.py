"""Entries as a table: edited in place, chosen by filter or by hand, changed many at a time."""

import streamlit as st

from core.dataset import EntryFilter


def show(project_id: str, entry_filter: EntryFilter, actor: str) -> None:
    st.text("table")
