"""The recipe of Generate: images, questions, model, options."""

from dataclasses import dataclass
from typing import Any, cast

import streamlit as st

from core import Projects
from core.errors import InvalidInputError
from core.questions import prompts
from core.questions import recipe as recipes
from core.questions.image_sets import MAX_IMAGES, MIN_IMAGES, SetsBy
from core.questions.text import GROUNDING
from pages.components.generate import batch_switch, missing_analyses, recipe_summary
from pages.components.shared import fixed_questions, folded, language, model_picker, numbers, page
from pages.components.shared.model_picker import ModelChoice
from pages.components.shared.numbers import pluralize

_COUNT = 3
_Sets = dict[str, tuple[str, int, dict[str, Any]]]
"""Choices by their name: the label, how many images, and their part of the config."""


@dataclass(frozen=True)
class Recipe:
    """The input of the page: the config of a task, the models with their keys, the cost cap, the number of images."""

    mode: str
    config: dict[str, Any]
    choices: list[ModelChoice]
    cap: float | None
    images: int
    """Or sets of images, when the questions are about sets."""
    comparison: "st.delta_generator.DeltaGenerator | None" = None
    """Where the models are compared, once the fields are drawn."""

    @property
    def unit(self) -> str:
        return "set" if "sets" in self.config else "image"

    @property
    def answers(self) -> bool:
        return self.mode == "answers"

    @property
    def task_type(self) -> str:
        return "image-answer-generation" if self.answers else "image-question-generation"

    @property
    def is_refused(self) -> bool:
        return any(choice.refused for choice in self.choices)


def show(project: Projects, mode: str) -> Recipe:
    """Draw the recipe of a mode, both, questions or answers: in words, with its fields in an expander below."""
    words = st.container(key="generate-summary")
    with folded.expander("Change the recipe", key="generate-recipe", parameter="kinds") as is_drawn:
        recipe = _fields(project, mode) if is_drawn else _usual(project, mode)
    with words:
        recipe_summary.show(project.id, recipe.config, recipe.choices, recipe.images, recipe.cap)
        if recipe.answers and not recipe.images:
            st.caption("No image of this project has a question yet. Generate questions first, or add fixed questions.")
    return recipe


def _fields(project: Projects, mode: str) -> Recipe:
    asked_in = st.session_state.get("generate-language", "en")
    st.header("Which questions" if mode == "answers" else "Which images", anchor=False)
    config, images = _answer_targets(project) if mode == "answers" else _targets(project, asked_in)
    if mode != "answers":
        st.header("What to ask", anchor=False)
        unit = "set" if "sets" in config else "image"
        config |= _what_to_ask(mode, asked_in, unit) | {"with_answers": mode == "both"}
        missing_analyses.show(project.id, config)
    config["verifiable"] = st.toggle(
        "Only answers that a program can verify", key="generate-verifiable", persist_state="session",
        help="Numbers, yes or no, short phrases, quoted text, labels and JSON. Other answers are left out.",
    )  # fmt: skip
    fixed_questions.expander(project.id, asked_in)
    config["language"] = language.choose()
    st.header("Model", anchor=False)
    choices = [model_picker.show("generate")]
    if mode == "answers":
        choices += model_picker.show_more("generate", choices[0])
    comparison = st.container()
    config["models"] = [choice.config for choice in choices]
    config["batch"] = batch_switch.show(choices)
    st.header("Options", anchor=False)
    cap = st.number_input(
        "Cost cap, in US dollars", min_value=0.01, value=None, key="generate-cap", persist_state="session",
        placeholder="No cap", help="The task pauses when the known cost of its calls reaches this.",
    )  # fmt: skip
    config |= _more(project, config["language"])
    if "sets" in config:
        config["example_ids"] = []  # each is about one image
    return Recipe(mode, config, choices, cap, images, comparison)


def _usual(project: Projects, mode: str) -> Recipe:
    """Return what the fields say before anybody opened them."""
    asked_in = st.session_state.get("generate-language", "en")  # also a field of "Write your own"
    sets = _answer_sets(project) if mode == "answers" else _image_sets(project, asked_in, _COUNT)
    _, images, part = next((sets[name] for name in _offered(sets)), ("", 0, {}))
    choice = model_picker.usual("generate")
    config = dict(part)
    if mode != "answers":
        config |= {"num_questions": _COUNT, "kinds": {}, "custom_prompt": None, "with_answers": mode == "both"}
    config |= {
        "verifiable": False, "language": asked_in, "models": [choice.config], "batch": False, "example_ids": [],
        "fresh": False,
    }  # fmt: skip
    return Recipe(mode, config, [choice], None, images)


def _targets(project: Projects, asked_in: str) -> tuple[dict[str, Any], int]:
    """Draw the choice of images; return it as part of the config, with the number of images."""
    sets = _image_sets(project, asked_in, st.session_state.get("generate-count", _COUNT))
    if (by := _sets_by()) is None:
        return _radio(sets, "generate-target")
    config, _ = _radio({name: sets[name] for name in ("selected", "all")}, "generate-set-target")
    size = st.slider(
        "Images in a set, at most", MIN_IMAGES, MAX_IMAGES, 4, key="generate-set-size", persist_state="session"
    )
    config |= {"sets": by, "set_size": size}
    try:
        found = page.services().questions.image_sets(project.id, config)
    except InvalidInputError as error:
        st.caption(page.escape(str(error)))
        return config, 0
    st.caption(f"{pluralize(len(found), 'set')}, one request each with its images in order.")
    return config, len(found)


def _image_sets(project: Projects, asked_in: str, wanted: int) -> _Sets:
    counts = page.services().questions.target_counts(project.id, asked_in, wanted)
    chosen = st.session_state.get("selected-images", [])
    sets: _Sets = {
        "selected": ("Selected images", len(chosen), {"image_ids": list(chosen)}),
        "without": (
            "Images without a question of their own",
            counts.without_questions,
            {"only_without_questions": True},
        ),
        "failed": ("Images that failed before", counts.failed, {"only_failed": True}),
        "below": (f"Top up to {wanted} questions each", counts.below, {"top_up": True}),
        "all": ("All images", counts.all, {}),
    }
    if counts.below == counts.without_questions:
        del sets["below"]
    return sets


def _sets_by() -> SetsBy | None:
    chosen = st.selectbox(
        "Ask about", list(_SETS), format_func=_SETS.__getitem__, key="generate-sets", persist_state="session",
        help="Questions about a set compare its images, which are called image 1, image 2 and so on.",
    )  # fmt: skip
    return None if chosen == "alone" else cast(SetsBy, chosen)


_SETS = {
    "alone": "Each image alone",
    "selection": "Sets of images in their order",
    "name": "Sets of images whose names begin alike",
    "pdf": "Sets of the pages of one PDF",
    "similar": "Sets of similar images",
    "variants": "Sets of an image with its variants",
}


def _answer_targets(project: Projects) -> tuple[dict[str, Any], int]:
    return _radio(_answer_sets(project), "generate-answer-target", "image")


def _answer_sets(project: Projects) -> _Sets:
    questions = page.services().questions
    open_ = questions.image_ids_to_answer(project.id, "unanswered")
    chosen = set(st.session_state.get("selected-images", []))
    of_chosen = [id_ for id_ in open_ if id_ in chosen]
    asked = questions.image_ids_to_answer(project.id, "all")
    return {
        "open": ("Questions without an answer", len(open_), {}),
        "selected": ("Questions without an answer, selected images only", len(of_chosen), {"image_ids": of_chosen}),
        "all": ("All questions", len(asked), {"which": "all"}),
    }


def _offered(sets: _Sets) -> list[str]:
    return [name for name in sets if sets[name][1]]


def _radio(sets: _Sets, key: str, noun: str = "") -> tuple[dict[str, Any], int]:
    offered = _offered(sets)
    if not offered:
        return {}, 0

    def describe(name: str) -> str:
        label, size, _ = sets[name]
        return f"{label} ({pluralize(size, noun) if noun else f'{numbers.text(size)}'})"

    name = st.radio(
        "Images", offered, format_func=describe, key=key, label_visibility="collapsed",
    )  # fmt: skip
    _, size, part = sets[str(name)]
    return part, size


def _what_to_ask(mode: str, asked_in: str, unit: str) -> dict[str, Any]:
    count = st.slider(f"Questions per {unit}", 1, 20, _COUNT, key="generate-count", persist_state="session")
    kinds = st.pills(
        "Kinds of question", recipes.KINDS, selection_mode="multi", key="generate-kinds", persist_state="session",
        wrap=True, help="If you choose none, the model decides.",
    )  # fmt: skip
    shares = _shares(kinds or [])
    if GROUNDING in shares:
        st.caption(_WITH_BOXES if mode == "both" else _BOXES_LATER)
    with st.expander("Custom prompt", key="generate-own-prompt", on_change="rerun") as own:
        if own.open:
            variables = ", ".join(f"${name}" for name in sorted(recipes.PROMPT_VARIABLES))
            st.text_area(
                "Prompt", key="generate-prompt", persist_state="session", height=160,
                help=f"Replaces the built-in prompt. Variables you can use: {variables}.",
            )  # fmt: skip
            built_in = prompts.load("questions_and_answers" if mode == "both" else "questions", asked_in).text
            if not st.session_state.get("generate-prompt"):
                st.button(
                    "Start from the built-in prompt", key="generate-built-in", on_click=_set_prompt, args=(built_in,)
                )
            st.caption(_OF_ANALYZERS)
    prompt = st.session_state.get("generate-prompt")
    return {"num_questions": count, "kinds": shares, "custom_prompt": prompt or None}


_WITH_BOXES = (
    "Grounding questions ask where things are. The model answers with boxes too, which you can correct on Curate. "
    "offline/measure gives none."
)
_BOXES_LATER = "Grounding questions ask where things are. The boxes come with the answers."


_OF_ANALYZERS = (
    r"\$ocr, \$objects and \$tags are what was found in each image: lines of text, objects with their places, tags. "
    "They are quoted as data. For an image without them the prompt says that none are known."
)


def _set_prompt(prompt: str) -> None:
    st.session_state["generate-prompt"] = prompt


def _shares(kinds: list[str]) -> dict[str, int]:
    """Return the share of each kind of question: 1 unless it was changed."""
    if len(kinds) < 2:
        return dict.fromkeys(kinds, 1)
    with st.expander("Shares of the kinds of question", key="generate-shares", on_change="rerun") as shares:
        if shares.open:
            st.caption("Over all images, a kind with 3 is asked three times as often as a kind with 1.")
            cells = st.grid(4, min_column_width=100, gap="small", key="generate-share-places")
            for kind in kinds:
                with cells.cell():
                    st.number_input(kind, 1, 10, 1, key=f"generate-share-{kind}", persist_state="session")
    return {kind: int(st.session_state.get(f"generate-share-{kind}", 1)) for kind in kinds}


def _more(project: Projects, asked_in: str) -> dict[str, Any]:
    setting = page.services().db.settings.llm_concurrency
    with st.expander("Speed, examples, repeats", key="generate-how", on_change="rerun") as how:
        if how.open:
            st.slider("Parallel calls", 1, 64, setting, key="generate-concurrency", persist_state="session")
            st.slider(
                "Examples in the prompt", 0, recipes.MAX_EXAMPLES, 0, key="generate-examples", persist_state="session",
                help="Confirmed entries of this project, best rated first, each sent with its image.",
            )  # fmt: skip
            st.toggle(
                "Do not reuse earlier replies", key="generate-fresh", persist_state="session",
                help="Otherwise, an identical request about the same image reuses the earlier reply and costs nothing.",
            )  # fmt: skip
    wanted = st.session_state.get("generate-examples", 0)
    ids = page.services().questions.suggest_examples(project.id, asked_in, wanted) if wanted else []
    if len(ids) < wanted:
        st.caption(f"Images with a confirmed entry in this language to show as an example: {len(ids)}.")
    concurrency = st.session_state.get("generate-concurrency", setting)
    return {
        "example_ids": ids,
        "fresh": bool(st.session_state.get("generate-fresh", False)),
    } | ({"concurrency": concurrency} if concurrency != setting else {})
