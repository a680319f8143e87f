"""How everything that is pressed in own components looks and works: its style, and a script beside it."""

from functools import cache
from pathlib import Path

_CSS = """
button, select, [role="button"] { transition: border-color .1s, background-color .1s, filter .1s; }
button:hover:enabled, select:hover:enabled, [role="button"]:hover { border-color: var(--st-primary-color); }
button:active:enabled, [role="button"]:active { filter: brightness(0.92); }
button:disabled { opacity: .5; cursor: default; }
:is(button, select, input, textarea, a, canvas, [role="button"], [tabindex="0"]):focus-visible {
  outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
@media (prefers-reduced-motion: reduce) { button, select, [role="button"] { transition: none; } }
"""


def styled(css: str) -> str:
    """Return the style of a component behind that of all controls, which it may refine."""
    return _CSS + css


@cache
def press_script() -> str:
    """Return the class ``Press``, for components that draw while somebody may be pressing one of their buttons."""
    return Path(__file__).with_name("press.js").read_text(encoding="utf-8")


@cache
def arrows_script() -> str:
    """Return ``walkByArrows``, for components with a group of which one is chosen."""
    return Path(__file__).with_name("arrows.js").read_text(encoding="utf-8")
