"""A part of a page that is drawn again from time to time, since it shows ages or what others change."""

from collections.abc import Callable

import streamlit as st

from pages.components.shared import page, run_queue


def show(draw: Callable[[], None], *, every_s: float) -> None:
    """Draw it now, and every *every_s* seconds while the page is open; its widgets run it alone."""

    @st.fragment(run_every=every_s)
    def part() -> None:
        with run_queue.page_run(), page.show_errors():
            draw()

    part()
