"""The style page: learn a style, set up a request, preview it, generate an image."""

import pytest
from streamlit.testing.v1 import AppTest

from core import Projects, StyleDatasets
from core.runtime import runtime
from core.style.results import ResultFilter, UsedReference
from pages.components.style import request_draft, request_preview, result_cards, results
from pages.components.style.request_draft import Draft
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.pages.running import has_ended, open_page, services, texts, until


def with_images(count: int = 6) -> Projects:
    project = services().projects.create_project("Shelf")
    files = [(f"warm-{content}.png", encoded(drawn(WARM_SOFT, content, (96, 72)))) for content in range(count)]
    services().intake.add_images(project.id, files)
    return project


def learned(count: int = 6) -> tuple[Projects, StyleDatasets]:
    project = with_images(count)
    return project, services().style.datasets.create_from_project(project.id)


def code(at: AppTest) -> str:
    return at.code[0].value


def test_a_project_without_images_links_to_upload() -> None:
    project = services().projects.create_project("Shelf")

    assert "There are no images to learn a style from yet." in texts(open_page("style", project.id))


def test_one_click_learns_the_style_and_shows_the_preview() -> None:
    project = with_images()
    at = open_page("style", project.id)

    at.button(key="style-learn").click().run()

    (dataset,) = services().style.datasets.list_style_datasets(project.id)
    assert at.query_params["style"] == dataset.id
    assert "Match the style and aesthetic of the 5 reference image(s) provided." in code(at)
    assert at.button(key="style-generate").disabled


def test_the_full_prompt_contains_the_fields_and_the_draft_survives_a_reload() -> None:
    project, dataset = learned()
    at = open_page("style", project.id)
    at.text_area(key=f"style-prompt-{dataset.id}-0").set_value("A teapot").run()
    at.text_input(key=f"style-keyword-{dataset.id}-0").set_value("oil").run()

    assert code(at).endswith("A teapot\nStyle: oil.")
    assert at.button(key="style-generate").label == "Draw 1 palette study"

    again = open_page("style", project.id)

    assert code(again).endswith("A teapot\nStyle: oil.")


def test_guidelines_and_brand_are_in_the_prompt_and_create_a_version() -> None:
    project, dataset = learned()
    at = open_page("style", project.id)
    at.text_area(key=f"style-guidelines-{dataset.id}-1").set_value("No people").run()
    at.text_input(key="style-brand-name").set_value("Nordlicht")
    at.button(key="style-brand-save").click().run()

    assert code(at).startswith("Brand: Nordlicht.\nStyle Guidelines: No people\n")
    assert services().style.datasets.get_style_dataset(dataset.id).version == 2


def test_too_few_references_show_a_warning() -> None:
    project, dataset = learned(3)
    at = open_page("style", project.id)

    assert r"The style dataset has 3 images, so 3 of the 5 references are sent\." in [one.value for one in at.warning]
    assert services().style.datasets.summary(dataset.id).images == 3


def test_generating_starts_a_task_that_is_in_the_address() -> None:
    project, dataset = learned()
    at = open_page("style", project.id)
    at.text_area(key=f"style-prompt-{dataset.id}-0").set_value("A teapot").run()
    at.button(key="style-generate").click().run()

    task_id = at.query_params["task"]
    until(lambda: has_ended(task_id))

    (made,) = services().style.results.history(project.id, ResultFilter(task_id=task_id)).items
    assert made.generated.prompt == "A teapot"
    assert not made.generated.kept
    at.run()
    assert "Results" in [heading.value for heading in at.header]


def test_a_deleted_style_dataset_is_restored_by_undo() -> None:
    project, dataset = learned()
    at = open_page("style", project.id)
    at.button(key="style-delete").click().run()
    assert services().style.datasets.list_style_datasets(project.id) == []

    at.button(key="style-undo-delete").click().run()

    assert [dataset.id for dataset in services().style.datasets.list_style_datasets(project.id)] == [dataset.id]


def test_a_style_dataset_is_created_before_there_are_images() -> None:
    project = services().projects.create_project("Shelf")
    at = open_page("style", project.id)
    at.text_input(key="style-new").set_value("Northern light")
    at.text_area(key="style-new-guidelines").set_value("No people")
    at.button(key="style-make").click().run()

    (made,) = services().style.datasets.list_style_datasets(project.id)
    assert (made.name, made.master_prompt) == ("Northern light", "No people")
    assert at.query_params["style"] == made.id


def test_urls_are_added_and_their_analysis_starts() -> None:
    project, dataset = learned(3)
    at = open_page("style", project.id)
    at.text_area(key="style-urls").set_value("http://127.0.0.1:9/a.png\n\nhttp://127.0.0.1:9/b.png")
    at.button(key="style-add-urls").click().run()

    assert services().style.datasets.summary(dataset.id).images == 5
    assert [task.task_type for task in services().tasks.list_tasks(project.id)] == ["style-analysis"]


def test_a_copy_in_another_project_is_opened_by_its_notice() -> None:
    project, _ = learned(3)
    other = services().projects.create_project("Other")
    at = open_page("style", project.id)
    at.selectbox(key="style-copy-to").set_value(other.id).run()
    at.button(key="style-copy").click().run()
    at.button(key="style-open-copy").click().run()

    (copy,) = services().style.datasets.list_style_datasets(other.id)
    assert (at.query_params["project"], at.query_params["style"]) == (other.id, copy.id)
    assert services().style.datasets.summary(copy.id).images == 3
    assert not at.exception


def test_a_reference_that_was_switched_off_can_be_sent_again() -> None:
    project, dataset = learned()
    off, *others = [entry.row.id for entry in services().style.datasets.list_images(dataset.id)]
    services().style.datasets.save_draft(dataset.id, Draft(excluded=(off,), pinned=(others[0],), count=2).to_dict())
    at = open_page("style", project.id)
    (pills,) = (group for group in at.button_group if "Switched off" in group.label)
    pills.set_value(off).run()

    draft = Draft.of(services().style.datasets.get_style_dataset(dataset.id).draft)
    assert (draft.pinned, draft.excluded, draft.count) == ((others[0], off), (), 3)


def test_a_result_in_the_address_opens_beside_its_references() -> None:
    project, dataset = learned()
    result = _made(project, dataset)

    at = open_page("style", project.id, result=result)

    assert "Selected result" in [heading.value for heading in at.header]
    used = services().style.results.references_used(result)
    assert [reference.number for reference in used] == [1, 2, 3, 4, 5]
    assert all(reference.sent and reference.image and reference.palette for reference in used)


def test_a_card_shows_its_match_and_the_verdicts_of_the_judge() -> None:
    project, dataset = learned()
    result = _made(project, dataset)
    runtime.services.loop.run(services().style.generator.judge(result))

    card = result_cards.result(services().style.results.get_result(result), can_refer=True)

    assert card.judged_by == "Judged by offline/measure"
    assert [question for question, _, _ in card.verdicts] == ["palette", "light", "texture", "composition", "mood"]
    assert len(card.bars) == 8
    assert "judge" in [action.name for action in card.actions]


def test_a_reference_that_failed_is_listed_with_its_reason() -> None:
    failed = UsedReference(2, "https://example.com/a.png", "The address answers 404.", False, None, ())

    card = result_cards.reference(failed)

    assert (card.number, card.alarm, card.lines) == (2, "Not sent: The address answers 404.", ())


@pytest.mark.parametrize(
    ("action", "pinned", "excluded", "count"),
    [
        ("pin", ("c",), (), 3),
        ("off", (), ("c",), 2),
        ("earlier", ("a", "c", "b"), (), 3),
        ("later", (), (), 3),
    ],
)
def test_an_action_on_the_third_of_three_references(
    action: str, pinned: tuple[str, ...], excluded: tuple[str, ...], count: int
) -> None:
    draft = request_draft.apply_action(Draft(count=3), action, "c", ["a", "b", "c"])

    assert (draft.pinned, draft.excluded, draft.count) == (pinned, excluded, count)


def test_a_swap_puts_the_replacement_at_the_same_position() -> None:
    draft = request_draft.swap(Draft(count=3), "b", ["a", "b", "c"], ["a", "c", "d"])

    assert (draft.pinned, draft.excluded) == (("a", "d", "c"), ("b",))


def test_a_swap_without_a_replacement_removes_the_position() -> None:
    assert request_draft.swap(Draft(), "b", ["a", "b"], ["a"]).pinned == ("a",)


def test_a_draft_round_trips_through_its_stored_form() -> None:
    draft = Draft(prompt="A\nB", batch=True, pinned=("a",), overrides={"style": "x"})

    assert Draft.of(draft.to_dict()) == draft
    assert Draft.of({"prompt": "A", "left over from an older version": 1}).prompt == "A"
    assert draft.prompts == ["A", "B"]
    assert Draft(prompt="A\nB").prompts == ["A\nB"]


@pytest.mark.parametrize(
    ("cost", "images", "words"),
    [
        (None, 1, "Cost unknown: this model has no listed price."),
        ((0.0, 0.0), 4, "No cost."),
        ((0.134, 0.134), 1, "Cost: about $0.13."),
        ((0.126, 0.33), 2, "Cost: about $0.25 to $0.66 for 2 images."),
    ],
)
def test_a_cost_is_a_range_zero_or_unknown(cost: tuple[float, float] | None, images: int, words: str) -> None:
    assert request_preview.cost_text(cost, images) == words


def test_a_result_is_copied_to_the_draft() -> None:
    project, dataset = learned()
    style = services().style
    result = _made(project, dataset)
    at = open_page("style", project.id)
    at.session_state["style-epoch"] = 1
    style.datasets.save_draft(dataset.id, results.draft_from(style.results.get_result(result), {}))
    at.run()

    assert at.text_area(key=f"style-prompt-{dataset.id}-1").value == "A lamp"


def _made(project: Projects, dataset: StyleDatasets) -> str:
    work = services().style.generate_image("A lamp", dataset.id, project_id=project.id, keep=False)
    return runtime.services.loop.run(work).id


@pytest.mark.parametrize(
    ("text", "is_csv", "prompts"),
    [
        ("A cup\n\n A boat \n", False, ["A cup", "A boat"]),
        ('id,Prompt\n1,"A cup, blue"\n2,\n3,A boat\n', True, ["A cup, blue", "A boat"]),
        ("A cup,x\nA boat,y\n", True, ["A cup", "A boat"]),
        ("", True, []),
    ],
)
def test_prompts_are_read_from_a_text_file_or_a_csv(text: str, is_csv: bool, prompts: list[str]) -> None:
    assert request_draft.prompts_from(text, is_csv=is_csv) == prompts


def test_a_batch_has_one_prompt_per_line_and_a_cost_cap() -> None:
    project, dataset = learned()
    at = open_page("style", project.id)
    at.toggle(key=f"style-batch-{dataset.id}-0").set_value(True).run()
    at.text_area(key=f"style-prompt-{dataset.id}-0").set_value("A cup\nA boat\n\nA lamp").run()
    at.number_input(key=f"style-cap-{dataset.id}-0").set_value(1.5).run()

    assert at.button(key="style-generate").label == "Draw 3 palette studies"

    at.button(key="style-generate").click().run()

    task = services().tasks.get_task(at.query_params["task"])
    assert (task.total_count, task.cost_cap) == (3, 1.5)


def test_images_selected_in_the_library_are_added_to_the_style_dataset() -> None:
    project, dataset = learned()
    style = services().style
    gone = [entry.row.id for entry in style.datasets.list_images(dataset.id)][:2]
    missing = [entry.image.id for entry in style.datasets.list_images(dataset.id)[:2] if entry.image is not None]
    style.datasets.remove_images(dataset.id, gone)
    at = open_page("style", project.id)
    at.session_state["selected-images"] = missing
    at.run()

    at.button(key="style-add-selected").click().run()

    found = services().style.datasets.list_style_datasets(project.id)
    assert not at.exception
    assert services().style.datasets.summary(found[0].id).images == 6
