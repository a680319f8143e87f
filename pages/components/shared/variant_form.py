"""The form for variants: how many of each image, and what they are made of."""

from typing import Any

import streamlit as st

from core.transform import OPERATIONS


def show(prefix: str, *, only_train: bool = False, usual: int = 0) -> dict[str, Any]:
    """Draw the form and return the augmentation of a recipe.

    Args:
        prefix: of the keys of its widgets.
        only_train: whether variants are made of the images of train only, as by an export.
        usual: the number of variants that it begins with.
    """
    where = "only in train. The original is exported too." if only_train else "in the split of their original."
    variants = st.number_input(
        "Variants of each image", 0 if only_train else 1, 20, usual, key=f"{prefix}-variants", persist_state="session",
        help=f"Changed copies with those questions and answers that stay true, {where}",
    )  # fmt: skip
    if not variants:
        st.caption("A variant is made only of what leaves its question true.")
        return {"variants": 0}
    # Not pills: ten of them scroll out of a half page.
    operations = st.multiselect(
        "Made of", OPERATIONS, default=list(OPERATIONS), format_func=_label, key=f"{prefix}-operations",
        persist_state="session",
    )  # fmt: skip
    with st.container(horizontal=True):
        most = st.number_input("Changes at once, at most", 1, 10, 3, key=f"{prefix}-most", persist_state="session")
        seed = st.number_input(
            "Seed of the variants", 0, 2**31, 0, key=f"{prefix}-variant-seed", persist_state="session"
        )
    percent = st.slider("Strength, in %", 10, 100, 50, 10, key=f"{prefix}-strength", persist_state="session")
    st.caption(
        "Each question keeps only the variants that leave it true: no flip with left and right or with text, no crop "
        "where something is counted, no other colors where colors are asked for. The report says what was left out."
    )
    return {
        "variants": variants, "operations": operations or OPERATIONS, "most": most, "seed": seed,
        "strength": percent / 100,
    }  # fmt: skip


def _label(operation: str) -> str:
    return "JPEG" if operation == "jpeg" else operation.capitalize()
