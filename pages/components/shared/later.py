"""Parts of a page below the first screen: drawn once the browser has painted what is above them."""

from collections.abc import Callable

import streamlit as st

from pages.components.shared import page, run_queue

WAITS = True
"""Whether a part waits for the browser; off where there is none, as in tests of pages."""

# The function is called after each run. The state goes away when the page is left, so the part waits again at the next
# visit. Two frames: the first one paints what is above. A hidden tab has no frames.
_JS = """
export default function ({ data, setStateValue }) {
  if (data.is_painted) return;
  let timer;
  const draw = () => { timer = setTimeout(() => setStateValue("is_painted", true), 0); };
  let frame = requestAnimationFrame(() => { frame = requestAnimationFrame(draw); });
  if (document.hidden) draw();
  return () => { cancelAnimationFrame(frame); clearTimeout(timer); };
}
"""


def show(key: str, draw: Callable[[], None], *, height_px: int = 400) -> None:
    """Draw a skeleton first, and *draw* when the browser has painted the page; later runs of the page draw it at once.

    The part is a fragment: its widgets run it alone.
    """

    @st.fragment
    def part() -> None:
        with run_queue.page_run(), page.show_errors():
            if WAITS and not _is_painted(key):
                st.skeleton(height=height_px)
            else:
                draw()

    part()


def _is_painted(key: str) -> bool:
    id_ = f"later-{key}"
    known = bool((st.session_state.get(id_) or {}).get("is_painted"))
    component = st.components.v2.component("vitrine_later", js=_JS)
    result = component(
        key=id_, data={"is_painted": known}, default={"is_painted": False}, on_is_painted_change=lambda: None
    )
    return bool(result["is_painted"])
