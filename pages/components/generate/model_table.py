"""The models beside each other for this recipe: what each sees, costs and takes, and whether its key is here."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.llm import OFFLINE_MODELS
from core.questions import GenerationEstimate, RequestPreview
from pages.components.generate.recipe_form import Recipe
from pages.components.shared import model_picker, numbers, page

_KEY = "generate-models"
_IMAGES = 1_000
_SEES = {True: "yes", False: "no", None: "unknown"}


@dataclass(frozen=True)
class _Row:
    option: str
    is_favorite: bool
    sees: str
    low: float | None
    high: float | None
    seconds: float | None
    key: str

    @property
    def order(self) -> tuple[bool, bool, float]:
        """Favorites first, then what can be used at once, then by price."""
        return not self.is_favorite, self.key == "missing", self.high if self.high is not None else float("inf")


def show(recipe: Recipe, preview: RequestPreview) -> None:
    """Draw the table, once it is opened; a click on a row chooses its model."""
    with st.expander("Compare models", key="generate-compare", on_change="rerun") as table:
        if not table.open:
            return
        rows = sorted((_row(option, recipe, preview) for option in model_picker.options()), key=lambda row: row.order)
        options = [row.option for row in rows]
        st.dataframe(
            [_cells(row) for row in rows], hide_index=True, key=_KEY, selection_mode="single-row",
            on_select=lambda: _choose(options), height=min(38 + 35 * len(rows), 360),
            column_config={
                "Sees images": st.column_config.TextColumn("Sees", width=50, help="Whether it sees images"),
                "Cost": st.column_config.TextColumn(
                    f"Per {numbers.text(_IMAGES)} {recipe.unit}s", width=115, alignment="right"
                ),
                "Speed": st.column_config.TextColumn("A call", width=75, alignment="right", help="How long one took"),
            },
        )  # fmt: skip
        st.caption(
            "Your profiles and the models that answered here before come first. The price is that of this recipe; "
            "the time is a mean of earlier calls."
        )


def _row(option: str, recipe: Recipe, preview: RequestPreview) -> _Row:
    config = model_picker.config_of(option)
    info = model_picker.info_of(config)
    made = _estimate(config, recipe, preview)
    at_once = recipe.config.get("concurrency") or page.services().db.settings.llm_concurrency
    per_call = made.seconds * at_once / made.calls if made.seconds else None
    key = "missing" if info.key_source is None else "ready"
    is_favorite = option != info.model or bool(made.observed_calls) or info.model in OFFLINE_MODELS
    return _Row(option, is_favorite, _SEES[info.vision], made.cost_low, made.cost_high, per_call, key)


def _estimate(config: dict[str, Any], recipe: Recipe, preview: RequestPreview) -> GenerationEstimate:
    with_model = {**recipe.config, "models": [config], "batch": False}
    return page.services().preview.estimate(with_model, _IMAGES, preview, answers=recipe.answers)


def _cells(row: _Row) -> dict[str, Any]:
    return {
        "Model": row.option, "Sees images": row.sees, "Cost": _cost(row),
        "Speed": f"{numbers.text(row.seconds, 1)} s" if row.seconds else "unknown",
        "Key": row.key,
    }  # fmt: skip


def _cost(row: _Row) -> str:
    if row.low is None or row.high is None:
        return "unknown"
    return f"{numbers.dollars(row.low)} to {numbers.dollars(row.high)}" if row.high else "free"


def _choose(options: list[str]) -> None:
    rows = st.session_state[_KEY]["selection"]["rows"]
    if rows:
        st.session_state["generate-model"] = options[rows[0]]
