"""The dialog with the recipe of a generated image: everything that is needed to generate it again."""

import json

import streamlit as st

from core import GeneratedImages
from pages.components.shared import moment, numbers, page


@st.dialog("Recipe", width="large")
def show(generated_id: str) -> None:
    """Draw the recipe of a result."""
    row = page.services().style_results.get_result(generated_id).generated
    made = row.recipe
    st.code(row.full_prompt, language=None, wrap_lines=True)
    st.text(_facts(row))
    for used in page.services().style_results.references_used(generated_id):
        status = used.reason if used.sent else f"not sent: {used.reason}"
        st.text(f"{used.number}. {used.name}: {status}")
    for notice in made.get("notices", []):
        st.text(notice)
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


def _facts(row: GeneratedImages) -> str:
    made = row.recipe
    request, dataset = made.get("request", {}), made.get("dataset")
    cost = "cost unknown" if row.cost is None else "no cost" if row.cost == 0 else f"${numbers.text(row.cost, 4)}"
    facts = [f"Model {row.model}", f"aspect ratio {row.aspect_ratio}"]
    facts += [f"size {request['size']}"] if request.get("size") else []
    facts += [f"wording {request.get('wording', 'balanced')}", cost, f"{numbers.text(made.get('duration_s', 0), 1)} s"]
    facts += [f"finished with {made.get('finish_reason') or 'stop'}"]
    facts += [f"style dataset {dataset['name']}, version {dataset['version']}"] if dataset else []
    return ", ".join(facts) + f". Created {moment.text(row.created_at)}."
