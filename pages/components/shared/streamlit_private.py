"""Everything that Vitrine uses of the private interface of Streamlit; last seen in Streamlit 1.67.0.

Each name has a fallback, so that a release without it still works, and a test that says which name is gone.
"""

from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if TYPE_CHECKING:
    from streamlit.runtime.scriptrunner import ScriptRunContext
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

SEEN_IN = "1.67.0"

# Test ids in the page's DOM. Without them the page keeps Streamlit's wider margins, and the review desk takes its
# height from the document instead of the scrolled area. pages/assets/frame.css has more of them, for style only.
MAIN = '[data-testid="stMain"]'
MAIN_BLOCK = '[data-testid="stMainBlockContainer"]'


# Without it Streamlit tries the address of the page as that of the app first: two requests that are answered with 404.
_BASE_SCRIPT = '<script>window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href }</script>'

# Streamlit sends the parameters of a page that is opened before its path, so that the browser gets an entry that was
# never shown, the page that is left with parameters of the next one, and Back leads there. What follows a push without
# anything done by the visitor belongs to the same step.
_HISTORY_SCRIPT = """<script>(() => {
  const push = history.pushState;
  let isStep = false;
  for (const act of ["pointerdown", "click", "keydown", "paste", "drop"])
    addEventListener(act, () => (isStep = true), true);
  history.pushState = function (...entry) {
    (isStep ? push : history.replaceState).apply(this, entry);
    isStep = false;
  };
})()</script>"""


def page_html(css: str) -> str | None:
    """Return Streamlit's page with the title of Vitrine, *css* before the first paint, and one entry of history a step.

    None when the page is not where it was: Streamlit then answers with its own.
    """
    try:
        from streamlit import file_util

        html = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    except (ImportError, AttributeError, OSError):
        return None
    head = f"{_BASE_SCRIPT}{_HISTORY_SCRIPT}<style>{css}</style></head>"
    return html.replace("<title>Streamlit</title>", "<title>Vitrine</title>", 1).replace("</head>", head, 1)


def disable_pages_directory() -> None:
    """Make Streamlit run Home.py for every URL, although there is a folder called pages/.

    With such a folder, the first session of a process runs pages/<name>.py without Home.py, so without the sign-in.
    Streamlit ends that mode when ``st.navigation`` is first called; its switch is
    ``PagesManager.uses_pages_directory``.
    """
    try:
        from streamlit.runtime.pages_manager import PagesManager
    except ImportError:
        _call_navigation()
        return
    if hasattr(PagesManager, "uses_pages_directory"):
        PagesManager.uses_pages_directory = False
    else:
        _call_navigation()


def run_what_is_shown() -> None:
    """Make Streamlit run no fragment of a page that was left, and the page where something of the page was pressed.

    A component in a fragment may set its state in the moment in which the page is left. Streamlit then runs that
    fragment behind the next page, and tells the browser that the page that was left is shown: the browser removes what
    the next page drew and stays empty.

    The browser sends what happens in one moment together, as a run of the fragment if one takes part: a button of the
    page that is pressed in the moment in which a fragment sets its state would do nothing. Without
    ``ScriptRunner._run_script`` both stay so.
    """
    try:
        from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
    except ImportError:
        return
    run = getattr(ScriptRunner, "_run_script", None)
    if run is None or hasattr(run, "__wrapped__"):
        return

    @wraps(run)
    def run_on_its_page(runner: "ScriptRunner", rerun_data: "RerunData") -> None:
        context = get_script_run_ctx()
        if context is not None and rerun_data.fragment_id_queue:
            shown = context.page_script_hash
            if shown and rerun_data.page_script_hash not in ("", shown):
                return
            if _is_pressed_outside(context, rerun_data):
                rerun_data = replace(rerun_data, fragment_id_queue=[], is_fragment_scoped_rerun=False)
        run(runner, rerun_data)

    ScriptRunner._run_script = run_on_its_page  # type: ignore[assignment]


def _is_pressed_outside(context: "ScriptRunContext", rerun_data: "RerunData") -> bool:
    """Return whether something was pressed, such as a button, that is in none of the fragments to run."""
    states = rerun_data.widget_states.widgets if rerun_data.widget_states else ()
    pressed = [state.id for state in states if str(state.WhichOneof("value")).endswith("trigger_value")]
    try:
        known = context.session_state._state._new_widget_state.widget_metadata
        return any(known[id_].fragment_id not in rerun_data.fragment_id_queue for id_ in pressed if id_ in known)
    except AttributeError:
        return False


def _call_navigation() -> None:
    """End the mode by the public function, which logs two warnings outside a page run."""
    st.navigation([st.Page(_no_page, title="None")], position="hidden")


def _no_page() -> None:
    """Stand in for a page; nothing runs it."""
