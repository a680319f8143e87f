"""The images page without a browser; tests/browser/test_images.py has the grid, the facets and the search line."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.images import selection
from pages.components.shared.page import component_key
from tests.core.images.pictures import drawn, encoded
from tests.pages.running import open_page, services, texts


@pytest.fixture
def page() -> AppTest:
    return open_page("images", services().projects.create_project("Shelf").id)


def project_id() -> str:
    return services().projects.list_projects()[0].id


def add(*seeds: int) -> list[str]:
    outcomes = services().intake.add_images(project_id(), [(f"{n}.jpg", encoded(drawn(n))) for n in seeds])
    return [outcome.image.id for outcome in outcomes if outcome.image]


def test_a_project_without_images_leads_to_upload(page: AppTest) -> None:
    assert "This project has no images yet." in texts(page)
    assert [link.label for link in page.get("page_link")][-1] == "Add images"


def test_the_search_of_the_address_is_opened_and_an_empty_one_says_why() -> None:
    id_ = services().projects.create_project("Shelf").id
    add(1, 2)
    page = open_page("images", id_, q="name:2 side:<100")
    assert page.session_state["search-line"] == "name:2 side:<100"
    assert "No image matches side:<100." in texts(page)
    page.button(key="nothing-remove").click().run()
    assert not page.exception
    assert page.session_state["search-line"] == "name:2"
    assert page.query_params["q"] in ("name:2", ["name:2"])

    refused = open_page("images", id_, q="nmae:2")
    assert "Did you mean name" in refused.error[0].value
    assert "nothing-analyze" not in [button.key for button in refused.button]


def test_a_search_by_an_image_without_a_vector_offers_the_analysis() -> None:
    id_ = services().projects.create_project("Shelf").id
    (image,) = add(1)
    page = open_page("images", id_, q=f"similar:{image}")
    assert "has no vector yet" in page.error[0].value
    page.button(key="nothing-analyze").click().run()
    assert not page.exception
    assert "analyze-fresh" in [toggle.key for toggle in page.toggle]


def test_all_images_of_a_search_are_selected_and_go_to_generate(page: AppTest) -> None:
    first, second, _ = add(1, 12, 3)
    page.query_params["q"] = "name:1"
    page.run()
    page.button(key="images-select-all-first").click().run()
    assert set(page.session_state["selected-images"]) == {first, second}
    assert "2 selected" in texts(page)
    page.button(key="images-to-generate").click().run()
    assert not page.exception
    assert page.title[0].value == "Generate"


def test_a_selection_is_searched_by_its_ids_in_one_click(page: AppTest) -> None:
    first, second, _ = add(1, 2, 3)
    page.session_state["selected-images"] = [first, second]
    page.run()
    page.button(key="images-search").click().run()
    assert not page.exception
    assert page.title[0].value == "Images"
    assert page.session_state["search-line"] == f"id:{first} id:{second}"
    assert set(services().image_queries.find_ids(project_id(), page.session_state["search-line"])) == {first, second}


def test_the_entries_about_a_selection_are_explored_in_one_click(page: AppTest) -> None:
    first, second, _ = add(1, 2, 3)
    services().dataset.create_dataset_entry(project_id(), first, "What is it?", "A drawing", "test")
    page.session_state["selected-images"] = [first, second]
    page.run()
    page.button(key="images-to-explore").click().run()
    assert not page.exception
    assert page.title[0].value == "Explore"
    assert page.session_state["search-line"] == f"image:{first} image:{second}"


def test_more_images_than_a_search_line_holds_get_a_tag_first(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "MAX_TERMS", 1)
    first, second, _ = add(1, 2, 3)
    page.session_state["selected-images"] = [first, second]
    page.run()
    assert page.button(key="images-to-explore").disabled
    page.button(key="images-search").click().run()
    assert not page.exception
    assert page.text_input(key="tag-words")
    assert "search-line" not in page.session_state or not page.session_state["search-line"]


def test_a_selection_is_deleted_after_a_confirmation_and_restored_by_undo(page: AppTest) -> None:
    first, _ = add(1, 2)
    page.run()
    page.session_state["images-grid"] = {"selected": {"epoch": 0, "ids": [first]}}
    page.run()
    page.button(key="images-delete").click().run()

    assert (
        "This deletes 1 image with 0 questions and 0 entries (0 confirmed). They can be restored from the bin."
        in texts(page)
    )
    assert services().images.delete_image(first)
    page.session_state["library-deleted"] = [first]
    page.run()
    page.button(key="library-undo").click().run()

    assert not page.exception
    assert services().images.get_image(first) is not None


def test_a_selection_is_put_into_a_split_and_taken_back_by_undo(page: AppTest) -> None:
    first, second = add(1, 2)
    page.session_state["selected-images"] = [first, second]
    page.run()
    page.button(key="images-split").click().run()
    assert page.button(key="split-confirm").label == "Put 2 images into test"
    done = services().splits.put(project_id(), [first, second], "test")
    page.session_state["split-images"] = [project_id(), done.batch_id, "test", "2", "0"]
    page.run()
    assert "2 images are in test now." in texts(page)

    page.button(key="split-undo").click().run()
    assert not page.exception
    assert services().splits.counts(project_id()) == {}


def test_an_image_that_cannot_be_restored_shows_the_reason(page: AppTest) -> None:
    (first,) = add(1)
    services().images.delete_image(first)
    add(1)
    page.session_state["library-deleted"] = [first]
    page.run()
    page.button(key="library-undo").click().run()

    assert "The same image was added again, as 1.jpg." in page.error[0].value.replace("\\", "")


def add_duplicates() -> list[str]:
    """Add an image and a smaller copy of it, and return their ids."""
    image = drawn(5, (640, 480))
    files = [("large.jpg", encoded(image)), ("small.jpg", encoded(image.resize((320, 240))))]
    outcomes = services().intake.add_images(project_id(), files)
    assert [outcome.outcome for outcome in outcomes] == ["added", "near-duplicate"]
    return [outcome.image.id for outcome in outcomes if outcome.image]


def test_similar_images_are_marked_as_different(page: AppTest) -> None:
    first, _ = add_duplicates()
    page.query_params["as"] = "Look-alikes"
    page.run()
    assert any(text.startswith("1 group of similar images; the oldest image comes first.") for text in texts(page))
    page.button(key=f"duplicates-keep-{first}").click().run()

    assert not page.exception
    assert any(text.startswith("No similar images found.") for text in texts(page))
    assert len(services().images.list_images(project_id())) == 2
    assert "2 images were marked as different." in texts(page)
    page.button(key="duplicates-undo").click().run()
    assert any(text.startswith("1 group of similar images; the oldest image comes first.") for text in texts(page))


def test_similar_images_are_merged_into_the_oldest(page: AppTest) -> None:
    first, second = add_duplicates()
    services().dataset.create_dataset_entry(project_id(), second, "What is it?", "A shelf.", "m")
    page.query_params["as"] = "Look-alikes"
    page.run()
    page.button(key=f"duplicates-merge-{first}").click().run()

    assert not page.exception
    assert [image.id for image in services().images.list_images(project_id())] == [first]
    assert [entry.question for entry in services().library.entries_of(first)] == ["What is it?"]
    page.button(key="duplicates-undo").click().run()
    assert [entry.question for entry in services().library.entries_of(second)] == ["What is it?"]


def test_a_similar_image_without_questions_is_deleted_without_a_confirmation(page: AppTest) -> None:
    first, second = add_duplicates()
    page.query_params["as"] = "Look-alikes"
    page.run()
    page.session_state[component_key(f"duplicates-cards-{first}")] = {"acted": {"action": "delete", "id": second}}
    page.run()

    assert services().images.get_image(second) is None
    assert "1 image was deleted." in texts(page)


def test_variants_of_a_selection_are_offered(page: AppTest) -> None:
    first, _ = add(1, 2)
    page.run()
    page.session_state["images-grid"] = {"selected": {"epoch": 0, "ids": [first]}}
    page.run()
    page.button(key="images-variants").click().run()

    assert not page.exception
    assert page.number_input(key="make-variants").value == 1
    assert page.button(key="make-start").label == "Make variants of 1 image"
