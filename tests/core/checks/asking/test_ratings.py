import json
from collections.abc import Callable

from core import ImageDatasets, Projects
from core.export import ExportRecipe
from core.services import Services
from tests.fakes.provider import Call, FakeProvider, Reply


def rates(call: Call) -> Reply:
    """Rate the lines 5, 4, 3, 2 in the order of FineVision's rubric, however they are shown."""
    prompt = "\n".join(call.texts)
    starts = {
        "The answer is about": 5,
        "The image is needed": 4,
        "The image fits": 3,
        "Question and answer are well": 2,
    }
    found = sorted((prompt.index(start), rating) for start, rating in starts.items())
    lines = [{"number": n, "reason": "So it is.", "score": rating} for n, (_, rating) in enumerate(found, start=1)]
    return Reply(json.dumps({"lines": lines}))


async def test_the_four_ratings_are_exported_and_those_that_came_with_an_entry_stay(
    services: Services, project: Projects, provider: FakeProvider, model: dict[str, str],
    make: Callable[..., ImageDatasets],
) -> None:  # fmt: skip
    provider.default = rates
    entries = [make("How many?", "3"), make("Where?", "Here", ratings={"relevance": 1})]
    result = await services.checks.run(project.id, "ratings", models=[model])
    assert [(line["name"], line["mean"]) for line in result["lines"]] == [
        ("relevance", 5.0), ("visual_dependency", 4.0), ("image_correspondence", 3.0), ("formatting", 2.0),
    ]  # fmt: skip
    for entry in entries:
        services.review.decide(entry.id, entry.version, "confirm")
    (row,) = services.exports.preview(project.id, ExportRecipe(format="finevision"))
    assert {name: row.row[f"{name}_ratings"] for name in ("relevance", "visual_dependency", "formatting")} == {
        "relevance": [5, 1], "visual_dependency": [4, 4], "formatting": [2, 2],
    }  # fmt: skip
    assert row.row["image_correspondence_ratings"] == [3, 3]
