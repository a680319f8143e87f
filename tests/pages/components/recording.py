"""Components without a browser: what they are given is recorded, and what they report is set by the test."""

from types import SimpleNamespace
from typing import Any

_REPORTED = (
    "acted", "finished", "go", "name", "opened", "selected", "similar", "token", "toggled", "turn", "typed", "uploaded",
)  # fmt: skip


class RecordedComponents:
    """Takes the place of ``st.components.v2.component``."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        """The data that each component was drawn with last, by its name."""
        self.keys: dict[str, str] = {}
        self.callbacks: dict[str, dict[str, Any]] = {}
        self.reports: dict[str, Any] = {}
        """What the next component reports, by the name of the value."""

    def __call__(self, name: str, **_parts: str) -> Any:
        def draw(*, key: str, data: Any, **callbacks: Any) -> SimpleNamespace:
            self.data[name], self.keys[name], self.callbacks[name] = data, key, callbacks
            return SimpleNamespace(**(dict.fromkeys(_REPORTED) | self.reports))

        return draw
