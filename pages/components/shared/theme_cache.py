"""What Streamlit does anew in every page run although nothing about it changes while the server lives."""

from collections.abc import Callable
from typing import Any

from streamlit.runtime import app_session


def keep_theme() -> None:
    """Put the theme together once: Streamlit walks 300 settings six times to say it again with every page run.

    Where a release names this step otherwise it goes on as it is.
    """
    fill: Callable[..., None] | None = getattr(app_session, "_populate_theme_msg", None)
    if fill is not None:
        setattr(app_session, "_populate_theme_msg", _Filled(fill))  # noqa: B010 - mypy knows of no such name


class _Filled:
    """Fills messages as *fill* did the first time, section by section."""

    def __init__(self, fill: Callable[..., None]) -> None:
        self._fill = fill
        self._filled: dict[str, Any] = {}

    def __call__(self, message: Any, section: str = "theme") -> None:
        if section not in self._filled:
            filled = type(message)()
            self._fill(filled, section)
            self._filled[section] = filled
        filled = self._filled[section]
        if filled.ByteSize():
            message.MergeFrom(filled)
