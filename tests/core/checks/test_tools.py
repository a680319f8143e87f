"""The second opinion by tools, on a project whose images were analyzed."""

import json
from typing import Any

import pytest
from sqlmodel import select

from core import ImageDatasets, ImageDatasetService, Projects
from core.checks import DatasetChecks
from core.checks.base import Finding
from core.checks.tool_opinions.thresholds import tuned
from core.checks.tools import CHECK, CONTRADICTS, SAME_TOOLS, SUPPORTS, UNSURE, _result
from core.dataset import EntryQueries, ReviewService, parse_search
from core.db import Database, EntryFindings
from core.vision import store
from core.vision.analyzers.base import Analysis
from tests.core.dataset.conftest import add_image

DOG = {"label": "dog", "score": 0.83, "box_xyxy": [10.04, 20.0, 200.0, 220.0]}
SIGN = {"text": "Platform 9", "score": 0.98, "box_xyxy": [5.0, 5.0, 90.0, 25.0]}


def looked_at(db: Database, project: Projects, name: str, objects: list[Any], lines: list[Any]) -> str:
    """Store an image with what the tools found in it, and return its id."""
    image = add_image(db, project.id, name)
    found = {"objects": {"items": objects, "faint": {"cat": 0.2}}, "text": {"lines": lines}}
    versions = {"objects": "centernet 1", "text": "rapidocr 3"}
    with db.transaction() as session:
        for analyzer, result in found.items():
            store.write(session, project.id, analyzer, versions[analyzer], {image.id: Analysis(result)})
    return image.id


async def checked(db: Database, project: Projects) -> tuple[dict[str, Any], dict[str, EntryFindings]]:
    result = await DatasetChecks(db).run(project.id, "tools")
    with db.reading() as session:
        return result, {row.entry_id: row for row in session.exec(select(EntryFindings)).all()}


def ids(db: Database, project: Projects, line: str) -> list[str]:
    return [entry.id for entry in EntryQueries(db).find_entries(project.id, parse_search(line)).items]


async def test_each_answer_is_supported_contradicted_or_left_open_with_what_speaks_for_it(
    db: Database, project: Projects
) -> None:
    image_id = looked_at(db, project, "a.jpg", [DOG], [SIGN])
    unseen = add_image(db, project.id, "b.jpg").id
    create = ImageDatasetService(db).create_dataset_entry
    schema = {"type": "object", "required": ["dogs"]}

    def make(question: str, answer: str, image_id: str = image_id, **more: Any) -> str:
        return create(project.id, image_id, question, answer, **{"model": "openai/gpt-4o"} | more).id

    denied = make("Is there a dog?", "No")
    right = make("Is there a dog?", "Yes")
    label = make("Is there a dog?", '["No"]', answer_type="label", options=["Yes", "No"])
    read = make("Which platform is it?", "Platform 8", kind="text")
    own = make("Is there a dog?", "Yes", model="offline/see")
    other = make("Who took it?", "Nobody knows.")
    unknown = make("Is there a dog?", "No", unseen)
    pair = make("Is there a dog?", "No", image_ids=[image_id, unseen])
    fits = make("Count them.", '{"dogs": 1}', answer_type="custom_format", options=schema)
    lacks = make("Count them.", '{"dogs": 1}', answer_type="custom_format", options=schema)
    with db.transaction() as session:
        session.get_one(ImageDatasets, lacks).answer = '{"cats": 1}'  # as an import of old data may leave it

    result, found = await checked(db, project)

    assert ids(db, project, "tools:contradicts") == [denied, label, read, lacks]
    assert ids(db, project, "tools:supports") == [right]
    assert set(ids(db, project, "tools:unsure")) == {own, other, unknown, pair, fits}
    assert {name: result[name] for name in ("entries", "tested", "contradicts", "supports", "unsure")} == {
        "entries": 10, "tested": 6, "contradicts": 4, "supports": 1, "unsure": 5,
    }  # fmt: skip
    assert result["same_tools"] == 1
    told = next(fact for fact in CHECK.report(result).facts if fact.label == "Given by offline/see with these tools")
    assert told.value == "1 of 10 (10%)"
    assert found[denied].evidence == {
        "tool": "absent", "says": "1 × dog found, with certainty 0.83.",
        "parts": [{"label": "dog", "xyxy": [10.0, 20.0, 200.0, 220.0], "score": 0.83, "tool": "centernet 1"}],
    }  # fmt: skip
    assert found[denied].score == pytest.approx(0.17)
    assert found[read].evidence["says"] == "The image says “Platform 9”."
    assert found[read].evidence["parts"][0]["xyxy"] == [5.0, 5.0, 90.0, 25.0]
    assert "dogs" in found[lacks].evidence["says"]
    assert [found[one].evidence["says"] for one in (own, other, unknown, pair, fits)] == [
        "offline/see answered it, which uses the same tools.", "No tool can test this question.",
        "The image was not analyzed for this.", "It is about several images.",
        "It fits its JSON schema, which does not prove its values.",
    ]  # fmt: skip
    assert json.dumps(result)


async def test_thresholds_are_tuned_on_confirmed_answers_of_people_and_models_but_not_of_the_tools(
    db: Database, project: Projects
) -> None:
    """Here the detector finds each dog with a score of 0.3: by default it would not contradict, tuned it does."""
    create = ImageDatasetService(db).create_dataset_entry
    faint = DOG | {"score": 0.3}
    with_dog = [looked_at(db, project, f"dog {n}.jpg", [faint], []) for n in range(45)]
    without = [looked_at(db, project, f"none {n}.jpg", [], []) for n in range(45)]
    for image_ids, answer in ((with_dog, "Yes"), (without, "No")):
        made = [create(project.id, id_, "Is there a dog?", answer, model="openai/gpt-4o").id for id_ in image_ids]
        ReviewService(db).bulk_ids(project.id, made[:43], "confirm")
    wrong = create(project.id, with_dog[44], "Is there a dog?", "No", model="openai/gpt-4o").id
    for image_id in with_dog[:30]:
        see = create(project.id, image_id, "Is there a dog?", "Yes", model="offline/see").id
        ReviewService(db).bulk_ids(project.id, [see], "confirm")

    result, found = await checked(db, project)

    tools = {row["tool"]: row for row in result["tools"]}
    assert (tools["absent"]["source"], tools["absent"]["right"], tools["absent"]["wrong"]) == ("confirmed", 43, 43)
    assert tools["absent"]["thresholds"]["contradict"] == pytest.approx(0.7)
    assert (tools["absent"]["precision"], tools["absent"]["recall"]) == (1.0, 1.0)
    assert found[wrong].verdict == "contradicts"
    assert ids(db, project, "tools:contradicts") == [wrong]


def test_the_result_counts_the_verdicts_of_each_tool() -> None:
    found = [
        Finding("1", SUPPORTS, 1.0, {"tool": "present"}), Finding("2", SUPPORTS, 1.0, {"tool": "present"}),
        Finding("3", CONTRADICTS, 0.0, {"tool": "color", "says": SAME_TOOLS}), Finding("4", UNSURE, None, {}),
    ]  # fmt: skip
    limits = {name: tuned(name, []) for name in ("present", "absent", "color")}

    result = _result([], found, limits)

    assert (result["entries"], result["supports"], result["contradicts"], result["same_tools"]) == (4, 2, 1, 1)
    assert [(row["tool"], row["supports"], row["contradicts"]) for row in result["tools"]] == [
        ("present", 2, 0), ("color", 0, 1),
    ]  # fmt: skip
