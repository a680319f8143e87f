"""How everything that is pressed in own components looks under the pointer, when pressed, focused and disabled."""

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
