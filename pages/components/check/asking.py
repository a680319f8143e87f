"""Starting a check that asks models: which model, how many entries, what it costs; then it runs."""

from typing import Any, Literal

import streamlit as st

from core.checks.asking.base import DEFAULT_SAMPLE
from core.checks.asking.estimate import AskingEstimate
from core.checks.service import CheckReport
from core.llm import session_keys
from pages.components.check import running
from pages.components.shared import model_picker, numbers, page
from pages.components.shared.model_picker import ModelChoice
from pages.components.shared.numbers import pluralize

_ALL: Literal["all"] = "all"
_SAMPLES: tuple[int | Literal["all"], ...] = (50, DEFAULT_SAMPLE, 1_000, _ALL)


def button(project_id: str, check: str, query: str, *, is_first: bool, several: bool = False, **options: Any) -> None:
    """Draw the button that opens the choice of a model.

    Args:
        several: offer further models, each of which is asked.
        options: of the check, beside those of the sample.
    """
    label = "Ask models" if several else "Ask a model"
    if st.button(label if is_first else f"{label} again", icon=":material/forum:", key=f"run-{check}"):
        _dialog(project_id, check, query, several, options)


@st.dialog("Ask a model about entries", width="large")
def _dialog(project_id: str, check: str, query: str, several: bool, options: dict[str, Any]) -> None:
    with page.show_errors():
        choice = model_picker.show(f"ask-{check}")
        choices = [choice, *(model_picker.show_more(f"ask-{check}", choice) if several else [])]
        sample = st.segmented_control(
            "Entries", _SAMPLES, format_func=lambda size: "All" if size == _ALL else numbers.text(size),
            default=DEFAULT_SAMPLE, required=True, key=f"ask-{check}-sample",
            help="Drawn at random. 200 tell a share within 7 points, 1,000 within 3.",
        )  # fmt: skip
        options = {**options, "sample": sample}
        refused = any(one.refused for one in choices)
        if refused:
            return
        models = [one.config for one in choices]
        found = page.services().checks.estimate(project_id, check, query, models=models, **options)
        _show(found)
        cap = st.number_input(
            "Cost cap, in US dollars", min_value=0.01, value=None, placeholder="No cap", width=170,
            key=f"ask-{check}-cap",
        )  # fmt: skip
        label = f"Ask about {pluralize(found.entries, 'entry')}"
        if st.button(label, type="primary", icon=":material/play_arrow:", key=f"ask-{check}-start"):
            _start(project_id, check, query, choices, options, cap)


def _show(found: AskingEstimate) -> None:
    calls = pluralize(found.calls, "call")
    if found.cost_high is None or found.cost_low is None:
        tokens = f"{numbers.text(found.tokens_low)} to {numbers.text(found.tokens_high)} tokens"
        st.text(f"{calls} with {tokens}, price unknown.")
    elif found.cost_high == 0:
        st.text(f"{calls}, no cost.")
    else:
        st.text(f"{calls}, about {numbers.dollars(found.cost_low)} to {numbers.dollars(found.cost_high)}.")
    if found.left_out:
        st.caption(f"{pluralize(found.left_out, 'entry')} with long answers or boxes cannot be compared.")
    if found.compared:
        st.caption(f"With {pluralize(found.compared, 'reviewed entry')}, to compare the model with people.")


def _start(
    project_id: str, check: str, query: str, choices: list[ModelChoice], options: dict[str, Any], cap: float | None
) -> None:
    config = {"check": check, "query": query, "models": [one.config for one in choices], "options": options}
    services = page.services()
    task = services.tasks.create_task(project_id, services.checks.task_type(check), config, cost_cap=cap)
    for place, one in enumerate(choices):
        if one.api_key:
            session_keys.register(task.id, one.api_key, place)
    services.engine.submit(task.id)
    running.follow(project_id, check, task.id)


def of_what(report: CheckReport) -> str:
    """Return whom the run asked about how many entries, and what it cost."""
    asked = report.result["asked"]
    models, compared = list(dict.fromkeys(asked["models"])), asked.get("compared", 0)
    sampled, of = asked["drawn"] - compared, pluralize(asked["of"], "entry")
    whole = (
        f"all {of}"
        if sampled >= asked["of"]
        else f"{numbers.text(sampled)} of {of}, drawn at random (seed {asked['seed']})"
    )
    parts = [f"{', '.join(models)} {'was' if len(models) == 1 else 'were'} asked about {whole}"]
    parts += [f"{pluralize(compared, 'reviewed entry')} beside them, to compare with people"] if compared else []
    parts += [f"{numbers.text(asked['no_answer'])} without an answer"] if asked["no_answer"] else []
    parts += [f"{numbers.text(asked['not_asked'])} not asked because of errors"] if asked["not_asked"] else []
    parts += (
        [f"{numbers.text(asked['left_out'])} left out because they cannot be compared"] if asked["left_out"] else []
    )
    parts += [numbers.dollars(asked["cost"])] if asked["cost"] else []
    return "; ".join(parts) + ". " + running.of_when(report)
