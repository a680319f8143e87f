"""The boards of the explore page: facets, the balance of answers, quality checks; every bar is a filter."""

import streamlit as st

from core.dataset import EntryFilter, Term, parse_search
from core.dataset.quality import CHECKS
from pages.components import bars, page, search_line

LEADING_SHARE = 0.6
"""From here on one answer is so frequent that a model can learn to guess it."""
FEW_ANSWERS = 5


def facets(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw how the entries spread over decisions, kinds, models and so on."""
    groups = [
        bars.Group(
            facet.label,
            [
                bars.Bar(
                    bar.label,
                    bar.count,
                    _line(Term(facet.field, bar.value)),
                    Term(facet.field, bar.value) in entry_filter.terms,
                )
                for bar in facet.values
            ],
        )
        for facet in page.services().dataset.facets(project_id, entry_filter)
    ]
    if not groups:
        st.caption("These entries are alike in everything that is counted here.")
    bars.show(groups, key="facets", on_toggle=toggle)


def balance(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw which short answers each kind of question has, and say where one of them leads too far."""
    st.caption("Short answers by kind of question. A model learns to guess what is nearly always right.")
    groups = []
    for board in page.services().dataset.balance(project_id, entry_filter):
        kind = board.kind or "no kind"
        leads = board.total >= FEW_ANSWERS and board.leading_share >= LEADING_SHARE
        note = f"{board.leading_share:.0%} of {kind} are {board.answers[0][0]}." if leads else ""
        terms = [(answer, count, _line(Term("kind", board.kind or "none"), Term("answer", answer or "none")))
                 for answer, count in board.answers]  # fmt: skip
        shown = [bars.Bar(answer or "none", count, line, line in str(entry_filter)) for answer, count, line in terms]
        groups.append(bars.Group(f"{kind}, {board.total:,}", shown, note))
    if not groups:
        st.caption("No short answers here.")
    bars.show(groups, key="balance", on_toggle=toggle)


def quality(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw how many entries fail each check."""
    st.caption("What often spoils a training set. A bar shows the entries that fail the check.")
    counts = page.services().dataset.check_counts(project_id, entry_filter.without("check"))
    chosen = entry_filter.values("check")
    shown = [bars.Bar(check.label, counts[check.name], f"check:{check.name}", check.name in chosen) for check in CHECKS]
    bars.show([bars.Group("Checks", shown)], key="quality", on_toggle=toggle)


def _line(*terms: Term) -> str:
    return str(EntryFilter(terms))


def toggle(line: str) -> None:
    """Put these terms into the search line, or take them out when all of them are there."""
    entry_filter, terms = parse_search(st.session_state[search_line.KEY] or ""), parse_search(line).terms
    if all(term in entry_filter.terms for term in terms):
        kept = tuple(term for term in entry_filter.terms if term not in terms)
    else:
        kept = tuple(dict.fromkeys((*entry_filter.terms, *terms)))
    st.session_state[search_line.KEY] = str(EntryFilter(kept))
