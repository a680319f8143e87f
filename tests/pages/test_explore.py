from core import ImageDatasets, Projects
from tests.pages.running import open_page, services, texts
from tests.pictures import striped


def filled() -> tuple[Projects, list[ImageDatasets]]:
    project = services().projects.create_project("Shelf")
    image = services().intake.add_images(project.id, [("shelf.png", striped(1))])[0].image
    assert image is not None
    made = [
        services().dataset.create_dataset_entry(project.id, image.id, f"Is it {place}?", answer, "m", kind="yes/no")
        for place, answer in enumerate(("yes", "yes", "yes", "yes", "no"))
    ]
    return project, made


def test_a_project_without_entries_leads_to_generate() -> None:
    project = services().projects.create_project("Shelf")
    at = open_page("explore", project.id)
    assert "There is nothing to explore yet: this project has no entries." in texts(at)


def test_the_search_of_the_address_is_opened_and_counted() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="answer:no")
    assert at.session_state["search-line"] == "answer:no"
    assert at.button(key="review").label == "Review 1"


def test_a_search_without_results_says_how_to_go_on() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="zebra")
    assert "No entry meets this search. Take a word or a field away." in texts(at)
    assert at.button(key="review").disabled


def test_a_search_that_makes_no_sense_is_answered_in_words() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="score:many")
    assert at.error[0].value.startswith(r"score\: takes a number")


def test_reviewing_opens_the_desk_on_the_same_entries() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="answer:no")
    at.button(key="review").click().run()
    assert not at.exception
    assert at.title[0].value == "Curate"
    assert at.session_state["search-line"] == "answer:no"


def test_the_balance_board_says_where_one_answer_leads() -> None:
    project, _ = filled()
    at = open_page("explore", project.id)
    at.session_state["explore-tab"] = "Balance"
    at.run()
    assert not at.exception
    assert "Short answers by kind of question. A model learns to guess what is nearly always right." in texts(at)


def test_the_quality_board_counts_its_checks() -> None:
    project, _ = filled()
    at = open_page("explore", project.id)
    at.session_state["explore-tab"] = "Quality"
    at.run()
    assert not at.exception
    assert "What often spoils a training set. A bar shows the entries that fail the check." in texts(at)


def test_what_was_found_goes_to_an_export_or_to_a_model() -> None:
    project, made = filled()
    at = open_page("explore", project.id, q="answer:no")
    at.button(key="to-export").click().run()
    assert not at.exception
    assert (at.title[0].value, at.text_input(key="q").value) == ("Export", "answer:no")
    at = open_page("explore", project.id, q="answer:no")
    at.button(key="to-generate").click().run()
    assert at.title[0].value == "Generate"
    assert at.session_state["selected-images"] == [made[-1].image_id]


def test_the_results_stand_in_a_table_too() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, **{"as": "Table"})
    assert not at.exception
    assert at.button(key="bulk-do").label == "Confirm: 5 entries"


def test_the_agreement_board_counts_what_two_have_read() -> None:
    project, made = filled()
    dataset = services().dataset
    dataset.set_review_plan(project.id, "all", second_percent=100)
    for entry, first, verdict in zip(
        made, ("confirm", "confirm", "reject"), ("confirm", "reject", "reject"), strict=False
    ):
        decided = dataset.decide(entry.id, 1, first, actor="Anna").entry
        dataset.decide(entry.id, decided.version, "second", changes={"verdict": verdict}, actor="Ben")
    at = open_page("explore", project.id)
    at.session_state["explore-tab"] = "Agreement"
    at.run()
    assert not at.exception
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown == {"Read by two": "3", "Decided alike": "67%", "Krippendorff's alpha": "0.44"}


def test_without_second_readings_the_board_says_where_they_begin() -> None:
    project, _ = filled()
    at = open_page("explore", project.id)
    at.session_state["explore-tab"] = "Agreement"
    at.run()
    assert any(text.startswith("Nothing was read by two people yet.") for text in texts(at))


def test_a_draft_for_the_gap_fills_the_recipe_once() -> None:
    project, _ = filled()
    at = open_page("generate", project.id, kinds="yes/no", avoid="yes")
    assert "Drafted on Explore: yes/no with other answers than yes. The prompt below says so in its own line." in texts(
        at
    )
    assert at.session_state["generate-kinds"] == ["yes/no"]
    assert 'truly answers with something else than "yes".' in at.session_state["generate-prompt"]
    at.session_state["generate-kinds"] = ["count"]
    at.run()
    assert at.session_state["generate-kinds"] == ["count"]
