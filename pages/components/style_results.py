"""Generated images: as they arrive, in the history, and one by one with their recipe."""

from typing import Any

import streamlit as st

from core import Projects, StyleDatasets, app
from core.llm import session_keys
from core.style.results import Result, ResultFilter
from pages.components import cards, media, page, style_check
from pages.components.cards import Act, Action, Bar, Card

_PAGE = 24
_KEPT = {"all": "All", "kept": "Kept", "open": "Not kept", "discarded": "Discarded"}
_WORDS = {"fits": "Fits the references", "a little off": "A little off the references", "off": "Off the references"}
_DIMENSIONS = {"chroma": "color strength", "edge": "edges", "bands": "detail", "overall": "mood"}


def of_task(project: Projects, dataset: StyleDatasets | None, task_id: str) -> None:
    """Draw what the task has made so far, the best match first."""
    found = page.services().style.history(project.id, ResultFilter(task_id=task_id), limit=100).items
    if not found:
        return
    st.subheader("Results", anchor=False)
    st.caption("The closest match first. The thin line in a bar is how far the references are from each other.")
    ordered = sorted(found, key=lambda result: result.generated.match.get("score", 99.0))
    _act(
        cards.show(_cards(ordered, dataset), key=f"style-results-{task_id}", label="Results", min_width_px=230), dataset
    )


def history(project: Projects, dataset: StyleDatasets | None) -> None:
    """Draw the results of the project with filters."""
    style = page.services().style
    if (
        not style.history(project.id, limit=1).items
        and not style.history(project.id, ResultFilter(discarded=True), limit=1).items
    ):
        return
    st.subheader("History", anchor=False)
    wanted, by_match = _filters(project)
    limit = int(st.session_state.get("style-history-limit", _PAGE))
    found = style.history(project.id, wanted, limit=limit)
    items = found.items
    if by_match:
        items = sorted(items, key=lambda result: result.generated.match.get("score", 99.0))
    st.caption(f"{found.total:,} images" if found.total != 1 else "1 image")
    act = cards.show(_cards(items, dataset), key="style-history", label="History", min_width_px=190)
    if found.next_cursor and st.button("Show more", key="style-history-more"):
        st.session_state["style-history-limit"] = limit + _PAGE
        st.rerun()
    _act(act, dataset)


def _filters(project: Projects) -> tuple[ResultFilter, bool]:
    styles = {one.id: one.name for one in page.services().style.list_style_datasets(project.id)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Prompt contains", key="style-find", type="search", width=220)
        state = st.selectbox("State", list(_KEPT), format_func=lambda state: _KEPT[state], key="style-state", width=140)
        dataset_id = st.selectbox(
            "Style", list(styles), index=None, format_func=lambda id_: styles[id_], placeholder="All",
            key="style-of", width=220,
        )  # fmt: skip
        by_match = st.toggle("Best match first", key="style-by-match")
    kept = {"kept": True, "open": False}.get(state or "all")
    return ResultFilter(dataset_id=dataset_id, kept=kept, text=text or "", discarded=state == "discarded"), by_match


def _cards(results: list[Result], dataset: StyleDatasets | None) -> list[Card]:
    return [card_of(result, can_refer=dataset is not None) for result in results]


def card_of(result: Result, *, can_refer: bool) -> Card:
    """Return a result as a card."""
    row, image, match = result.generated, result.image, result.generated.match
    return Card(
        id=row.id,
        url=media.image_url(image.id, image.sha256, "view") if image else None,
        name=row.prompt,
        aspect=image.width / image.height if image and image.width and image.height else 1.0,
        title=_WORDS.get(match.get("word", ""), row.prompt),
        lines=_lines(result),
        swatches=tuple((color["hex"], color["name"]) for color in match.get("palette", [])),
        bars=tuple(
            Bar(_DIMENSIONS.get(one["dimension"], one["dimension"]), one["word"], one["ratio"])
            for one in match.get("dimensions", [])
        ),
        alarm=_alarm(match.get("copy")),
        actions=_actions(result, can_refer),
    )


def _lines(result: Result) -> tuple[str, ...]:
    row = result.generated
    cost = "cost unknown" if row.cost is None else "no cost" if row.cost == 0 else f"${row.cost:,.3f}"
    lines = [row.prompt, f"{row.model}, {row.resolution}, {cost}, {row.recipe.get('duration_s', 0):.0f} s"]
    if (percentile := row.match.get("percentile")) is not None:
        lines.append(f"Closer than {percentile} % of the style dataset's own images")
    failed = row.recipe.get("failed_references", [])
    if failed:
        sent = row.reference_images_count
        lines.append(f"{len(failed)} references failed, {sent} were sent" if sent else "No reference could be sent")
    return tuple(lines)


def _alarm(copy: dict[str, Any] | None) -> str:
    if not copy:
        return ""
    return (
        "Looks like a mirrored copy of an image of the set"
        if copy["mirrored"]
        else "Looks like a copy of an image of the set"
    )


def _actions(result: Result, can_refer: bool) -> tuple[Action, ...]:
    row = result.generated
    if row.deleted_at is not None:
        return (Action("restore", "Bring back"), Action("recipe", "Recipe"))
    keep = (
        Action("put-back", "Kept", pressed=True, help="Take it out of the project again")
        if row.kept
        else Action("keep", "Keep", help="Put it into the project as an image")
    )
    refer = (Action("refer", "Use as reference"),) if can_refer else ()
    return (
        keep,
        Action("discard", "Discard"),
        Action("again", "Run again", help="Send the same request once more"),
        Action("vary", "Vary", help="Open its request to change it"),
        *refer,
        Action("up", "Good", pressed=row.rating == 1, help="Matches the style, to your eyes"),
        Action("down", "Bad", pressed=row.rating == -1, help="Does not match the style, to your eyes"),
        Action("ask", "Ask", help="Keep it only if a vision model sees in it what was planned"),
        Action("recipe", "Recipe"),
    )


def _act(act: Act | None, dataset: StyleDatasets | None) -> None:
    """Do what was asked on a card, and draw the page anew."""
    if act is None:
        return
    style = page.services().style
    if act.action in ("recipe", "ask"):
        (recipe if act.action == "recipe" else style_check.show)(act.id)
        return
    row = style.result(act.id).generated
    match act.action:
        case "keep":
            style.keep(act.id)
        case "put-back":
            style.put_back(act.id)
        case "discard":
            style.discard(act.id)
            st.session_state["style-discarded"] = act.id
        case "restore":
            style.restore(act.id)
        case "refer" if dataset is not None:
            style.use_as_reference(act.id, dataset.id)
        case "up" | "down":
            wanted = 1 if act.action == "up" else -1
            style.rate(act.id, 0 if row.rating == wanted else wanted)
        case "vary":
            vary(act.id)
        case "again":
            again(act.id)
    st.rerun()


def vary(generated_id: str) -> None:
    """Make the request of a result the draft of its style dataset again."""
    style = page.services().style
    result = style.result(generated_id)
    dataset_id = result.generated.dataset_id
    if dataset_id is None:
        return
    style.save_draft(dataset_id, varied(result, style.get_style_dataset(dataset_id).draft))
    st.query_params["style"] = dataset_id
    st.session_state["style-epoch"] = int(st.session_state.get("style-epoch", 0)) + 1


def again(generated_id: str) -> None:
    """Send the request of a result once more, with the same references in the same order."""
    row = page.services().style.result(generated_id).generated
    pinned = [used["id"] for used in row.recipe["references"]]
    request = row.recipe["request"] | {"pinned": pinned, "parent_id": row.id}
    config = {"request": request, "prompts": [row.prompt], "variants": 1, "llm_config": row.recipe["model"]}
    task = page.services().tasks.create_task(row.project_id, "style-generation", config)
    provider = page.services().llm.model_info(row.recipe["model"]["model"]).provider
    if key := st.session_state.get(f"session-key-{provider}"):
        session_keys.lend(task.id, key)
    app.engine().submit(task.id)
    st.query_params["task"] = task.id


def varied(result: Result, draft: dict[str, Any]) -> dict[str, Any]:
    """Return *draft* with the request of *result* in it, its references pinned in their order."""
    row, request = result.generated, result.generated.recipe["request"]
    return draft | {
        "prompt": row.prompt, "style": row.style or "", "aspect_ratio": row.aspect_ratio, "size": request["size"],
        "count": request["reference_image_count"], "wording": request["wording"], "overrides": request["overrides"],
        "pinned": [used["id"] for used in row.recipe["references"]], "excluded": request["excluded"],
        "batch": False, "parent_id": row.id,
    }  # fmt: skip


@st.dialog("Recipe", width="large")
def recipe(generated_id: str) -> None:
    """Show everything that made a result."""
    import json

    result = page.services().style.result(generated_id)
    row, made = result.generated, result.generated.recipe
    st.code(row.full_prompt, language=None, wrap_lines=True)
    dataset = made.get("dataset")
    facts = [
        f"Model {row.model}",
        f"aspect ratio {row.aspect_ratio}",
        f"finished with {made.get('finish_reason') or 'stop'}",
    ]
    facts += [f"style dataset {dataset['name']}, version {dataset['version']}"] if dataset else []
    st.text(", ".join(facts))
    for used in made.get("references", []):
        st.text(f"{used['number']}. {used['image_name']}: {used['reason']}")
    for failed in made.get("failed_references", []):
        st.text(f"{failed['number']}. {failed['name']}, not sent: {failed['why']}")
    if row.caption:
        st.text(f"The model wrote: {row.caption}")
    st.download_button(
        "Download the recipe",
        json.dumps(made, indent=2, ensure_ascii=False),
        f"recipe-{row.id}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
        key="style-recipe-download",
    )


def offer_undo() -> None:
    """Offer to bring back what was discarded last."""
    discarded = st.session_state.get("style-discarded")
    if discarded is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Discarded.", width="content")
        if st.button("Undo", key="style-undo-discard", icon=":material/undo:"):
            page.services().style.restore(discarded)
            del st.session_state["style-discarded"]
            st.rerun()
