"""The boards of the explore page: facets, the balance of answers, quality checks; every bar is a filter."""

import streamlit as st

from core.dataset import EntryFilter, Term, parse_search
from core.dataset.quality import CHECKS
from core.dataset.stats import Balance
from core.questions.recipe import KINDS
from pages.components.explore import facet_bars
from pages.components.shared import answer_form, page, search_line

LEADING_SHARE = 0.6
"""From here on one answer is so frequent that a model can learn to guess it."""
FEW_ANSWERS = 5


def facets(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw how the entries spread over decisions, kinds, models and so on."""
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
        for facet in page.services().dataset.facets(project_id, entry_filter)
    ]
    if not groups:
        st.caption("These entries are alike in everything that is counted here.")
    facet_bars.show(groups, key="facets", on_toggle=toggle)


def balance(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw which short answers each kind of question has, and say where one of them leads too far."""
    st.caption("Short answers by kind of question. A model learns to guess what is nearly always right.")
    boards = {f"{board.kind or 'no kind'}, {board.total:,}": board
              for board in page.services().dataset.balance(project_id, entry_filter)}  # fmt: skip
    if not boards:
        st.caption("No short answers here.")
    groups = [_balance_group(title, board, entry_filter) for title, board in boards.items()]
    drafted = boards.get(facet_bars.show(groups, key="balance", on_toggle=toggle) or "")
    if drafted is not None:
        page.go("generate", kinds=drafted.kind, avoid=drafted.answers[0][0])


def _balance_group(title: str, board: Balance, entry_filter: EntryFilter) -> facet_bars.Group:
    kind = board.kind or "no kind"
    leads = board.total >= FEW_ANSWERS and board.leading_share >= LEADING_SHARE
    leading = answer_form.in_words(board.answers[0][0])
    note = f"{board.leading_share:.0%} of {kind} are {leading}." if leads else ""
    shown = []
    for answer, count in board.answers:
        line = _line(Term("kind", board.kind or "none"), Term("answer", answer or "none"))
        shown.append(facet_bars.Bar(answer_form.in_words(answer) or "none", count, line, line in str(entry_filter)))
    action = "Draft questions with other answers" if leads and board.kind in KINDS else ""
    return facet_bars.Group(title, shown, note, action)


def quality(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw how many entries fail each check."""
    st.caption("What often spoils a training set. A bar shows the entries that fail the check.")
    counts = page.services().dataset.check_counts(project_id, entry_filter.without("check"))
    chosen = entry_filter.values("check")
    shown = [
        facet_bars.Bar(check.label, counts[check.name], f"check:{check.name}", check.name in chosen) for check in CHECKS
    ]
    facet_bars.show([facet_bars.Group("Checks", shown)], key="quality", on_toggle=toggle)


def agreement(project_id: str, entry_filter: EntryFilter) -> None:
    """Draw how far two readers agree, and how the models do by the answers of people."""
    dataset = page.services().dataset
    found, models = dataset.agreement(project_id), dataset.model_accuracy(project_id)
    if not found.read:
        st.caption("Nothing was read by two people yet. Choose under Team on Curate how many images two are to see.")
    else:
        read, alike, alpha = st.columns(3)
        read.metric("Read by two", f"{found.read:,}", help=page.escape(", ".join(found.readers)))
        alike.metric("Decided alike", f"{found.alike / found.read:.0%}")
        alpha.metric(
            "Krippendorff's alpha", "none yet" if found.alpha is None else f"{found.alpha:.2f}",
            help="1 is full agreement, 0 what chance would give. None while everybody decided the same everywhere.",
        )  # fmt: skip
        differ = dataset.count_entries(project_id, entry_filter.without("check").with_term("check", "readers"))
        chosen = "readers" in entry_filter.values("check")
        bar = facet_bars.Bar("Two readers disagree", differ, "check:readers", chosen)
        facet_bars.show([facet_bars.Group("To settle", [bar])], key="readers", on_toggle=toggle)
    if models:
        st.markdown("**Models by the answers of people**")
        st.caption(
            "VQA accuracy: min(alike / 3, 1), averaged over all people but one. With fewer than four alike answers "
            "1 is out of reach; the last column says what is within."
        )
        st.dataframe(
            [
                {"Model": one.model, "Questions": one.questions, "Accuracy": one.accuracy, "Reachable": one.reachable}
                for one in models
            ],
            hide_index=True, key="accuracy",
            column_config={name: st.column_config.NumberColumn(format="%.2f") for name in ("Accuracy", "Reachable")},
        )  # fmt: skip


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
