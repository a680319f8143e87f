"""The boards of Explore: facets, balance of answers, quality checks, agreement; clicking a bar filters by it."""

import streamlit as st

from core.dataset import EntryFilter, Term, parse_search
from core.dataset import quality as checks
from core.dataset.stats import Balance
from core.questions.recipe import KINDS
from pages.components.shared import answer_form, facet_bars, numbers, page, search_line

DOMINANT_SHARE = 0.6
"""Above this share, an answer is so frequent that a model can learn to guess it."""
MIN_ANSWERS = 5
"""With fewer answers, no share is reported as dominant."""


def facets(project_id: str, entry_filter: EntryFilter, total: int) -> None:
    """Draw how many of the *total* entries there are by decision, kind, model and further fields."""
    groups = [
        facet_bars.Group(
            facet.label,
            [
                facet_bars.Bar(
                    bar.label,
                    bar.count,
                    _line(Term(facet.field, bar.value)),
                    Term(facet.field, bar.value) in entry_filter.terms,
                )
                for bar in facet.values
            ],
        )
        for facet in page.services().entries.facets(project_id, entry_filter)
        if facet.values
    ]
    if total and not groups:
        st.caption("These entries do not differ in any of the counted fields.")
    facet_bars.show(groups, key="facets", on_toggle=toggle)


def balance(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw the short answers of each kind of question, and report where one answer dominates."""
    st.caption("Short answers by kind of question. When one answer dominates, a model learns to guess it.")
    boards = {f"{board.kind or 'no kind'}, {numbers.text(board.total)}": board
              for board in page.services().entries.balance(project_id, entry_filter)}  # fmt: skip
    if not boards:
        st.caption("No short answers here.")
    groups = [_balance_group(title, board, entry_filter) for title, board in boards.items()]
    chosen = boards.get(facet_bars.show(groups, key="balance", on_toggle=toggle) or "")
    if chosen is not None:
        page.go("generate", kinds=chosen.kind, avoid=chosen.answers[0][0])


def _balance_group(title: str, board: Balance, entry_filter: EntryFilter) -> facet_bars.Group:
    kind = board.kind or "no kind"
    dominates = board.total >= MIN_ANSWERS and board.leading_share >= DOMINANT_SHARE
    leading = answer_form.readable_answer(board.answers[0][0])
    hint = f"{numbers.percent(board.leading_share).capitalize()} of {kind} answers are {leading}." if dominates else ""
    shown = []
    for answer, count in board.answers:
        line = _line(Term("kind", board.kind or "none"), Term("answer", answer or "none"))
        shown.append(
            facet_bars.Bar(answer_form.readable_answer(answer) or "none", count, line, line in str(entry_filter))
        )
    action = "Generate questions with other answers" if dominates and board.kind in KINDS else ""
    return facet_bars.Group(title, shown, hint, action)


def quality(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw how many entries fail each quality check."""
    st.caption("Common problems of training sets. Each bar counts the entries that fail a check.")
    counts = page.services().entries.check_counts(project_id, entry_filter.without("check"))
    chosen = entry_filter.values("check")
    shown = [
        facet_bars.Bar(check.label, counts[check.name], f"check:{check.name}", check.name in chosen)
        for check in checks.CHECKS
    ]
    facet_bars.show([facet_bars.Group("Checks", shown)], key="quality", on_toggle=toggle)


def agreement(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw the agreement of two reviewers, and the accuracy of models against human answers."""
    collaboration = page.services().collaboration
    found, models = collaboration.agreement(project_id), collaboration.model_accuracy(project_id)
    if not found.reviewed:
        st.caption("No entry has a second review yet. On Curate, choose under Team how many images get one.")
    else:
        reviewed_twice, same_decision, alpha = st.columns(3)
        reviewed_twice.metric(
            "Reviewed twice", numbers.text(found.reviewed), help=page.escape(", ".join(found.reviewers))
        )
        same_decision.metric("Same decision", numbers.percent(found.agreed / found.reviewed))
        alpha.metric(
            "Krippendorff's alpha", "none yet" if found.alpha is None else numbers.text(found.alpha, 2),
            help="1 is full agreement, 0 is chance. There is no value while all decisions are the same.",
        )  # fmt: skip
        differ = page.services().entries.count_entries(
            project_id, entry_filter.without("check").with_term("check", "readers")
        )
        chosen = "readers" in entry_filter.values("check")
        bar = facet_bars.Bar("Two reviewers disagree", differ, "check:readers", chosen)
        facet_bars.show([facet_bars.Group("To resolve", [bar])], key="readers", on_toggle=toggle)
    if models:
        st.markdown("**Accuracy of models against human answers**")
        st.caption(
            "VQA accuracy: min(matching answers / 3, 1), averaged over all groups that leave one person out. With "
            "fewer than four matching answers, 1 cannot be reached; the last column is the highest possible value."
        )
        st.dataframe(
            [
                {"Model": row.model, "Questions": row.questions, "Accuracy": row.accuracy, "Maximum": row.reachable}
                for row in models
            ],
            hide_index=True, key="accuracy",
            column_config=numbers.counts("Questions")
            | {name: st.column_config.NumberColumn(format="%.2f") for name in ("Accuracy", "Maximum")},
        )  # fmt: skip


def _line(*terms: Term) -> str:
    return str(EntryFilter(terms))


def toggle(line: str) -> None:
    """Add the terms of *line* to the search line, or remove them when it has all of them."""
    entry_filter = parse_search(st.session_state[search_line.KEY] or "")
    st.session_state[search_line.KEY] = str(entry_filter.toggled_all(parse_search(line)))
