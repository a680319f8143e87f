"""What each card of the Check page shows of a run: its numbers, its tables, where it leads, and what it offers."""

import math
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.check.judge import _interval
from tests.pages.components.check.planted import REPORTS, plant, without_findings
from tests.pages.controls import controls
from tests.pages.running import open_page, services, texts
from tests.pictures import png

BARS = [
    "Guessed 60% · Not guessed 40%", "Stays 75% · Left out 25%", "With a twin 25% · Without 75%",
    "Known without it 20% · Only with it 50% · Not known 30%", "Contradicted 10% · Supported 65% · Cannot say 25%",
    "The stored answer 75% · Another one 15% · Unclear 10%",
    "Score 5: 25% · Score 4: 15% · Score 3: 30% · Score 2: 20% · Score 1: 10%",
    "Score 5: 25% · Score 4: 15% · Score 3: 30% · Score 2: 20% · Score 1: 10%",
    "The same words 60% · Own 20% · By no program 20%",
    "Image and question there 17% · Only the image 50% · Only the question 33%", "Run 91% · Not run 9%",
]  # fmt: skip
METRICS = [
    ("60 of 100", "40 of 100 by always answering “yes”"), ("60 of 100", "80 entries"), ("50 of 100", "60 entries"),
    ("60 of 100", "80 entries"), ("50 of 100", "88 entries"), ("50 of 100", "between 40 and 60"),
    ("4", "of 40 answers that tools can test"), ("75 of 100", "between 50 and 70"), ("3.3", ""), ("2.8", ""),
    ("0", "5 of 5 decided"), ("80 of 100", ""), ("4", ""),
]  # fmt: skip
GUESSED = {"Entries": [80], "Guessed": [60.0], "Most frequent answer": [40.0]}
LINES = {"Line": ["It is true.", "It is short."], "Mean": [4.3, 3.1], "Agrees": ["75 of 100", None]}
BIASES = {
    "Bias": ["Likes long answers", "Likes what stands first or last", "Always the same score"],
    "Result": ["Found", "Not found", "Too little to tell"], "Entries": [70, 60, 5],
}  # fmt: skip
TABLES: list[dict[str, list[Any]]] = [
    {"Kind": ["none"], **GUESSED}, {"Language": ["none"], **GUESSED}, {"Answered by": ["A person"], **GUESSED},
    {"Kind": ["none"], "Entries": [80], "Without": ["20 (10 to 30)"], "With": ["70 (60 to 80)"],
     "Difference": ["50 (40 to 60)"]},
    {"Tool": ["Colors", "Text that was read"], "Contradicted": [4, 0], "Supported": [26, 0], "Cannot say": [10, 1],
     "Right objections": [80.0, None], "Known answers": [50, 0], "Thresholds": ["tuned here", "default"]},
    {"Kind": ["none"], "Entries": [80], "Agreed": [75.0], "Mean doubt": [20.0]}, LINES, BIASES, LINES, BIASES,
]  # fmt: skip
LINKS = [
    "Show them: explore kind:yes/no guessable:yes", "Export without them: export -tag:pruned",
    "Review them: curate tag:twin", "Show them: explore tag:twin", "Known without: explore blind:yes",
    "Wrong with it: explore seen:no", "Review them: curate kind:yes/no tools:contradicts",
    "Show them: explore kind:yes/no tools:contradicts", "Another answer: explore consensus:no",
    "In doubt: explore doubt:>50", "Low scores: explore kind:yes/no judge:<3",
    "Export them: export kind:yes/no -verifiable:no", "Show the others: explore kind:yes/no verifiable:no",
    "Show them: explore heldout:yes", "Compare with a test set: images ",
]  # fmt: skip
BUTTONS = {
    "run-guessable": "Check again", "run-second-opinion": "Ask a model again", "run-tools": "Check again",
    "run-consensus": "Ask models again", "run-judge": "Ask a model again", "compare-judge": "Compare again",
    "run-ratings": "Ask a model again", "compare-ratings": "Compare again", "run-worth": "Choose again",
    "run-verifiable": "Check again", "run-arena": "Ask a model", "twins-open": "Draft twins",
}  # fmt: skip


def opened(reports: dict[str, dict[str, Any]], query: str = "") -> AppTest:
    """Open the Check page of a project of one entry, whose checks ended with *reports*."""
    project = services().projects.create_project("Shelf")
    (added,) = services().intake.add_images(project.id, [("1.png", png("red"))])
    assert added.image is not None
    services().dataset.create_dataset_entry(project.id, added.image.id, "Is it red?", "yes", kind="yes/no")
    plant(services(), project.id, reports, query)
    return open_page("check", project.id)


def plain(at: AppTest) -> list[str]:
    return [text.replace("\\", "") for text in texts(at)]


def tables(at: AppTest) -> list[dict[str, list[Any]]]:
    return [
        {
            name: [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]
            for name, cells in table.value.to_dict("list").items()
        }
        for table in at.dataframe
    ]


def links(at: AppTest) -> list[str]:
    """Return label, page and search line of each link."""
    found = [link.proto for link in at.get("page_link")]
    return [f"{one.label}: {one.page} {parse_qs(one.query_string).get('q', [''])[0]}" for one in found]


def bars(at: AppTest) -> list[str]:
    return [text for text in plain(at) if text.endswith("%") and not text.startswith("Of ")]


def test_every_card_shows_the_numbers_of_its_run_and_leads_to_its_entries() -> None:
    at = opened(REPORTS, "kind:yes/no")
    shown = plain(at)

    assert bars(at) == BARS
    assert [(one.value, one.delta) for one in at.metric] == METRICS
    assert tables(at) == TABLES
    assert links(at) == LINKS
    assert {key: at.button(key=key).label for key in BUTTONS} == BUTTONS
    assert [text for text in shown if text.startswith("90% of")] == [
        f"90% of *is it {word}* are **yes** (9 entries)" for word in "abcde"
    ]
    assert [text for text in shown if ": Reason" in text] == [f"{n} entries: Reason {n}" for n in (9, 8, 7)]
    assert sum(text.endswith("entries of kind:yes/no.") for text in shown) == 10
    assert "30% was not reached: too few entries would stay." in shown
    assert "What was proposed is tagged pruned." in shown
    assert "Exports leave out what is in the test set." in shown
    assert "**10 of 11** checks were run." in shown
    assert any(text.startswith("No image had a vector") for text in shown)
    assert any(text.startswith("1 answer of more than 8 words counts as not guessed") for text in shown)
    assert (
        controls(at)["judge-rubric"] == "text_area Lines | value 'It is true.\\nIt is short.' | at most 1500 characters"
    )


def test_a_card_says_whom_it_asked_about_how_many_entries_and_at_what_cost() -> None:
    about = next(text for text in plain(opened(REPORTS)) if text.startswith("openai/gpt-4o was asked"))

    assert about.startswith(
        "openai/gpt-4o was asked about all 80 entries; 10 reviewed entries beside them, to compare with people; "
        "6 without an answer; 5 not asked because of errors; 2 left out because they cannot be compared; $0.25. Of "
    )


def test_a_card_without_findings_leads_nowhere_and_says_so() -> None:
    at = opened(without_findings())
    shown = plain(at)

    assert [text for text in bars(at) if not text.startswith("Score")] == [
        "Not guessed 100%", "Stays 100%", "Known without it 10% · Only with it 80% · Not known 10%",
        "Supported 72% · Cannot say 28%", "The stored answer 100%", "The same words 100%", "Not there 100%",
        "Run 91% · Not run 9%",
    ]  # fmt: skip
    assert links(at) == ["Export them: export -verifiable:no", "Compare with a test set: images "]
    assert "Nothing has to be left out for at most 30 of 100." in shown
    assert "No tool could test any of these answers." in shown
    assert not any(text.startswith(("No image has a vector", "1 answer of more than 8")) for text in shown)
    assert not any("was not reached" in text or text.startswith("Exports leave out") for text in shown)
    asked = [text for text in shown if text.startswith("openai/gpt-4o was asked")]
    assert {text.partition(". Of")[0] for text in asked} == {
        "openai/gpt-4o was asked about 50 of 80 entries, drawn at random (seed 3)"
    }


@pytest.mark.parametrize(("low", "alpha", "ends"), [(None, None, None), (0.6, None, "8 of 9.")])
def test_the_judge_says_how_sure_its_agreement_is_when_it_is_known(
    low: float | None, alpha: float | None, ends: str | None
) -> None:
    agreement = REPORTS["judge"]["trust"]["agreement"] | {"low": low, "alpha": alpha}
    found = _interval({"trust": {"agreement": agreement}})

    assert (found is None) if ends is None else (found is not None and found.endswith(ends))
