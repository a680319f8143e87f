"""Entries as a table: its pages, and what a bulk action needs."""

import pytest
from streamlit.testing.v1 import AppTest

from core import Projects
from core.dataset import EntryFilter
from pages.components.shared import entry_table
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import open_page, services, texts
from tests.pictures import striped


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Projects:
    """A project with three entries, and pages of two."""
    monkeypatch.setattr(entry_table, "PAGE_SIZE", 2)
    project = services().projects.create_project("Shelf")
    image = services().intake.add_images(project.id, [("a.png", striped(1))])[0].image
    assert image is not None
    for number in range(3):
        services().dataset.create_dataset_entry(project.id, image.id, f"Question {number}?", "yes", "m")
    return project


def turned(at: AppTest) -> tuple[str, bool, bool]:
    """Return the position of the page, and whether Previous and Next can be pressed."""
    [place] = (text for text in texts(at) if " to " in text and text.endswith(" of 3"))
    return place, not at.button(key="table-previous").disabled, not at.button(key="table-next").disabled


def test_pages_are_turned_to_both_ends_and_a_filter_starts_at_the_first(project: Projects) -> None:
    at = open_page("curate", project.id, view="Table")
    assert turned(at) == ("1 to 2 of 3", False, True)
    at.button(key="table-next").click().run()
    assert turned(at) == ("3 to 3 of 3", True, False)
    at.button(key="table-previous").click().run()
    assert turned(at) == ("1 to 2 of 3", False, True)


def test_tags_are_needed_before_they_are_added_and_an_undo_says_what_stays(project: Projects) -> None:
    at = open_page("curate", project.id, view="Table")
    at.selectbox(key="bulk-action").set_value("tag").run()
    assert at.button(key="bulk-apply").label == "Add tags to 3 entries"
    assert at.button(key="bulk-apply").disabled
    at.text_input(key="bulk-tags").set_value("draft").run()
    assert not at.button(key="bulk-apply").disabled
    at.button(key="bulk-apply").click().run()
    assert "3 entries tagged. Undo reverts all of them." in texts(at)
    first, *_ = services().dataset.list_dataset_entries(project.id)
    services().dataset.update_dataset_entry(first.id, tags="other", actor="Ben")
    at.button(key="table-undo").click().run()
    assert "Undone for 2 entries. 1 was changed by someone else since and kept." in texts(at)


def test_confirm_resolves_what_reviewers_disagree_on_although_it_is_confirmed_already(project: Projects) -> None:
    review = services().review
    first, *_ = services().dataset.list_dataset_entries(project.id)
    decided = review.decide(first.id, 1, "confirm", actor="Anna").entry
    review.decide(first.id, decided.version, "second", changes={"verdict": "reject"}, actor="Ben")
    at = open_page("curate", project.id, view="Table", q="check:readers")
    assert at.button(key="bulk-apply").label == "Confirm 1 entry"
    at.button(key="bulk-apply").click().run()
    assert "1 entry confirmed. Undo reverts all of them." in texts(at)
    stored = services().dataset.get_dataset_entry(first.id)
    assert (stored.decision, stored.flagged) == ("confirmed", False)


@pytest.mark.parametrize(
    ("name", "value", "stored"), [("score", None, 0), ("note", None, ""), ("score", 2.5, 2.5), ("note", "x", "x")]
)
def test_an_emptied_cell_is_no_score_or_no_text(name: str, value: object, stored: object) -> None:
    assert entry_table._value(name, value) == stored


def test_an_action_asks_for_what_it_needs() -> None:
    found: list[object] = []
    at = {action: draw(lambda action=action: found.append(entry_table._bulk_value(action)))
          for action in ("confirm", "reject", "rate", "tag", "untag", "delete")}  # fmt: skip
    assert found[:1] + found[2:] == [None, 3.0, "", "", None]
    assert controls(at["rate"]) == {"bulk-score": "number_input Stars | value 3.0 | min 0 max 5 step 0.5"}
    assert controls(at["untag"]) == {"bulk-tags": "text_input Tags, separated by commas | value ''"}
    assert list(controls(at["reject"])) == ["bulk-reason"]


@pytest.mark.parametrize(("count", "is_warned"), [(0, False), (1, True)])
def test_what_would_count_as_right_although_it_is_not_is_warned_of(
    count: int, is_warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = dict.fromkeys(entry_table._PROBLEMS, 0) | {next(iter(entry_table._PROBLEMS)): count}
    monkeypatch.setattr(services().entries, "failing", lambda *_of: counts)
    found = read(draw(entry_table._warn, "p", EntryFilter()))
    assert [line.partition(":")[0] for line in found] == (["warning"] if is_warned else [])
    assert all(line.endswith(". Confirmed, they count as right.") for line in found)
