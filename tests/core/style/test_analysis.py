"""Analysis: always measured, described by a model once per image, never overwritten once a person edited it."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from core import StyleDatasets, StyleGenerationService
from core.db import Database, LlmCalls
from core.errors import MissingKeyError, RefusedReplyError
from core.llm import ModelConfig
from core.style.analysis import _finish, _lighting, _mood, reference_tags
from tests.fakes.image_model import FakeImageModel

DESCRIBED = {
    "description": "Soft and warm.", "tags": ["soft", "analogue"], "vibe": "calm", "lighting": "evening light",
    "colors": ["orange"], "style": "blurred film",
}  # fmt: skip
GPT = {"model": "openai/gpt-4o", "api_key": "sk-test"}


def test_measuring_fills_the_documented_fields_without_a_model(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    row = style.datasets.list_images(dataset.id)[0].row

    assert {"description", "tags", "vibe", "lighting", "colors", "style"} <= set(row.analysis_result)
    assert row.analysis_result["measured"]["palette"][0]["hex"].startswith("#")
    assert row.analysis_model == "offline/measure"
    assert row.features["version"] == 1
    assert artist.history == []


async def test_the_description_of_a_vision_model_replaces_the_measured_one(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, db: Database
) -> None:
    artist.enqueue(*[DESCRIBED] * 8)

    rows = await style.analyze_images(dataset.id, GPT)

    assert {row.analysis_model for row in rows} == {"openai/gpt-4o"}
    assert rows[0].analysis_result["lighting"] == "evening light"
    assert rows[0].analysis_result["measured"]["lightness"] > 0
    assert len(artist.history[0].images) == 1
    with db.reading() as session:
        assert [call.state for call in session.exec(select(LlmCalls))] == ["ok"] * 8


async def test_an_image_is_analyzed_once_per_model(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue(*[DESCRIBED] * 8)
    await style.analyze_images(dataset.id, GPT)

    await style.analyze_images(dataset.id, GPT)

    assert len(artist.history) == 8


async def test_the_analysis_of_an_image_is_shared_between_style_datasets(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, image_ids: list[str]
) -> None:
    artist.enqueue(*[DESCRIBED] * 8)
    await style.analyze_images(dataset.id, GPT)
    again = style.create_style_dataset(dataset.project_id, "Again")
    style.add_images(again.id, image_ids[:2])

    rows = await style.analyze_images(again.id, GPT)

    assert [row.analysis_result["vibe"] for row in rows] == ["calm", "calm"]
    assert len(artist.history) == 8


async def test_an_edited_analysis_is_not_overwritten(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    row = style.datasets.list_images(dataset.id)[0].row
    style.analysis.edit_analysis(row.id, {"vibe": "wistful", "tags": "old, faded,"})
    artist.enqueue(*[DESCRIBED] * 7)

    rows = await style.analyze_images(dataset.id, GPT)

    mine = next(stored for stored in rows if stored.id == row.id)
    assert (mine.analysis_result["vibe"], mine.analysis_result["tags"]) == ("wistful", ["old", "faded"])
    assert len(artist.history) == 7


async def test_an_edit_while_a_model_describes_the_image_is_not_overwritten(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, db: Database
) -> None:
    row = style.datasets.list_images(dataset.id)[0].row
    artist.enqueue(DESCRIBED)
    analyzed = await style.analysis.analyze_image(row.id, ModelConfig.from_dict(GPT))
    style.analysis.edit_analysis(row.id, {"vibe": "wistful"})

    with db.transaction() as session:
        analyzed.write(session)

    stored = style.datasets.get_image(row.id).row
    assert (stored.analysis_result["vibe"], stored.analysis_model) == ("wistful", "person")


async def test_one_bad_reply_leaves_that_image_measured_and_the_others_described(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue(RefusedReplyError("The model answered: no."), *[DESCRIBED] * 7)

    rows = await style.analyze_images(dataset.id, GPT)

    assert sorted(row.analysis_model for row in rows) == ["offline/measure", *["openai/gpt-4o"] * 7]


async def test_an_error_that_would_fail_every_call_is_raised(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue(*[MissingKeyError("There is no key.")] * 8)

    with pytest.raises(MissingKeyError):
        await style.analyze_images(dataset.id, GPT)


def test_the_tags_of_a_reference_are_its_vibe_and_lighting_one_by_one() -> None:
    tags = reference_tags({"vibe": "calm, soft", "lighting": " low light,", "style": "oil"})

    assert tags == ("calm", "soft", "low light")


@pytest.mark.parametrize(
    ("brightness", "contrast", "said"),
    [
        (34.9, 11.9, "low light, soft contrast"), (35, 12, "medium light"), (70, 24, "medium light"),
        (70.1, 24.1, "bright light, strong contrast"),
    ],
)  # fmt: skip
def test_light_is_told_by_its_level_and_contrast(brightness: float, contrast: float, said: str) -> None:
    measured: Any = SimpleNamespace(brightness=brightness, contrast=contrast)

    assert _lighting(measured) == said


@pytest.mark.parametrize(
    ("saturation", "warmth", "said"),
    [
        (0.11, -0.09, "muted, cool"), (0.12, -0.08, "natural"), (0.35, 0.08, "natural"), (0.36, 0.09, "vivid, warm"),
    ],
)  # fmt: skip
def test_a_mood_is_told_by_how_strong_and_how_warm_the_colors_are(saturation: float, warmth: float, said: str) -> None:
    measured: Any = SimpleNamespace(saturation=saturation, warmth=warmth)

    assert _mood(measured) == said


@pytest.mark.parametrize(
    ("detail", "said"),
    [(0.34, "smooth surfaces"), (0.35, "soft detail"), (1.2, "soft detail"), (1.21, "fine grain")],
)
def test_a_finish_is_told_by_the_finest_detail(detail: float, said: str) -> None:
    features: Any = SimpleNamespace(group=lambda name: {"bands": [detail, 9.0]}[name])

    assert _finish(features) == said
