from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import ImageDatasets, Projects
from pages.components.curate import desk
from pages.components.shared import entry_table
from tests.pages.components.recording import RecordedComponents
from tests.pages.running import open_page, services, texts
from tests.pictures import striped


def filled(number: int = 3) -> tuple[Projects, list[ImageDatasets]]:
    project = services().projects.create_project("Shelf")
    image = services().intake.add_images(project.id, [("shelf.png", striped(1))])[0].image
    assert image is not None
    dataset = services().dataset
    made = [
        dataset.create_dataset_entry(
            project.id, image.id, f"Question {place}?", "yes", "m", tags="draft" if place else ""
        )
        for place in range(number)
    ]
    return project, made


def decisions(project: Projects) -> list[str]:
    return [entry.decision for entry in services().dataset.list_dataset_entries(project.id)]


def test_a_project_without_entries_says_so() -> None:
    project = services().projects.create_project("Shelf")
    at = open_page("curate", project.id)
    assert "There is nothing to review yet: this project has no entries." in texts(at)


def test_an_invalid_filter_shows_its_error() -> None:
    project, _ = filled()
    at = open_page("curate", project.id, q="colour:red")
    assert at.error[0].value.startswith(r"There is no field called colour\.")


def test_the_end_of_a_queue_leads_to_the_table_of_all_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    project, _ = filled()
    drawn = RecordedComponents()
    drawn.reports["go"] = {"to": "table"}
    monkeypatch.setattr(st.components.v2, "component", drawn)
    at = open_page("curate", project.id, q="is:rejected")
    assert drawn.data["vitrine_choice"]["chosen"] == "Table"
    assert "q" not in at.query_params


def test_the_buttons_decide_the_entry_that_was_drawn() -> None:
    project, _ = filled()
    at = open_page("curate", project.id, view="Buttons")
    assert "Question 0?" in texts(at)
    at.button(key="plain-confirm").click().run()
    assert "Confirmed: Question 0?" in texts(at)
    at.button(key="plain-reject").click().run()
    at.button(key="plain-skip").click().run()
    assert decisions(project) == ["confirmed", "rejected", "open"]
    assert "No entries left to review in this filter." in texts(at)


def test_the_buttons_store_an_edited_answer_and_a_reason() -> None:
    project, made = filled()
    at = open_page("curate", project.id, view="Buttons")
    at.text_area(key=f"plain-answer-{made[0].id}-1").set_value("no").run()
    at.button(key="plain-confirm").click().run()
    at.selectbox(key=f"plain-reason-{made[1].id}").set_value("bad question").run()
    at.button(key="plain-reject").click().run()
    first, second, _ = services().dataset.list_dataset_entries(project.id)
    assert (first.answer, first.decision) == ("no", "confirmed")
    assert (second.decision, second.reject_reason) == ("rejected", "bad question")


def test_undo_reverts_the_last_decision_of_the_same_reviewer() -> None:
    project, made = filled()
    at = open_page("curate", project.id, view="Buttons")
    at.text_input(key="reviewer-name").set_value("Anna").run()
    at.button(key="plain-confirm").click().run()
    assert services().entries.history(made[0].id)[-1].actor == "Anna"
    at.button(key="plain-undo").click().run()
    assert decisions(project) == ["open", "open", "open"]
    assert "Question 0?" in texts(at)


def test_a_click_on_an_entry_that_changed_meanwhile_shows_the_conflict() -> None:
    project, made = filled()
    at = open_page("curate", project.id, view="Buttons")
    services().dataset.update_dataset_entry(made[0].id, answer="theirs", actor="Ben")
    at.button(key="plain-confirm").click().run()
    assert "This entry was changed in the meantime. Look at both versions and decide again." in texts(at)
    assert decisions(project) == ["open", "open", "open"]


def test_cells_of_the_table_are_stored_as_edits() -> None:
    project, made = filled()
    at = open_page("curate", project.id, view="Table")
    _edit(at, project, {0: {"answer": "no", "score": 4.5}, 1: {"decision": "rejected"}})
    first, second, _ = services().dataset.list_dataset_entries(project.id)
    assert (first.answer, first.score, first.decision) == ("no", 4.5, "open")
    assert second.decision == "rejected"
    assert [event.action for event in services().entries.history(made[0].id)] == ["create", "edit"]


def test_an_invalid_cell_shows_its_error() -> None:
    project, _ = filled()
    at = open_page("curate", project.id, view="Table")
    _edit(at, project, {0: {"score": 5.2}})
    assert "Not saved: A score is a number from 0 to 5, such as 4 or 4.2." in texts(at)


def test_a_bulk_action_names_its_count_and_has_one_undo() -> None:
    project, _ = filled()
    at = open_page("curate", project.id, view="Table", q="tag:draft")
    assert at.button(key="bulk-apply").label == "Confirm 2 entries"
    at.button(key="bulk-apply").click().run()
    assert decisions(project) == ["open", "confirmed", "confirmed"]
    assert "2 entries confirmed. Undo reverts all of them." in texts(at)
    at.button(key="table-undo").click().run()
    assert decisions(project) == ["open", "open", "open"]
    assert "Undone for 2 entries." in texts(at)


def test_deleting_all_entries_of_a_filter_can_be_undone() -> None:
    project, _ = filled()
    at = open_page("curate", project.id, view="Table", q="tag:draft")
    at.selectbox(key="bulk-action").set_value("delete").run()
    at.button(key="bulk-apply").click().run()
    assert decisions(project) == ["open"]
    assert "No entry matches tag:draft." in texts(at)
    at.button(key="table-undo").click().run()
    assert decisions(project) == ["open", "open", "open"]


def test_a_bulk_action_changes_only_the_selected_rows_when_there_are_some() -> None:
    project, _ = filled()
    at = open_page("curate", project.id, view="Table")
    _edit(at, project, {2: {"chosen": True}})
    assert at.button(key="bulk-apply").label == "Confirm 1 entry"
    at.button(key="bulk-apply").click().run()
    assert decisions(project) == ["open", "open", "confirmed"]


def _edit(at: AppTest, project: Projects, rows: dict[int, dict[str, object]]) -> None:
    """Edit cells of the table, as the browser reports it."""
    key = entry_table.editor_key(services().dataset.list_dataset_entries(project.id))
    at.session_state[key] = {"edited_rows": rows, "added_rows": [], "deleted_rows": []}
    at.run()


def test_a_view_is_saved_opened_renamed_and_deleted() -> None:
    project, _ = filled()
    at = open_page("curate", project.id, view="Table", q="tag:draft")
    at.session_state["views"] = True
    at.run()
    at.text_input(key="view-name").set_value("Drafts").run()
    at.button(key="view-save").click().run()
    assert "Saved as Drafts." in texts(at)
    assert [view.query for view in services().collaboration.saved_views(project.id)] == ["tag:draft"]
    at = open_page("curate", project.id, view="Table")
    at.session_state["views"] = True
    at.run()
    at.selectbox(key="view-open").set_value("Drafts").run()
    assert at.session_state["search-line"] == "tag:draft"
    assert at.button(key="bulk-apply").label == "Confirm 2 entries"
    at.text_input(key="view-name").set_value("Rough").run()
    at.button(key="view-rename").click().run()
    assert "Renamed Drafts to Rough." in texts(at)
    services().collaboration.save_view(project.id, "Busy", "is:open")
    at.text_input(key="view-name").set_value("Busy").run()
    at.button(key="view-save").click().run()
    assert "Saved as Busy. It searched is:open before." in texts(at)
    services().collaboration.delete_view(project.id, "Busy")
    at.run()
    assert at.button(key="view-delete").label == "Delete Rough"
    (rough,) = services().collaboration.saved_views(project.id)
    at.button(key="view-delete").click().run()
    assert services().collaboration.saved_views(project.id) == []
    assert at.button(key="view-undo").label == "Bring back Rough"
    at.button(key="view-undo").click().run()
    assert "Rough is back." in texts(at)
    assert services().collaboration.saved_views(project.id) == [rough]
    assert "view-undo" not in [button.key for button in at.button]


def test_the_team_menu_stores_how_entries_are_assigned() -> None:
    project, _ = filled()
    at = open_page("curate", project.id)
    at.session_state["team"] = True
    at.run()
    at.radio(key="team-assignment").set_value("divided")
    at.text_input(key="team-reviewers").set_value("Anna, Ben")
    at.number_input(key="team-second").set_value(20)
    at.button(key="team-save").click().run()
    assert "Saved." in texts(at)
    plan = services().collaboration.review_plan(project.id)
    assert (plan.assignment, plan.people, plan.second_percent) == ("divided", ("Anna", "Ben"), 20)
    assert any(text.startswith("This project is reviewed by several people.") for text in texts(at))


def test_a_divided_queue_without_reviewers_shows_its_error() -> None:
    project, _ = filled()
    at = open_page("curate", project.id)
    at.session_state["team"] = True
    at.run()
    at.radio(key="team-assignment").set_value("divided")
    at.button(key="team-save").click().run()
    assert "Name the people among whom the entries are divided." in texts(at)


def test_a_second_review_by_buttons_does_not_change_the_decision() -> None:
    project, made = filled()
    dataset = services().dataset
    services().collaboration.set_review_plan(project.id, "all", second_percent=100)
    for entry in made[:2]:
        services().review.decide(entry.id, 1, "confirm", actor="Anna")
    at = open_page("curate", project.id, view="Buttons", q="second:local")
    at.button(key="plain-confirm").click().run()
    at.button(key="plain-reject").click().run()
    assert "No entries left to review in this filter." in texts(at)
    assert decisions(project) == ["confirmed", "confirmed", "open"]
    assert [dataset.get_dataset_entry(entry.id).flagged for entry in made] == [False, True, False]


def test_without_a_selection_confirming_and_rejecting_leave_out_what_is_decided() -> None:
    project, made = filled(4)
    services().review.decide(made[0].id, 1, "reject")
    services().review.decide(made[1].id, 1, "confirm")
    at = open_page("curate", project.id, view="Table")
    assert at.button(key="bulk-apply").label == "Confirm 2 open entries"
    at.button(key="bulk-apply").click().run()

    assert decisions(project) == ["rejected", "confirmed", "confirmed", "confirmed"]
    assert at.button(key="bulk-apply").label == "Confirm 0 open entries"
    assert at.button(key="bulk-apply").disabled
    at.selectbox(key="bulk-action").set_value("rate").run()
    assert at.button(key="bulk-apply").label == "Rate 4 entries"


def test_a_filter_for_rejected_entries_confirms_them() -> None:
    project, made = filled(2)
    services().review.decide(made[0].id, 1, "reject")
    at = open_page("curate", project.id, view="Table", q="is:rejected")
    at.button(key="bulk-apply").click().run()
    assert decisions(project) == ["confirmed", "open"]


def test_confirming_many_says_which_of_them_break_their_rules() -> None:
    project, made = filled()
    with services().db.transaction() as session:
        entry = session.get_one(ImageDatasets, made[1].id)
        entry.answer_type, entry.needs_review = "label", "yes is not one of the labels."
    at = open_page("curate", project.id, view="Table")
    assert [warning.value for warning in at.warning] == [
        "Among them: 1 answer not among the labels. Confirmed, they count as right."
    ]
    at.selectbox(key="bulk-action").set_value("reject").run()
    assert list(at.warning) == []


@pytest.mark.parametrize("view", ["Desk", "Table", "Grid", "Buttons"])
def test_what_was_sent_back_is_counted_above_every_view_but_the_desk_which_counts_it_itself(view: str) -> None:
    project, made = filled(1)
    services().messages.send(made[0].id, "Please look again.", to="local", actor="Ben")
    shown = [link.proto.label for link in open_page("curate", project.id, view=view).main.get("page_link")]
    assert ("Sent back to you: 1" in shown) is (view != "Desk")


@pytest.mark.parametrize(
    ("go", "title", "query"),
    [
        ({"to": "export"}, "Export", None),
        ({"to": "is:rejected"}, "Curate", "is:rejected"),
        ({"to": ""}, "Curate", None),
        ({"similar": "a", "to": ""}, "Images", "similar:a"),
    ],
    ids=["to the export", "to another queue", "to all of it", "to similar images"],
)
def test_the_desk_leads_to_where_the_reviewer_wants_to_go(
    go: dict[str, str], title: str, query: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = filled(1)
    wants = iter([go])
    monkeypatch.setattr(desk, "show", lambda *_queue, **_key: SimpleNamespace(go=next(wants, None)))
    at = open_page("curate", project.id, q="is:open")
    assert at.title[0].value == title
    assert at.query_params.get("q") in (query, [query])
