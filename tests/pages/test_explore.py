from core import ImageDatasets, Projects
from tests.pages.running import open_page, services, texts
from tests.pictures import striped


def filled() -> tuple[Projects, list[ImageDatasets]]:
    project = services().projects.create_project("Shelf")
    image = services().images.add_images(project.id, [("shelf.png", striped(1))])[0].image
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
