"""The card that compares models: how well each answers, and whether one is better than another."""

from typing import Any

import pandas as pd
import streamlit as st

from core.checks.arena.comparing import Standing
from core.dataset import parse_search
from core.dataset.filters import Term
from core.errors import InvalidInputError
from pages.components.check import asking, card, running
from pages.components.shared import moment, numbers, page
from pages.components.shared.numbers import pluralize

_GROUPS = {"kind": "Kind", "language": "Language", "answer_type": "Type of answer", "measure": "Scored by"}
_MEASURES = {
    "vqa": "VQA accuracy", "anls": "similar text (ANLS)", "exact": "the same words", "number": "the same number",
    "labels": "labels (F1)", "json": "values of the document", "iou": "boxes that overlap",
}  # fmt: skip
_SURE = 0.05


def show(project_id: str, query: str) -> None:
    """Draw the card; *query* is the search line of the entries that the next model is asked about."""
    st.subheader("Which model is better", anchor=False)
    standing = page.services().checks.arena_models(project_id)
    if standing:
        _models(standing)
        if len(standing) > 1:
            _two(project_id, [one.model for one in standing])
    else:
        card.not_run(
            "Which model answers these questions best? Models answer them, and their answers are scored against "
            "those of the dataset. A model that was trained on an export takes part by its address.",
            "offline/see and offline/measure cost nothing. The cost of others is shown before they are asked.",
        )
    if not running.show(project_id, "arena"):
        asking.button(project_id, "arena", _confirmed(query), is_first=not standing)
    if standing:
        with st.expander("How it is computed"):
            _method()


def _confirmed(query: str) -> str:
    """Return the line for confirmed entries, unless it selects by decision."""
    found = parse_search(query)
    return query if any(term.field == "is" for term in found.terms) else str(found.with_term("is", "confirmed"))


def _models(standing: list[Standing]) -> None:
    best, is_same = standing[0], len(set(map(_of_when, standing))) == 1
    low, high = best.result["interval"]
    st.metric(
        f"Score of {page.escape(best.model)}", f"{_points(best.result['score'])} of 100",
        f"between {_points(low)} and {_points(high)}, {pluralize(best.result['questions'], 'question')}",
        delta_color="off", delta_arrow="off",
        help=f"The interval holds the score of all such questions with {numbers.percent(0.95)} confidence.",
    )  # fmt: skip
    rows = [
        {
            "Model": one.model,
            "Score": one.result["score"] * 100,
            "Between": " and ".join(str(_points(end)) for end in one.result["interval"]),
            "Right": f"{numbers.text(one.result['right'])} of {numbers.text(one.result['questions'])}",
            **({} if is_same else {"Of": _of_when(one)}),
        }
        for one in standing
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="arena-models",
        column_config={
            "Model": st.column_config.TextColumn(width="medium"),
            "Score": st.column_config.ProgressColumn(format="%.0f", min_value=0, max_value=100, width="small"),
            **numbers.words("Between", "Right"),
        },
    )  # fmt: skip
    if is_same:
        st.caption(page.escape(f"Of {_of_when(best)}."))
    for one in standing:
        for sentence in _caveats(one.result["questions"], one.result["own_answers"], one.in_train, one.model):
            st.caption(page.escape(sentence))


def _of_when(one: Standing) -> str:
    return f"{moment.day(one.ended_at)}, " + (f"entries of {one.query}" if one.query else "all entries")


def _two(project_id: str, models: list[str]) -> None:
    with st.container(horizontal=True):
        first = st.selectbox("Compare", models, key="arena-a")
        second = st.selectbox("with", [name for name in models if name != first], key="arena-b")
    try:
        found = page.services().checks.compare_models(project_id, first, second)
    except InvalidInputError as error:
        st.caption(page.escape(str(error)))
        return
    st.markdown(_sentence(found))
    with st.container(horizontal=True):
        for better, worse, count in ((first, second, found["a_better"]), (second, first, found["b_better"])):
            if count:
                label = f"Where {page.escape(better)} is better ({numbers.text(count)})"
                page.link("explore", label, icon="search", q=str(Term("arena", f"{better}>{worse}")))
    if found["not_confirmed"]:
        st.caption(f"{pluralize(found['not_confirmed'], 'entry')} not confirmed by a person.")
    with st.expander("By kind, language and type of answer"):
        for name, label in _GROUPS.items():
            _group(name, label, found)


def _sentence(found: dict[str, Any]) -> str:
    a, b = page.escape(found["a"]), page.escape(found["b"])
    points, (low, high) = found["difference"] * 100, found["interval"]
    of = f"of the {pluralize(found['questions'], 'question')} that both answered"
    if found["p"] > _SURE:
        return (
            f"No difference is proven between **{a}** and **{b}** ({points:+.0f} points, "
            f"p = {numbers.text(found['p'], 2)}), {of}."
        )
    better, worse = (a, b) if points > 0 else (b, a)
    ends = sorted((abs(low), abs(high)))
    return (
        f"**{better}** is better than **{worse}** by {abs(points):.0f} points, between {ends[0] * 100:.0f} and "
        f"{ends[1] * 100:.0f} ({_chance(found['p'])}), {of}."
    )


def _chance(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {numbers.text(p, 3)}"


def _caveats(questions: int, own: int, in_train: int, model: str) -> list[str]:
    sentences = []
    if own:
        sentences.append(
            f"{numbers.text(own)} of {numbers.text(questions)} questions of {model} are scored against answers that "
            "the same model gave: it is compared with itself there."
        )
    if in_train:
        sentences.append(
            f"{pluralize(in_train, 'entry')} that {model} was asked about {'is' if in_train == 1 else 'are'} in the "
            "train split of the newest export: a model that was trained on it has seen the answers."
        )
    return sentences


def _group(name: str, label: str, found: dict[str, Any]) -> None:
    rows = [
        {
            label: _MEASURES.get(part["value"], part["value"]) if name == "measure" else part["value"] or "none",
            "Questions": part["questions"],
            "a": part["score_a"] * 100,
            "b": part["score_b"] * 100,
            "p": part["p"],
        }
        for part in found["groups"][name]
    ]
    a, b = (
        st.column_config.NumberColumn(_short(found[side]), format="%.0f", help=page.escape(found[side]))
        for side in ("a", "b")
    )
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=f"arena-{name}",
        column_config=numbers.counts("Questions")
        | {"a": a, "b": b, "p": st.column_config.NumberColumn(format="%.3f")},
    )  # fmt: skip


def _short(model: str) -> str:
    """Return the name of a model without its provider and address, for the head of a narrow column."""
    return model.partition("@")[0].rpartition("/")[2]


def _method() -> None:
    st.markdown(
        "Each model gets image and question, and its answer is scored by the type of the stored one: *VQA accuracy* "
        "where four or more people answered, *ANLS* for questions about text in the image, numbers within half of "
        "their last decimal, *F1* of labels, the share of equal values of a JSON document, boxes that overlap by half, "
        "and otherwise the same words. Long descriptions are left out. Intervals draw images at random, with all of "
        "their questions. Two models are compared on the questions that both answered, by a paired permutation test: "
        "p is the chance of such a difference between models that are equally good. Among many groups, some have a "
        "small p by chance."
    )


def _points(share: float) -> int:
    return round(share * 100)
