"""The card of the dataset report: what it has, and where it is."""

import streamlit as st

from pages.components.check import card
from pages.components.shared import media, page


def show(project_id: str, query: str) -> None:
    """Draw the card; the report is about the whole project, whatever *query* is."""
    st.subheader("The report to hand on", anchor=False)
    st.text(
        "One page for readers and reviewers: what the dataset consists of, what was measured and how, what was not, "
        "and examples that nobody chose."
    )
    checks = page.services().checks
    names = checks.names()
    ran = sum(checks.newest(project_id, name) is not None for name in names)
    st.markdown(f"**{ran} of {len(names)}** checks were run.")
    card.bar([("Run", ran), ("Not run", len(names) - ran)])
    with st.container(horizontal=True, vertical_alignment="center"):
        url = f"{media.base_path()}/api/projects/{project_id}/report"
        st.link_button("Open the report", url, icon=":material/description:")
        st.download_button(
            "Download", lambda: checks.report(project_id), "dataset-report.html", "text/html",
            icon=":material/download:", key="report-download",
        )  # fmt: skip
    st.caption("Free: it is made in a few seconds. Browsers print it on A4 pages, also into a PDF.")
