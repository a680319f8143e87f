from core import ImageDatasets, Projects
from core.dataset import EntryFilter
from core.dataset.stats import Balance
from pages.components.explore import boards
from tests.pages.running import choices, open_page, services, texts
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


def test_a_project_without_entries_says_so() -> None:
    project = services().projects.create_project("Shelf")
    at = open_page("explore", project.id)
    assert "There is nothing to explore yet: this project has no entries." in texts(at)


def test_the_search_of_the_address_is_opened_and_counted() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="answer:no")
    assert at.session_state["search-line"] == "answer:no"
    assert at.button(key="review").label == "Review 1"


def test_the_number_to_review_is_that_of_the_queue_which_opens() -> None:
    project, made = filled()
    for entry, decision in zip(made, ("confirm", "reject", "skip"), strict=False):
        services().review.decide(entry.id, 1, decision)
    at = open_page("explore", project.id)
    assert at.button(key="review").label == "Review 2"
    assert at.button(key="review").help == "The other 3 are decided, you have skipped them, or others have them"
    decided = open_page("explore", project.id, q="is:rejected")
    assert decided.button(key="review").label == "Review 1"
    overview = open_page("overview", project.id)
    assert "Review 2 entries" in [element.label for element in overview.get("page_link")]


def test_a_search_without_results_suggests_a_wider_search() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="zebra")
    assert "No entry matches zebra." in texts(at)
    assert not any("do not differ" in text for text in texts(at))
    assert at.button(key="review").disabled


def test_an_invalid_search_shows_its_error() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="score:many")
    assert at.error[0].value.startswith(r"score\: takes a number")


def test_a_click_mends_a_mistyped_field() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="knid:count -tga:draft")
    at.button(key="refused-mended").click().run()
    assert not at.error
    assert at.session_state["search-line"] == "kind:count -tag:draft"


def test_reviewing_opens_the_desk_on_the_same_entries() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, q="answer:no")
    at.button(key="review").click().run()
    assert not at.exception
    assert at.title[0].value == "Curate"
    assert at.session_state["search-line"] == "answer:no"


def test_the_balance_board_explains_dominant_answers() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, tab="Balance")
    assert not at.exception
    assert "Short answers by kind of question. When one answer dominates, a model learns to guess it." in texts(at)


def test_an_answer_that_nearly_all_have_is_not_said_to_be_that_of_all() -> None:
    for others, hint in ((3, "Over 99% of count answers are 2."), (0, "100% of count answers are 2.")):
        board = Balance("count", 982 + others, (("2", 982), ("3", others)))
        assert boards._balance_group("count", board, EntryFilter()).hint == hint


def test_the_quality_board_counts_its_checks() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, tab="Quality")
    assert not at.exception
    assert "Common problems of training sets. Each bar counts the entries that fail a check." in texts(at)


def test_search_results_can_be_exported_or_asked_about() -> None:
    project, made = filled()
    at = open_page("explore", project.id, q="answer:no")
    at.button(key="to-export").click().run()
    assert not at.exception
    assert (at.title[0].value, at.session_state["search-line"]) == ("Export", "answer:no")
    assert choices(at)["which"]["chosen"] == "all"
    at = open_page("explore", project.id, q="answer:no")
    at.button(key="to-generate").click().run()
    assert at.title[0].value == "Generate"
    assert at.session_state["selected-images"] == [made[-1].image_id]


def test_the_results_can_be_shown_as_a_table() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, **{"as": "Table"})
    assert not at.exception
    assert at.button(key="bulk-apply").label == "Confirm 5 entries"


def test_the_agreement_board_counts_second_reviews() -> None:
    project, made = filled()
    services().collaboration.set_review_plan(project.id, "all", second_percent=100)
    for entry, first, verdict in zip(
        made, ("confirm", "confirm", "reject"), ("confirm", "reject", "reject"), strict=False
    ):
        decided = services().review.decide(entry.id, 1, first, actor="Anna").entry
        services().review.decide(entry.id, decided.version, "second", changes={"verdict": verdict}, actor="Ben")
    at = open_page("explore", project.id, tab="Agreement")
    assert not at.exception
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown == {"Reviewed twice": "3", "Same decision": "67%", "Krippendorff's alpha": "0.44"}


def test_without_second_reviews_the_board_says_where_to_turn_them_on() -> None:
    project, _ = filled()
    at = open_page("explore", project.id, tab="Agreement")
    assert any(text.startswith("No entry has a second review yet.") for text in texts(at))


def test_a_recipe_from_explore_is_prefilled_only_once() -> None:
    project, _ = filled()
    at = open_page("generate", project.id, kinds="yes/no", avoid="yes")
    assert "From Explore: yes/no questions with answers other than yes. The prompt below contains a line about it." in (
        texts(at)
    )
    assert at.session_state["generate-kinds"] == ["yes/no"]
    assert 'Ask only questions whose correct answer for this image is not "yes".' in at.session_state["generate-prompt"]
    at.session_state["generate-kinds"] = ["count"]
    at.run()
    assert at.session_state["generate-kinds"] == ["count"]
