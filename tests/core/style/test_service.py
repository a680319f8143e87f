"""Generation: what is sent, what is stored, and what happens when a step fails."""

import json

import pytest
from sqlmodel import select

from core import ImageService, Projects, ProjectService, StyleDatasets, StyleGenerationService
from core.db import Database, GeneratedImages, LlmCalls
from core.errors import BadReplyError, InvalidInputError, NotFoundError, RefusedReplyError
from core.fetch import Fetched, FetchError
from core.style.requests import StyleRequest
from tests.core.style.looks import COLD_GRAINY, WARM_SOFT, drawn, encoded
from tests.fakes.image_model import FakeImageModel

GEMINI = {"model": "gemini/gemini-3-pro-image", "api_key": "sk-secret"}
NEW = encoded(drawn(WARM_SOFT, 90, (256, 256)))


async def test_the_public_call_makes_an_image_and_puts_it_into_the_project(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    artist.enqueue_images(NEW)

    made = await style.generate_image("A teapot", dataset.id, style="oil", aspect_ratio="16:9", config=GEMINI)

    assert (made.prompt, made.style, made.aspect_ratio, made.reference_images_count) == ("A teapot", "oil", "16:9", 5)
    assert (made.resolution, made.format, made.cost, made.kept) == ("256x256", "PNG", 0.039, True)
    image = images.get_image(made.image_id or "")
    assert image is not None
    assert image.source == "generated"
    assert images.original_path(image).read_bytes() == NEW


async def test_references_go_first_in_their_order_and_the_full_prompt_is_the_documented_one(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    style.set_business_profile(dataset.project_id, "Nordlicht", "calm", "sea")
    artist.enqueue_images(NEW)

    made = await style.generate_image("A teapot", dataset.id, style="oil", config=GEMINI)

    sent = artist.requests[0]
    assert [part.label for part in sent.references] == [f"Reference {number}:" for number in range(1, 6)]
    for part, used in zip(sent.references, made.recipe["references"], strict=True):
        stored = images.get_image(used["image_id"])
        assert stored is not None
        assert part.data == images.model_image(stored, 1024).data
    assert sent.prompt == made.full_prompt == (
        "Brand: Nordlicht. Vibe: calm. Theme: sea.\n"
        "Style Guidelines: No people\n"
        "Reference style: vivid, warm, medium light, soft contrast.\n"
        "Match the style and aesthetic of the 5 reference image(s) provided.\n"
        "A teapot\n"
        "Style: oil."
    )  # fmt: skip


async def test_the_recipe_does_not_change_and_contains_no_key(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI)
    style.datasets.update_style_dataset(dataset.id, name="Renamed", master_prompt="Other")

    recipe = style.results.get_result(made.id).generated.recipe

    assert recipe["dataset"] == {"id": dataset.id, "name": "Warm and soft", "version": 1}
    assert made.dataset_version == 1
    assert [used["number"] for used in recipe["references"]] == [1, 2, 3, 4, 5]
    assert all(len(used["sha256"]) == 64 and used["reason"] for used in recipe["references"])
    assert recipe["finish_reason"] == "stop"
    assert recipe["duration_s"] >= 0
    assert "sk-secret" not in json.dumps(recipe)


async def test_a_result_and_its_call_are_stored_in_one_transaction(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, db: Database
) -> None:
    artist.enqueue_images(NEW)

    made = await style.generate_image("A teapot", dataset.id, config=GEMINI)

    with db.reading() as session:
        call = session.get(LlmCalls, made.call_id)
    assert call is not None
    assert (call.state, call.cost, call.purpose) == ("ok", 0.039, "style image")


async def test_the_match_is_stored_with_words_and_a_palette(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(encoded(drawn(WARM_SOFT, 90)), encoded(drawn(COLD_GRAINY, 90)))

    near = (await style.generate_image("A teapot", dataset.id, config=GEMINI)).match
    far = (await style.generate_image("A teapot", dataset.id, config=GEMINI)).match

    assert near["score"] < 1.3 < far["score"]
    assert (near["word"], far["word"]) == ("fits", "off")
    assert len(near["dimensions"]) == 8
    assert far["percentile"] == 0
    assert near["palette"][0]["hex"].startswith("#")
    assert near["copy"] is None


async def test_a_copy_of_a_reference_is_detected(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(encoded(drawn(WARM_SOFT, 3).resize((150, 112))))

    made = await style.generate_image("A teapot", dataset.id, config=GEMINI)

    assert made.match["copy"]["distance_bits"] <= 40


async def test_without_a_style_dataset_only_the_text_is_sent_with_a_notice(
    project: Projects, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(NEW)

    made = await style.generate_image("A teapot", config=GEMINI)

    assert made.project_id == project.id
    assert artist.requests[0].references == ()
    assert artist.requests[0].prompt == "A teapot"
    assert made.recipe["notices"] == ["No style dataset is chosen, so only the text is sent."]


async def test_when_some_references_fail_the_others_are_sent_with_a_notice(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    preview = style.generator.preview(StyleRequest("A teapot", dataset_id=dataset.id))
    gone = [preview.references[1], preview.references[3]]
    for reference in gone:
        assert reference.image is not None
        images.original_path(reference.image).unlink()
    artist.enqueue_images(NEW)

    made = await style.generate_image("A teapot", dataset.id, config=GEMINI)

    assert made.reference_images_count == 3
    assert [part.label for part in artist.requests[0].references] == ["Reference 1:", "Reference 3:", "Reference 5:"]
    assert "the 3 reference image(s)" in made.full_prompt
    assert [failed["number"] for failed in made.recipe["failed_references"]] == [2, 4]
    assert made.recipe["notices"][-1].startswith("2 of 5 references could not be used.")


async def test_when_all_references_fail_only_the_text_is_sent_with_a_notice(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    for entry in style.datasets.list_images(dataset.id):
        assert entry.image is not None
        images.original_path(entry.image).unlink()
    artist.enqueue_images(NEW)

    made = await style.generate_image("A teapot", dataset.id, config=GEMINI)

    assert made.reference_images_count == 0
    assert made.full_prompt == "Style Guidelines: No people\nA teapot"
    assert made.recipe["notices"][-1].startswith("None of the 5 references could be used")


async def test_references_behind_urls_are_fetched_checked_and_hidden(
    db: Database, project: Projects, artist: FakeImageModel, images: ImageService
) -> None:
    asked: list[str] = []

    async def fetch(url: str, *, max_bytes: int) -> Fetched:
        asked.append(url)
        if "gone" in url:
            raise FetchError("The address answers 404. Check it in a browser.")
        content = b"<html>" if "page" in url else encoded(drawn(WARM_SOFT, 5 + int(url[-1])))
        return Fetched(content, url, "image/png")

    style = StyleGenerationService(db, artist, images, fetch)
    made = style.create_style_dataset(project.id, "From the web")
    style.add_images(made.id, urls=[f"https://example.com/{name}" for name in ("1", "gone", "2", "page", "3")])
    artist.enqueue_images(NEW, NEW)

    first = await style.generate_image("A teapot", made.id, config=GEMINI)
    second = await style.generate_image("A teapot", made.id, config=GEMINI)

    assert first.reference_images_count == second.reference_images_count == 3
    assert [failed["number"] for failed in first.recipe["failed_references"]] == [2, 4]
    assert "answers 404" in first.recipe["failed_references"][0]["why"]
    assert sorted(asked) == sorted(
        [f"https://example.com/{name}" for name in ("1", "2", "3", "gone", "gone", "page", "page")]
    )
    assert [image.source for image in images.list_images(project.id)] == ["generated"]


def test_more_references_than_the_model_takes_give_a_notice(
    dataset: StyleDatasets, style: StyleGenerationService
) -> None:
    preview = style.generator.preview(
        StyleRequest("A teapot", dataset_id=dataset.id, reference_image_count=20), config=GEMINI
    )

    assert preview.max_references == 14
    assert preview.notices[0].startswith(
        "gemini/gemini-3-pro-image takes at most 14 references: 6 of the 20 you asked for will not be sent."
    )


def test_no_more_references_are_chosen_than_the_model_takes(
    dataset: StyleDatasets, style: StyleGenerationService
) -> None:
    request = StyleRequest("A teapot", dataset_id=dataset.id, reference_image_count=7)

    preview = style.generator.preview(request, config={"model": "openrouter/someone/painter"})

    assert (preview.max_references, len(preview.references)) == (5, 5)


def test_the_preview_shows_exactly_what_will_be_sent_and_sends_nothing(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    preview = style.generator.preview(StyleRequest("A teapot", dataset_id=dataset.id), config=GEMINI)

    assert [reference.number for reference in preview.references] == [1, 2, 3, 4, 5]
    assert all(reference.reason for reference in preview.references)
    assert sum(group.count for group in preview.left_out) == 3
    assert preview.cost == (0.1395, 0.1395)
    assert artist.requests == []


def test_an_unknown_price_is_none_and_not_zero(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    request = StyleRequest("A teapot", dataset_id=dataset.id)

    assert style.generator.preview(request, config={"model": "openrouter/someone/painter"}).cost is None


@pytest.mark.parametrize(
    ("more", "field"),
    [({"aspect_ratio": "7:3"}, "aspect_ratio"), ({"size": "8K"}, "size"), ({"wording": "brutal"}, "wording")],
)
async def test_what_the_model_does_not_make_is_refused_before_a_call(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, more: dict, field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await style.generate_image("A teapot", dataset.id, config=GEMINI, **more)

    assert refused.value.field == field
    assert artist.requests == []


async def test_a_refusal_shows_the_models_text_and_stores_no_result(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(RefusedReplyError("The model answered in words: I will not draw that. Say it differently."))

    with pytest.raises(RefusedReplyError, match="I will not draw that"):
        await style.generate_image("A teapot", dataset.id, config=GEMINI)

    assert style.results.history(dataset.project_id).total == 0


async def test_bytes_that_are_no_image_are_not_stored_and_their_call_failed(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, db: Database
) -> None:
    artist.enqueue_images(b"<svg onload=alert(1)>")

    with pytest.raises(BadReplyError, match="not an image"):
        await style.generate_image("A teapot", dataset.id, config=GEMINI)

    with db.reading() as session:
        assert session.exec(select(GeneratedImages)).all() == []
        assert [call.state for call in session.exec(select(LlmCalls))] == ["failed"]


async def test_a_pinned_reference_is_sent_first_and_an_excluded_one_never(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    rows = [entry.row.id for entry in style.datasets.list_images(dataset.id)]
    artist.enqueue_images(NEW)

    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, pinned=[rows[6]], excluded=rows[:3])

    used = [reference["id"] for reference in made.recipe["references"]]
    assert used[0] == rows[6]
    assert set(used).isdisjoint(rows[:3])


async def test_an_image_deleted_from_the_library_is_no_reference_until_it_is_restored(
    dataset: StyleDatasets, style: StyleGenerationService, images: ImageService, image_ids: list[str]
) -> None:
    images.delete_image(image_ids[0])
    assert style.datasets.summary(dataset.id).images == 7

    images.library.restore_images([image_ids[0]])

    assert style.datasets.summary(dataset.id).images == 8


async def test_an_unknown_style_dataset_is_an_error(style: StyleGenerationService, project: Projects) -> None:
    with pytest.raises(NotFoundError, match="style dataset does not exist"):
        await style.generate_image("A teapot", "nowhere", config=GEMINI)


async def test_a_style_dataset_of_another_project_is_refused_everywhere(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, db: Database
) -> None:
    other = ProjectService(db).create_project("Other").id
    request = StyleRequest("A teapot", dataset_id=dataset.id)

    with pytest.raises(InvalidInputError, match="belongs to another project") as refused:
        await style.generate_image("A teapot", dataset.id, config=GEMINI, project_id=other)
    assert refused.value.field == "dataset_id"
    with pytest.raises(InvalidInputError, match="belongs to another project"):
        style.generator.preview(request, project_id=other)
    with pytest.raises(InvalidInputError, match="belongs to another project"):
        style.analysis.pending_images(dataset.id, "openai/gpt-4o", project_id=other)
    assert artist.requests == []


def test_images_of_another_project_cannot_be_added(
    dataset: StyleDatasets, style: StyleGenerationService, db: Database, images: ImageService
) -> None:
    other = ProjectService(db).create_project("Other").id
    (outcome,) = images.intake.add_images(other, [("theirs.png", NEW)])
    assert outcome.image is not None

    with pytest.raises(InvalidInputError, match="belong to another project"):
        style.add_images(dataset.id, [outcome.image.id])

    assert style.datasets.summary(dataset.id).images == 8


async def test_each_image_of_one_prompt_is_a_variant_of_its_own(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(NEW, NEW, NEW)

    await style.generate_image("A teapot", dataset.id, config=GEMINI)
    await style.generate_image("A teapot", dataset.id, config=GEMINI)
    await style.generate_image("A cup", dataset.id, config=GEMINI)

    assert [request.variant for request in artist.requests] == [1, 2, 1]


def test_a_request_survives_json() -> None:
    request = StyleRequest("A teapot", dataset_id="d", pinned=("a",), overrides={"style": "x"})

    assert StyleRequest.from_dict(json.loads(json.dumps(request.to_dict()))) == request
    with pytest.raises(InvalidInputError, match="no field color"):
        StyleRequest.from_dict({"prompt": "x", "color": "red"})
    with pytest.raises(InvalidInputError, match="prompt is missing"):
        StyleRequest.from_dict({})
