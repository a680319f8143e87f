"""Running the app without a browser: Home.py, with a page and a project open."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from core.runtime import runtime
from core.services import Services
from core.tasks.service import ACTIVE

_HOME = Path(__file__).parents[2] / "Home.py"


def open_page(file: str, project_id: str | None = None, **query: str) -> AppTest:
    """Open ``pages/<file>.py`` with *project_id* and *query* in the URL, and return the app."""
    at = AppTest.from_file(_HOME, default_timeout=120)
    if project_id is not None:
        at.query_params["project"] = project_id
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    if file != "overview":
        at.switch_page(f"pages/{file}.py").run()
    assert not at.exception
    assert not bugs(at)
    return at


def errors(at: AppTest) -> list[str]:
    """Return what each error on the page says, as it is read."""
    return [error.value.replace("\\", "") for error in at.error]


def bugs(at: AppTest) -> list[str]:
    """Return what a page says where it met an error that is no message to its visitor."""
    return [error.value for error in at.error if error.value.startswith("Something went wrong inside Vitrine.")]


def services() -> Services:
    """Return the services that the app under test uses."""
    return runtime.services


def until(condition: Callable[[], bool]) -> None:
    """Wait for *condition*; the first model call of a process imports the model library, which takes seconds."""
    ends_at_s = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < ends_at_s
        time.sleep(0.02)


def has_ended(task_id: str) -> bool:
    """Return whether the run of a task has ended or paused; a page shows it as active until the engine knows it too."""
    return services().tasks.get_task(task_id).status not in ACTIVE and not services().engine.works_on(task_id)


def texts(at: AppTest) -> list[str]:
    """Return every plain text on the page."""
    return [element.value for element in (*at.text, *at.caption, *at.markdown, *at.code)]


def tab_names(at: AppTest) -> list[str]:
    """Return the names of the tabs of the page."""
    return [name for data in _drawn(at, "vitrine_tabs") for name in data["names"]]


def choices(at: AppTest) -> dict[str, dict[str, Any]]:
    """Return what each choice of the page is drawn with, by its key."""
    return {data["key"]: data for data in _drawn(at, "vitrine_choice")}


def _drawn(at: AppTest, component: str) -> list[dict[str, Any]]:
    protos = [one.proto for one in at.get("bidi_component") if one.proto.component_name == component]
    return [json.loads(proto.json) for proto in protos]
