"""A page or a part of it as lines, from top to bottom, so that a test can state all that is shown and what is off."""

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from tests.pages.running import bugs

_PLAIN = ("caption", "code", "header", "markdown", "subheader", "text", "title")
_NOTICES = ("error", "info", "success", "warning")


def draw(function: Callable[..., object], *arguments: Any, **named: Any) -> AppTest:
    """Run *function* as the whole page, and return the app.

    There are no other pages: a link to one is a line, and the one that is opened is ``at.session_state["opened"]``.
    """

    def script(call: "Callable[[], object]") -> None:  # nothing but this function is run: it knows no other names
        call()

    call = partial(_without_pages, partial(function, *arguments, **named))
    at = AppTest.from_function(script, default_timeout=120, kwargs={"call": call}).run()
    assert not at.exception
    assert not bugs(at)
    return at


def _without_pages(call: Callable[[], object]) -> None:
    with patch.object(st, "page_link", _link), patch.object(st, "switch_page", _open):
        call()


def _link(file: str, *, label: str, query_params: dict[str, str] | None = None, **_looks: Any) -> None:
    st.text(f"[{label} -> {_target(file, query_params)}]")


def _open(file: str, *, query_params: dict[str, str] | None = None) -> None:
    st.session_state["opened"] = _target(file, query_params)
    st.stop()


def _target(file: str, query_params: dict[str, str] | None) -> str:
    query = {name: value for name, value in (query_params or {}).items() if name != "project"}
    return file.removeprefix("pages/").removesuffix(".py") + (f"?{urlencode(query)}" if query else "")


def read(at: AppTest) -> list[str]:
    """Return a line for each text, notice, button and link: ``[Save] off``, ``[Export -> export?q=is%3Aopen]``."""
    lines = (_line(node) for area in (at.main, at._tree[2]) for node in area)
    return [line.replace("\\", "") for line in lines if line]


def _line(node: Any) -> str:
    proto = node.proto
    if isinstance(node, Block):
        label = getattr(proto, "label", "") or getattr(proto, "title", "") if proto is not None else ""
        return f"{node.type}: {label}" if label else ""
    if node.type in _PLAIN:
        return str(node.value)
    if node.type in _NOTICES:
        return f"{node.type}: {node.value}"
    if node.type == "metric":
        return f"{node.label}: {node.value} {node.delta}".strip()
    if node.type in ("button", "download_button", "link_button", "page_link"):
        target = getattr(proto, "page", "") or getattr(proto, "url", "") if node.type != "download_button" else ""
        query = f"?{proto.query_string}" if getattr(proto, "query_string", "") else ""
        return f"[{proto.label}{f' -> {target}{query}' if target else ''}]{' off' if proto.disabled else ''}"
    return ""
