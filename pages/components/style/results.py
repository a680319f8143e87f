"""Generated images: the results of a task beside their references, and the history."""

from typing import Any

import streamlit as st

from core import Projects, StyleDatasets
from core.llm import session_keys
from core.style.results import Result, ResultFilter
from core.tasks.service import ACTIVE
from pages.components.shared import cards, model_picker, numbers, page
from pages.components.shared.cards import Act
from pages.components.shared.numbers import pluralize
from pages.components.style import check_dialog, judge_dialog, recipe_dialog, result_cards

_PAGE_SIZE = 24
_MAX_OF_A_TASK = 100
_STATES = {"all": "All", "kept": "Kept", "open": "Not kept", "good": "Good", "bad": "Bad", "discarded": "Discarded"}
_DIALOGS = {"recipe": recipe_dialog.show, "ask": check_dialog.show, "judge": judge_dialog.show}


def of_task(project: Projects, dataset: StyleDatasets | None, task_id: str) -> None:
    """Draw the results of the task so far: in order of arrival while it runs, then the best match first."""
    found = page.services().style_results.history(project.id, ResultFilter(task_id=task_id), limit=_MAX_OF_A_TASK)
    if not found.items:
        return
    st.header("Results", anchor=False)
    running = page.services().tasks.get_task(task_id).status in ACTIVE
    by_match = st.toggle("Best match first", True, key="style-results-by-match", disabled=running)
    items = _by_match(found.items) if by_match and not running else found.items[::-1]
    if found.total > len(items):
        st.caption(
            f"The latest {numbers.text(len(items))} of {numbers.text(found.total)}; the history has all of them."
        )
    _side_by_side(items, dataset, key=f"style-results-{task_id}")


def opened(project: Projects, dataset: StyleDatasets | None) -> None:
    """Draw the full card of the result that was opened in the history."""
    wanted = st.query_params.get("result")
    found = page.services().style_results.get_result(wanted) if wanted else None
    if found is None or found.generated.project_id != project.id:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Selected result", anchor=False, width="content")
        if st.button("Close", icon=":material/close:", key="style-close"):
            st.query_params.pop("result", None)
            st.rerun()
    _side_by_side([found], dataset, key=f"style-opened-{found.id}")


def _side_by_side(items: list[Result], dataset: StyleDatasets | None, *, key: str) -> None:
    """Draw the references and, below them, the results, each with its palette."""
    references = page.services().style_results.references_used(items[0].id)
    if references:
        st.caption("References, as they were sent")
        cards.show(
            [result_cards.reference(used) for used in references], key=f"{key}-references",
            label="References of these results", min_width_px=110,
        )  # fmt: skip
    st.caption("Generated images. The thin line in each bar marks how much the references differ from each other.")
    made = [result_cards.result(result, can_refer=dataset is not None) for result in items]
    _act(cards.show(made, key=key, label="Results", min_width_px=250), dataset)


def history(project: Projects, dataset: StyleDatasets | None) -> None:
    """Draw the history of the project, with filters."""
    services = page.services()
    if (
        not services.style_results.history(project.id, limit=1).items
        and not services.style_results.history(project.id, ResultFilter(discarded=True), limit=1).items
    ):
        return
    st.header("History", anchor=False)
    wanted, by_match = _filters(project)
    limit = int(st.session_state.get("style-history-limit", _PAGE_SIZE))
    found = services.style_results.history(project.id, wanted, limit=limit)
    items = _by_match(found.items) if by_match else found.items
    st.caption(pluralize(found.total, "image"))
    chosen = st.query_params.get("result")
    shown = [result_cards.brief(result, is_open=result.id == chosen) for result in items]
    act = cards.show(shown, key="style-history", label="History", min_width_px=170)
    if found.next_cursor and st.button("Show more", key="style-history-more"):
        st.session_state["style-history-limit"] = limit + _PAGE_SIZE
        st.rerun()
    _act(act, dataset)


def _filters(project: Projects) -> tuple[ResultFilter, bool]:
    services = page.services()
    styles = page.unique_labels(
        {style.id: style.name for style in services.style_datasets.list_style_datasets(project.id)}
    )
    models = services.style_results.models_used(project.id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Prompt contains", key="style-find", type="search", width=200)
        state = st.selectbox("State", list(_STATES), format_func=_STATES.__getitem__, key="style-state", width=130)
        dataset_id = st.selectbox(
            "Style", list(styles), index=None, format_func=lambda id_: styles[id_], placeholder="All",
            key="style-of", width=200,
        )  # fmt: skip
        model = None
        if len(models) > 1:
            model = st.selectbox("Model", models, index=None, placeholder="All", key="style-made-by", width=200)
        by_match = st.toggle("Best match first", key="style-by-match")
    wanted = ResultFilter(
        dataset_id=dataset_id, model=model, text=text or "", discarded=state == "discarded",
        kept={"kept": True, "open": False}.get(state or ""), rating={"good": 1, "bad": -1}.get(state or ""),
    )  # fmt: skip
    return wanted, by_match


def _by_match(found: list[Result]) -> list[Result]:
    return sorted(found, key=lambda result: result.generated.match.get("score", 99.0))


def _act(act: Act | None, dataset: StyleDatasets | None) -> None:
    """Run the action of a card, and run the page again."""
    if act is None:
        return
    if act.action in _DIALOGS:
        _DIALOGS[act.action](act.id)
        return
    services = page.services()
    row = services.style_results.get_result(act.id).generated
    match act.action:
        case "open":
            st.query_params["result"] = act.id
        case "close":
            st.query_params.pop("result", None)
        case "keep":
            services.style_results.keep(act.id)
            services.analyze_new_images(row.project_id)
        case "unkeep":
            services.style_results.unkeep(act.id)
        case "discard":
            services.style_results.discard(act.id)
            st.session_state["style-discarded"] = act.id
        case "restore":
            services.style_results.restore(act.id)
        case "refer" if dataset is not None:
            services.style_results.use_as_reference(act.id, dataset.id)
        case "up" | "down":
            wanted = 1 if act.action == "up" else -1
            services.style_results.rate(act.id, 0 if row.rating == wanted else wanted)
        case "vary":
            vary(act.id)
        case "again":
            again(act.id)
    st.rerun()


def vary(generated_id: str) -> None:
    """Copy the request of a result to the draft of its style dataset."""
    services = page.services()
    result = services.style_results.get_result(generated_id)
    dataset_id = result.generated.dataset_id
    if dataset_id is None:
        return
    services.style_datasets.save_draft(
        dataset_id, draft_from(result, services.style_datasets.get_style_dataset(dataset_id).draft)
    )
    st.query_params["style"] = dataset_id
    st.session_state["style-epoch"] = int(st.session_state.get("style-epoch", 0)) + 1


def again(generated_id: str) -> None:
    """Send the request of a result again, with the same references in the same order."""
    row = page.services().style_results.get_result(generated_id).generated
    pinned = [used["id"] for used in row.recipe["references"]]
    request = row.recipe["request"] | {"pinned": pinned, "parent_id": row.id}
    config = {"request": request, "prompts": [row.prompt], "variants": 1, "llm_config": row.recipe["model"]}
    task = page.services().tasks.create_task(row.project_id, "style-generation", config)
    provider = page.services().llm.model_info(row.recipe["model"]["model"]).provider
    if key := model_picker.typed_key(provider, row.recipe["model"].get("api_base")):
        session_keys.register(task.id, key)
    page.services().engine.submit(task.id)
    st.query_params["task"] = task.id


def draft_from(result: Result, draft: dict[str, Any]) -> dict[str, Any]:
    """Return *draft* with the request of *result*, its references pinned in their order."""
    row, request = result.generated, result.generated.recipe["request"]
    return draft | {
        "prompt": row.prompt, "style": row.style or "", "aspect_ratio": row.aspect_ratio, "size": request["size"],
        "count": request["reference_image_count"], "wording": request["wording"], "overrides": request["overrides"],
        "pinned": [used["id"] for used in row.recipe["references"]], "excluded": request["excluded"],
        "batch": False, "parent_id": row.id,
    }  # fmt: skip


def offer_undo() -> None:
    """Offer to undo the last discard of this session."""
    discarded = st.session_state.get("style-discarded")
    if discarded is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Result discarded.", width="content")
        if st.button("Undo", key="style-undo-discard", icon=":material/undo:"):
            page.services().style_results.restore(discarded)
            del st.session_state["style-discarded"]
            st.rerun()
