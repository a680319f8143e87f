"""What each page asks for: labels, defaults and limits of its controls."""

import pytest

from core import Projects
from tests.pages.controls import controls
from tests.pages.running import open_page, services
from tests.pictures import striped

UPLOAD = {
    "upload-next": "button Ask more questions | primary",
    "upload-from": "segmented_control Image source | value 'drop' | required",
}
IMAGES = {
    "images-select-all-first": "button Select all 3",
    "images-analyze-all": "button Analyze images",
    "as": "choice View | value 'Grid'",
    "sort": "selectbox Order | value 'newest'",
    "facets": "toggle Facets | value True",
}
CHECK = {
    "run-guessable": "button Check",
    "run-second-opinion": "button Ask a model",
    "run-consensus": "button Ask models",
    "run-judge": "button Ask a model",
    "run-ratings": "button Ask a model",
    "run-verifiable": "button Check",
    "run-arena": "button Ask a model",
    "run-worth": "button Choose the next",
    "worth-doubt": "slider Doubtful answers | value 10 | min 0 max 10 step 1",
    "worth-diversity": "slider Different images | value 10 | min 0 max 10 step 1",
    "worth-balance": "slider Every kind of question | value 5 | min 0 max 10 step 1",
    "worth-count": "number_input Entries | value 100 | min 1 max 1000 step 10",
    "known-percent": "number_input Known answers in a queue, in % | value 0.0 | min 0 max 20 step 1",
    "known-query": "text_input Entries you know to be right | value '' | hint 'tag:gold'",
    "known-save": "button Save",
}
GENERATE = {
    "generate-start": "button Generate for 3 images | primary",
    "generate-try": "button Try on this image",
    "generate-cap": (
        "number_input Cost cap, in US dollars | value None | min 0.01 max 1.79769e+308 step 0.01 | hint 'No cap'"
    ),
    "generate-kinds": "pills Kinds of question | value []",
    "generate-target": "radio Images | value 'below'",
    "generate-mode": "choice Questions, answers, or both | value 'both'",
    "generate-sets": "selectbox Ask about | value 'alone'",
    "generate-language": "selectbox Language | value 'en' | any text",
    "generate-model": "selectbox Model | value 'offline/measure' | any text",
    "generate-count": "slider Questions per image | value 3 | min 1 max 20 step 1",
}
TABLE = {
    "bulk-apply": "button Confirm 3 entries",
    "table-previous": "button Previous | off",
    "table-next": "button Next | off",
    "view": "choice View | value 'Table'",
    "bulk-action": "selectbox Action for 3 entries of this filter | value 'confirm'",
    "reviewer-name": ("text_input Your name, shown in the history of each entry | value '' | at most 60 characters"),
}
BUTTONS = {
    "plain-confirm": "button Confirm | primary",
    "plain-reject": "button Reject",
    "plain-skip": "button Skip",
    "plain-undo": "button Undo",
}
STYLE = {
    "style-learn": "button Learn the style of this project | primary",
    "style-make": "button Create",
    "style-new": "text_input Name | value '' | hint 'Northern light'",
}
EXPORT = {
    "export-start": "button Export 3 entries | primary",
    "export-answer_types": "multiselect Answer types | value [] | off | hint 'Any'",
    "export-kinds": "multiselect Kinds of question | value [] | hint 'Any'",
    "export-side": ("number_input Longest side, in px | value None | min 64 max 16384 step 1 | hint 'Original size'"),
    "purpose": "pills Purpose | value 'train' | required",
    "export-container": "radio Container | value 'zip'",
    "which": "choice Decision | value 'confirmed'",
    "format-train": "selectbox Format | value 'llava'",
    "export-images-llava": "selectbox Images | value 'path'",
    "export-form-upright-original": "selectbox Image version | value 'upright'",
    "export-grouping": "selectbox Rows | value 'conversation'",
    "export-license": "selectbox License | value '' | any text",
    "score": "slider Minimum stars | value 0.0 | min 0 max 5 step 0.5",
    "export-splits": "slider Splits: train, validation, test | value (100, 100) | min 0 max 100 step 5",
    "export-quality": "slider Quality | value 92 | min 30 max 100 step 1",
    "export-title": """text_input Title | value '' | hint "The project's name\"""",
    "export-models": "multiselect Answered by | value [] | off | hint 'Any'",
    "export-with-report": "toggle Include the dataset report | value False",
    "export-generated": "toggle Entries on generated images | value True",
    "export-metadata": "toggle Include model, score, tags and times | value True",
}
EXPLORE = {
    "review": "button Review 3 | primary",
    "to-generate": "button Generate",
    "as": "choice Results as | value 'Images'",
}


@pytest.fixture
def project() -> Projects:
    """Three images with a confirmed entry each, of two kinds."""
    made = services().projects.create_project("Shelf")
    outcomes = services().intake.add_images(made.id, [(f"{number}.png", striped(number)) for number in range(3)])
    for number, outcome in enumerate(outcomes):
        assert outcome.image is not None
        entry = services().dataset.create_dataset_entry(
            made.id, outcome.image.id, "Which?", "Red.", "m", kind=("count", "color")[number % 2]
        )
        services().dataset.confirm_entry(entry.id)
    return made


@pytest.mark.parametrize(
    ("file", "query", "stated"),
    [
        ("upload", {}, UPLOAD),
        ("images", {}, IMAGES),
        ("check", {}, CHECK),
        ("generate", {}, GENERATE),
        ("curate", {"view": "Table", "q": "is:confirmed"}, TABLE),
        ("curate", {"view": "Buttons", "q": "is:confirmed"}, BUTTONS),
        ("explore", {"q": "is:confirmed"}, EXPLORE),
        ("style", {}, STYLE),
        ("export", {}, EXPORT),
    ],
    ids=["upload", "images", "check", "generate", "table", "buttons", "explore", "style", "export"],
)
def test_controls_have_these_labels_defaults_and_limits(
    file: str, query: dict[str, str], stated: dict[str, str], project: Projects
) -> None:
    found = controls(open_page(file, project.id, **query))

    assert {key: found.get(key) for key in stated} == stated


def test_splits_ask_for_a_seed(project: Projects) -> None:
    at = open_page("export", project.id)
    at.slider(key="export-splits").set_value((80, 90)).run()

    assert controls(at)["export-seed"] == "number_input Seed | value 0 | min 0 max 2.14748e+09 step 1"


def test_the_review_of_a_team_is_set_in_a_menu(project: Projects) -> None:
    at = open_page("curate", project.id, view="Buttons")
    assert "team-second" not in controls(at)
    at.session_state["team"] = True
    at.run()

    shown = controls(at)
    assert shown["team-second"] == "number_input Images with a second review, in % | value 0 | min 0 max 100 step 5"
    assert shown["team-assignment"] == "radio Assignment of entries | value 'all'"


def test_a_choice_of_generate_brings_its_own_controls(project: Projects) -> None:
    at = open_page("generate", project.id)
    at.selectbox(key="generate-sets").set_value("selection")
    at.session_state["generate-kinds"] = ["count", "color"]
    at.session_state["generate-how"] = True
    at.run()

    stated = {
        "generate-set-size": "slider Images in a set, at most | value 4 | min 2 max 8 step 1",
        "generate-count": "slider Questions per set | value 3 | min 1 max 20 step 1",
        "generate-concurrency": "slider Parallel calls | value 4 | min 1 max 64 step 1",
        "generate-examples": "slider Examples in the prompt | value 0 | min 0 max 4 step 1",
        "generate-fresh": "toggle Do not reuse earlier replies | value False",
        "generate-start": "button Generate for 1 set | primary",
    }
    assert {key: controls(at).get(key) for key in stated} == stated
