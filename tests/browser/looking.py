"""What is measured on a page: findings of axe-core, and the layout shift as Web Vitals defines it."""

from functools import cache
from importlib.resources import files

from playwright.sync_api import Page

STREAMLITS_OWN = (
    (
        "scrollable-region-focusable",
        '[data-testid="stCode"] pre',
        "Browsers put an area that scrolls into the tab order by themselves, and Streamlit's code takes no tabindex.",
    ),
    (
        "svg-img-alt",
        '[data-testid="stMetric"] *, [class*="metric_chart"]',
        "The marks of the sparkline have the role of an image and no name; the metric says the number in words.",
    ),
)
"""Findings about Streamlit's own widgets: the rule, the selector, and why it stays."""

# Shifts within half a second of a key or click are not counted; buffered, so that none before the observer is missed.
SHIFT_RECORDER = """
window.layoutShifts = [];
new PerformanceObserver((list) => {
  for (const { startTime, value, hadRecentInput, sources } of list.getEntries()) {
    const names = sources.map(({ node }) => (node?.nodeType === 1 ? node : node?.parentElement)
      ?.closest("[class*=st-key], [data-testid]")?.outerHTML.slice(0, 150));
    if (!hadRecentInput) window.layoutShifts.push([startTime, value, names.join(" | ")]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""

_FINDINGS = """
async (known) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], elementRef: true });
  const isBad = ({ id, impact }) => ["serious", "critical"].includes(impact) || id === "heading-order";
  return violations.filter(isBad).flatMap(({ id, nodes }) => nodes
    .filter(({ element }) => !known.some(([rule, selector]) => rule === id && element.matches(selector)))
    .map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary.slice(0, 300)}`));
}
"""
_SESSION_GAP_MS, _SESSION_MS = 1000, 5000


def axe_findings(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical on the page, and headings out of order, but ``STREAMLITS_OWN``."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    return list(page.evaluate(_FINDINGS, [list(known) for known in STREAMLITS_OWN]))


def layout_shift(page: Page) -> tuple[float, list[str]]:
    """Return the layout shift of a page with ``SHIFT_RECORDER``, and what moved most."""
    shifts = page.evaluate("window.layoutShifts")
    largest = current = started_ms = last_ms = 0.0
    for at_ms, value, _ in shifts:
        if at_ms - last_ms > _SESSION_GAP_MS or at_ms - started_ms > _SESSION_MS:
            current, started_ms = 0.0, at_ms
        current, last_ms = current + value, at_ms
        largest = max(largest, current)
    return largest, [f"{value:.3f} at {at_ms:.0f} ms: {names}" for at_ms, value, names in shifts if value > 0.01]


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
