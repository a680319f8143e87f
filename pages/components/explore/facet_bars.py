"""Bars with counts that are filters: a click adds the bar's terms to the search line or removes them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

_CSS = """
:host { display: block; font-family: var(--st-font); color: var(--st-text-color); font-size: 14px; }
section { margin-bottom: 18px; }
h4 { margin: 0 0 4px; font-size: 13px; font-weight: 600; }
.hint { margin: 0 0 4px; font-size: 13px; color: color-mix(in srgb, var(--st-text-color) 68%, transparent); }
button { all: unset; box-sizing: border-box; display: grid; grid-template-columns: 1fr auto; gap: 8px; width: 100%;
  padding: 3px 8px; margin: 1px 0; border-radius: 4px; cursor: pointer; position: relative; isolation: isolate; }
button::before { content: ""; position: absolute; inset: 0 auto 0 0; width: var(--share); min-width: 2px; z-index: -1;
  border-radius: 4px; background: color-mix(in srgb, var(--st-primary-color) 20%, transparent); }
button:hover { outline: 1px solid var(--st-border-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
button.on { outline: 2px solid var(--st-primary-color); font-weight: 600; }
button.on .label::before { content: "✓ "; }
.label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.missing .label { font-style: italic; }
.count { font-variant-numeric: tabular-nums; }
.more { display: block; width: auto; font-size: 13px; text-decoration: underline; }
.more::before { display: none; }
.go { display: inline-block; width: auto; font-size: 13px; padding: 2px 10px; margin: 2px 0 4px;
  border: 1px solid var(--st-border-color); }
.go::before { display: none; }
"""

_JS = """
const COLLAPSED_BARS = 7;
const MAX_UNCOLLAPSED_BARS = 10; // a group this short is never collapsed
const expandedGroups = new WeakMap();

function node(tag, cls, text) {
  const made = document.createElement(tag);
  if (cls) made.className = cls;
  if (text !== undefined) made.textContent = text;
  return made;
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!expandedGroups.has(parentElement)) expandedGroups.set(parentElement, new Set());
  const expanded = expandedGroups.get(parentElement);
  const draw = () => {
    const sections = data.groups.map((group) => {
      const section = node("section");
      section.append(node("h4", "", group.title));
      if (group.hint) section.append(node("p", "hint", group.hint));
      if (group.action) {
        const go = node("button", "go", group.action);
        go.onclick = () => setTriggerValue("acted", { title: group.title, at: Date.now() });
        section.append(go);
      }
      const total = group.bars.reduce((sum, bar) => sum + bar.count, 0) || 1;
      const isExpanded = group.bars.length <= MAX_UNCOLLAPSED_BARS || expanded.has(group.title);
      const shown = group.bars.filter((bar, index) => isExpanded || index < COLLAPSED_BARS || bar.on);
      for (const bar of shown) {
        const button = node("button", `${bar.on ? "on" : ""} ${bar.label === "none" ? "missing" : ""}`);
        button.type = "button";
        button.title = `${bar.label}: ${bar.count.toLocaleString("en")}`;
        button.ariaPressed = bar.on;
        button.style.setProperty("--share", `${(100 * bar.count) / total}%`);
        button.append(node("span", "label", bar.label), node("span", "count", bar.count.toLocaleString("en")));
        button.onclick = () => setTriggerValue("toggled", bar.terms);
        section.append(button);
      }
      if (shown.length < group.bars.length) {
        const more = node("button", "more", `${group.bars.length - shown.length} more`);
        more.onclick = () => (expanded.add(group.title), draw());
        section.append(more);
      }
      return section;
    });
    parentElement.querySelectorAll("section").forEach((old) => old.remove());
    parentElement.append(...sections);
  };
  draw();
}
"""


@dataclass(frozen=True)
class Bar:
    label: str
    count: int
    terms: str
    """The filter of the bar, as a search line."""
    on: bool = False


@dataclass(frozen=True)
class Group:
    title: str
    bars: Sequence[Bar]
    hint: str = ""
    action: str = ""
    """The label of a button below the hint; empty for no button."""


def show(groups: Sequence[Group], *, key: str, on_toggle: Callable[[str], None]) -> str | None:
    """Draw the groups and return the title of the one whose button was clicked.

    *on_toggle* is called with the terms of a clicked bar, before the page runs again.
    """
    component = st.components.v2.component("vitrine_bars", css=_CSS, js=_JS)

    def toggled() -> None:
        on_toggle(st.session_state[key]["toggled"])

    acted = component(
        key=key,
        data={"groups": [asdict(group) for group in groups]},
        on_toggled_change=toggled,
        on_acted_change=lambda: None,
    ).acted
    return str(acted["title"]) if acted else None
