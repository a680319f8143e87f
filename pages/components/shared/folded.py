"""Expanders whose contents are sent once somebody opens them: the browser draws those of a closed one as well."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

WAITS = True
"""Whether contents wait until the expander is opened; off in tests of pages."""


@contextmanager
def expander(label: str, *, key: str, parameter: str = "") -> Iterator[bool]:
    """Draw an expander and yield whether to draw its contents.

    Until it is opened, its fields have their usual values. From then on they are drawn in the session whenever the
    expander is, because they may have others; also while the URL has *parameter*, to which one of them is bound.
    """
    with st.expander(label, key=key, on_change="rerun") as drawn:
        was_opened = f"{key}-was-opened"
        if drawn.open or parameter in st.query_params:
            st.session_state[was_opened] = True
        yield not WAITS or was_opened in st.session_state
