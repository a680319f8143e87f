"""The form of a request: prompt, parameters, and the references in their order."""

import zlib
from dataclasses import replace

import streamlit as st

from core import StyleDatasets
from core.style.prompt import LABELS, WORDINGS
from core.style.requests import Reference, RequestPreview
from pages.components.shared import cards, media, page
from pages.components.shared.cards import Action, Card
from pages.components.shared.model_picker import ModelChoice
from pages.components.style import image_dialog, request_draft
from pages.components.style.request_draft import Draft

_SHAPES = {
    "1:1": "crop_square", "2:3": "crop_portrait", "3:2": "crop_3_2", "3:4": "crop_portrait", "4:3": "crop_7_5",
    "4:5": "crop_portrait", "5:4": "crop_5_4", "9:16": "crop_9_16", "16:9": "crop_16_9", "21:9": "crop_16_9",
}  # fmt: skip
_STRENGTHS = {"subtle": "Subtle", "balanced": "Balanced", "strong": "Strong"}


def fields(dataset: StyleDatasets, draft: Draft, ratios: tuple[str, ...], sizes: tuple[str, ...]) -> Draft:
    """Draw the fields of the request and return their values as a draft."""
    # A new epoch makes new widgets, so that "Vary" can prefill them.
    key = f"style-{{}}-{dataset.id}-{st.session_state.get('style-epoch', 0)}"
    batch = st.toggle("Batch: one prompt per line", draft.batch, key=key.format("batch"))
    if batch:
        _from_file(dataset, draft)
    prompt = st.text_area(
        "Prompts, one per line" if batch else "Prompt",
        draft.prompt,
        key=key.format("prompt"),
        placeholder="A teapot on a wooden table, morning" + ("\nA boat at the pier, fog" if batch else ""),
        height=150 if batch else 90,
    )
    ratio = st.pills(
        "Aspect ratio", ratios, format_func=_shape, key=key.format("ratio"), required=True,
        default=draft.aspect_ratio if draft.aspect_ratio in ratios else "1:1", wrap=True,
    )  # fmt: skip
    wording = st.segmented_control(
        "Weight of the references", list(WORDINGS), format_func=lambda wording: _STRENGTHS[wording],
        default=draft.wording,
        key=key.format("wording"), required=True,
        help="Changes the wording of the prompt: providers have no setting for the strength of a style.",
    )  # fmt: skip
    left, right = st.columns(2)
    style = left.text_input("Style keyword", draft.style, key=key.format("keyword"), placeholder="watercolor")
    variants = right.number_input("Variants", 1, 20, draft.variants, key=key.format("variants"))
    size = draft.size if draft.size in sizes else None
    if len(sizes) > 1:
        size = st.segmented_control("Size", sizes, default=size or sizes[0], key=key.format("size"), required=True)
    cap = draft.cost_cap
    if batch or variants > 1:
        cap = st.number_input(
            "Cost cap, in US dollars", 0.0, None, draft.cost_cap, 0.5, key=key.format("cap"), placeholder="No cap"
        )
    return replace(
        draft, cost_cap=cap or None, prompt=prompt, batch=batch, aspect_ratio=ratio or "1:1",
        wording=wording or "balanced", style=style, variants=int(variants), size=size,
    )  # fmt: skip


def _from_file(dataset: StyleDatasets, draft: Draft) -> None:
    """Read prompts from a CSV (the column "prompt", else the first) or a text file with one per line."""
    file = st.file_uploader("Prompts from a file", ["csv", "txt"], key=f"style-prompts-{dataset.id}", max_upload_size=1)
    if file is None or not st.button("Use these prompts", key="style-prompts-use"):
        return
    prompts = request_draft.prompts_from(
        file.getvalue().decode("utf-8-sig", "replace"), is_csv=file.name.endswith("csv")
    )
    st.session_state["style-epoch"] = int(st.session_state.get("style-epoch", 0)) + 1
    _save(dataset, replace(draft, batch=True, prompt="\n".join(prompts)))


def _shape(ratio: str) -> str:
    return f":material/{_SHAPES.get(ratio, 'crop_free')}: {ratio}"


def references(dataset: StyleDatasets, draft: Draft, preview: RequestPreview, choice: ModelChoice) -> None:
    """Draw the references in the order in which they are sent, each with its reason and actions."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input(
            "References", 0, 64, draft.count, key=f"style-count-{dataset.id}-{draft.count}", width=130,
            help=f"This model takes up to {preview.max_references}. One is enough for style, "
            "three to four for style and light.",
        )  # fmt: skip
        if (draft.pinned or draft.excluded) and st.button(
            "Reset choice", icon=":material/refresh:", key="style-reset-choice"
        ):
            _save(dataset, replace(draft, pinned=(), excluded=(), count=max(draft.count, 5)))
    if count != draft.count:
        _save(dataset, replace(draft, count=int(count)))
    act = cards.show(
        [_card(reference, len(preview.references)) for reference in preview.references],
        key=f"style-references-{dataset.id}",
        label="References in the order in which they are sent",
        min_width_px=120,
    )
    if draft.excluded:
        _switched_off(dataset, draft)
    if act:
        shown = [reference.id for reference in preview.references]
        if act.action == "swap":
            off = replace(draft, excluded=(*draft.excluded, act.id), pinned=tuple(i for i in shown if i != act.id))
            again = page.services().style_generation.preview(off.request(dataset.id), config=choice.config)
            _save(dataset, request_draft.swap(draft, act.id, shown, [reference.id for reference in again.references]))
        _save(dataset, request_draft.apply_action(draft, act.action, act.id, shown))


def _switched_off(dataset: StyleDatasets, draft: Draft) -> None:
    """Draw the references that were switched off or swapped; a click sends one again."""
    found = page.services().style_datasets.get_images(draft.excluded)
    names = {entry.row.id: entry.name for entry in found}
    back = st.pills(
        "Switched off; click one to send it again", list(names), format_func=lambda id_: page.escape(names[id_]),
        key=f"style-off-{dataset.id}-{len(draft.excluded)}", wrap=True,
    )  # fmt: skip
    if back:
        _save(dataset, image_dialog.pinned(replace(draft, count=draft.count + 1), back))


def _card(reference: Reference, count: int) -> Card:
    image = reference.image
    pin = (
        Action("unpin", "Pin", pressed=True, help="Pinned; click to unpin")
        if reference.pinned
        else Action("pin", "Pin", help="Always send it")
    )
    moves = [Action("earlier", "←", help="Send it earlier")] if reference.number > 1 else []
    moves += [Action("later", "→", help="Send it later")] if reference.number < count else []
    return Card(
        id=reference.id,
        url=media.image_url(image.id, image.sha256) if image else None,
        name=reference.name,
        number=reference.number,
        lines=(reference.reason,),
        actions=(
            pin,
            Action("swap", "Swap", help="Replace it with another image"),
            Action("off", "Off", help="Do not send it; send one reference less"),
            *moves,
        ),
    )


def _save(dataset: StyleDatasets, draft: Draft) -> None:
    page.services().style_datasets.save_draft(dataset.id, draft.to_dict())
    st.rerun()


def parts(dataset: StyleDatasets, draft: Draft, preview: RequestPreview) -> None:
    """Draw every part of the prompt as an editable field."""
    with st.expander("Edit the parts of the prompt", key="style-parts"):
        overrides = {}
        for part in preview.parts:
            if part.name == "prompt":
                continue
            text = st.text_area(
                LABELS[part.name],
                part.text,
                key=f"style-part-{part.name}-{dataset.id}-{zlib.crc32(part.text.encode())}",
                height=68,
            )
            if text.strip() != part.text or part.edited:
                overrides[part.name] = text
        emptied = {name: text for name, text in draft.overrides.items() if not text.strip()}
        if draft.overrides and st.button("Reset the parts", key="style-parts-reset", icon=":material/undo:"):
            _save(dataset, replace(draft, overrides={}))
        if (merged := emptied | overrides) != draft.overrides:
            _save(dataset, replace(draft, overrides=merged))
