"""Analyzing images: which of them, by which analyzers, what these lack, and what a vision model costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import VitrineError
from core.llm import session_keys
from core.vision.analyzers import analyzers
from core.vision.analyzers.base import Analyzer, Tools
from core.vision.estimate import ASK_MODEL, estimate
from core.vision.store import AnalyzedCount
from core.vision.task import DEFAULT
from pages.components.shared import model_picker, numbers, page
from pages.components.shared.model_picker import ModelChoice
from pages.components.shared.numbers import pluralize

BUILT_IN_HELP = "It measures pixels and cannot say what is in an image. Choose another model."


@dataclass(frozen=True)
class _Plan:
    """What the form asks for."""

    image_ids: list[str] | None
    """None: every image of the project."""
    names: list[str]
    to_analyze: int
    """Images, counted once for each analyzer."""
    fresh: bool


def ask(project_id: str, *, selected: Sequence[str] = (), filtered: Sequence[str] | None = None) -> None:
    """Open the dialog.

    Args:
        selected: ids of the images that are selected; with any they are the first choice.
        filtered: ids of the images that match the filters of the page; None when it has none.
    """
    _dialog(project_id, list(selected), None if filtered is None else list(filtered))


@st.dialog("Analyze images", width="large")
def _dialog(project_id: str, selected: list[str], filtered: list[str] | None) -> None:
    with page.show_errors():
        st.caption("Results are stored with the image. A result of the present version is not made again.")
        image_ids = _images(project_id, selected, filtered)
        choice = _model()
        try:
            tools = page.services().analysis.tools({"llm_config": choice.config} if choice else {})
        except VitrineError as error:
            st.error(page.escape(str(error)), icon=":material/error:")
            return
        fresh = st.toggle("Analyze again what has a current result", key="analyze-fresh")
        plan = _analyzers(project_id, image_ids, tools, fresh=fresh)
        _start(project_id, plan, choice, tools)


def _images(project_id: str, selected: list[str], filtered: list[str] | None) -> list[str] | None:
    """Draw the choice of images and return their ids; None for all."""
    total = page.services().projects.counts(project_id).images
    scopes: dict[str, tuple[str, list[str] | None]] = {}
    if selected:
        scopes["selected"] = f"{numbers.text(len(selected))} selected", selected
    if filtered is not None:
        scopes["filtered"] = f"{numbers.text(len(filtered))} filtered", filtered
    scopes["all"] = f"All {numbers.text(total)}", None
    chosen = st.segmented_control(
        "Images", list(scopes), format_func=lambda name: scopes[name][0], default=next(iter(scopes)), required=True,
        key="analyze-images",
    )  # fmt: skip
    return scopes[str(chosen)][1]


def _model() -> ModelChoice | None:
    uses = " and ".join([", ".join(analyzers()[name].label.lower() for name in ASK_MODEL[:-1]), ASK_MODEL[-1]])
    if not st.toggle(
        "Ask a vision model", key="analyze-ask-model",
        help=f"It finds {uses}. Without it nothing leaves this machine, and local models are used.",
    ):  # fmt: skip
        return None
    choice = model_picker.show("analyze", built_in=BUILT_IN_HELP)
    return None if str(choice.config["model"]).startswith("offline/") else choice


def _analyzers(project_id: str, image_ids: list[str] | None, tools: Tools, *, fresh: bool) -> _Plan:
    """Draw a switch for each analyzer, with what it lacks, and how many images it has not seen."""
    names, to_analyze = [], 0
    for one in analyzers().values():
        missing = one.missing(tools)
        with st.container(border=True, key=f"analyze-{one.name}-row"):
            with st.container(horizontal=True, vertical_alignment="center"):
                is_on = st.toggle(
                    one.label, one.name in DEFAULT and not missing, key=f"analyze-{one.name}", help=one.help,
                    disabled=missing is not None, width="stretch",
                )  # fmt: skip
                if missing is None:
                    counts = _counts(project_id, image_ids, one, tools)
                    st.caption(_describe(counts), width="content")
            st.caption(page.escape(missing) if missing else f"By {page.escape(_made_by(one, tools))}")
        if is_on and missing is None:
            names.append(one.name)
            to_analyze += counts.missing + counts.stale + (counts.current if fresh else 0)
    return _Plan(image_ids, names, to_analyze, fresh)


def _counts(project_id: str, image_ids: list[str] | None, one: Analyzer, tools: Tools) -> AnalyzedCount:
    store, version = page.services().analysis.store, one.version(tools)
    if image_ids is None:
        return store.count(project_id, one.name, version)
    return store.count_of(project_id, one.name, version, image_ids)


def _describe(counts: AnalyzedCount) -> str:
    parts = [f"{numbers.text(counts.missing)} without a result"] if counts.missing else []
    parts += [f"{numbers.text(counts.stale)} with a result of another version"] if counts.stale else []
    return ", ".join(parts) or f"all {numbers.text(counts.current)} are up to date"


def _made_by(one: Analyzer, tools: Tools) -> str:
    """Return the program or the model without the number of its revision."""
    return one.version(tools).rpartition(" / ")[0] or one.version(tools)


def _start(project_id: str, plan: _Plan, choice: ModelChoice | None, tools: Tools) -> None:
    cap = None
    if choice is not None:
        cap = _price(project_id, plan, choice, tools)
    if plan.names and not plan.to_analyze:
        st.caption("Nothing is missing: every one of these images has a current result.")
    label = f"Analyze {pluralize(_images_to_analyze(project_id, plan), 'image')}"
    refused = choice is not None and choice.refused
    if not st.button(
        label, type="primary", icon=":material/image_search:", key="analyze-start",
        disabled=not plan.names or not plan.to_analyze or refused,
    ):  # fmt: skip
        return
    config = {"analyzers": plan.names, "fresh": plan.fresh}
    if plan.image_ids is not None:
        config["image_ids"] = plan.image_ids
    if choice is not None:
        config["llm_config"] = choice.config
    task = page.services().tasks.create_task(project_id, "image-analysis", config, cost_cap=cap)
    if choice is not None and choice.api_key:
        session_keys.register(task.id, choice.api_key, 0)
    page.services().engine.submit(task.id)
    page.go("tasks", task=task.id)


def _images_to_analyze(project_id: str, plan: _Plan) -> int:
    total = page.services().projects.counts(project_id).images if plan.image_ids is None else len(plan.image_ids)
    return min(total, plan.to_analyze)


def _price(project_id: str, plan: _Plan, choice: ModelChoice, tools: Tools) -> float | None:
    """Draw what the model costs, and the field for a cap; return the cap."""
    calls = {}
    for name in set(plan.names).intersection(ASK_MODEL):
        counts = _counts(project_id, plan.image_ids, analyzers()[name], tools)
        calls[name] = counts.missing + counts.stale + (counts.current if plan.fresh else 0)
    side_px = choice.config.get("max_side_px") or tools.settings.model_side_px
    found = estimate(page.services().llm, str(choice.config["model"]), side_px, calls)
    asked = pluralize(sum(calls.values()), "call")
    if found is None:
        st.text(f"{asked}, price unknown.")
    elif found.high == 0:
        st.text(f"{asked}, no cost.")
    else:
        st.text(f"{asked}, about {numbers.dollars(found.low)} to {numbers.dollars(found.high)}.")
    return st.number_input(
        "Cost cap, in US dollars", min_value=0.01, value=None, placeholder="No cap", width=170, key="analyze-cap"
    )
