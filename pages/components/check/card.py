"""What every card of the Check page has: what it tells, its picture, and what running it costs."""

from collections.abc import Sequence

import streamlit as st

from pages.components.shared import numbers, page

_OPACITIES = (0.85, 0.45, 0.25, 0.15)


def not_run(sentence: str, cost: str) -> None:
    """Draw a card that has no numbers yet: what the check tells, and what it costs in time and money."""
    st.text(sentence)
    st.caption(page.escape(cost))


def bar(parts: Sequence[tuple[str, float]]) -> None:
    """Draw named parts of a whole as one bar with a legend; parts of zero are left out.

    A part keeps its shade whatever the others are, so that a bar of nothing but the last part looks like a rest.
    """
    shades = (_OPACITIES[min(number, len(_OPACITIES) - 1)] for number in range(len(parts)))
    shown = [(label, size, shade) for (label, size), shade in zip(parts, shades, strict=True) if size > 0]
    total = sum(size for _, size, _ in shown)
    if not total:
        return
    drawn = "".join(
        f'<div style="flex:{size / total:.4f};background:currentColor;opacity:{shade};height:0.6rem"></div>'
        for _, size, shade in shown
    )
    st.html(
        '<div aria-hidden="true" style="display:flex;gap:2px;border-radius:4px;overflow:hidden;'
        f'color:{_accent()}">{drawn}</div>'
    )
    st.caption(page.escape(" · ".join(f"{label} {numbers.percent(size / total)}" for label, size, _ in shown)))


def _accent() -> str:
    """Return the accent color of the theme; the CSS variables of components do not reach ``st.html``."""
    return str(st.get_option(f"theme.{st.context.theme.type or 'light'}.primaryColor") or "currentColor")
