"""The Vitrine format comes back in with nothing lost."""

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from core import Projects, connect
from core.db import Events, ImageDatasets, LlmCalls, Questions
from core.errors import InvalidInputError
from core.export import ExportRecipe, ImageDatasetExporter
from core.export.returning import bring_back, read_vitrine
from core.images import ImageService
from core.projects import ProjectService
from tests.core.export.nasty import KNOWN_QUESTION, Nasty

RECIPE = {"format": "vitrine", "entries": {"confirmed_only": False}}
# What belongs to the place, not to the data.
_OF_THE_PLACE = ("id", "source", "source_ref", "create_at", "tags")


@pytest.mark.parametrize("container", ["zip", "directory"])
@pytest.mark.parametrize("rows", ["json", "jsonl"])
def test_what_was_exported_comes_back_equal(container: str, rows: str, nasty: Nasty, tmp_path: Path) -> None:
    with nasty.db.transaction() as session:
        _remember(session, nasty)
    recipe = ExportRecipe.parse({**RECIPE, "container": container, "rows": rows})
    made = nasty.exporter.export(nasty.project_id, recipe)
    before = _by_id(nasty.db.data_dir / made.path)

    with connect(tmp_path / "other") as other:
        project = ProjectService(other).create_project("Back")
        returned = bring_back(other, ImageService(other), project.id, nasty.db.data_dir / made.path)
        again = ImageDatasetExporter(other, ImageService(other)).export(project.id, recipe)
        after = _by_id(other.data_dir / again.path)

    assert returned.entries == len(before) == made.report["entries"]
    assert (returned.images, returned.refused) == (made.report["images"], 0)
    assert after == before


def test_a_second_return_into_the_same_place_keeps_both(nasty: Nasty, project: Projects, tmp_path: Path) -> None:
    made = nasty.exporter.export(nasty.project_id, ExportRecipe.parse(RECIPE))
    with connect(tmp_path / "other") as other:
        projects = [ProjectService(other).create_project(name).id for name in ("One", "Two")]
        counts = [bring_back(other, ImageService(other), id_, nasty.db.data_dir / made.path) for id_ in projects]

    assert counts[0].entries == counts[1].entries == made.report["entries"]


def test_something_else_is_refused(nasty: Nasty, tmp_path: Path) -> None:
    made = nasty.exporter.export(nasty.project_id, ExportRecipe.parse({"format": "llava"}))

    with pytest.raises(InvalidInputError, match="no whole Vitrine export"):
        list(read_vitrine(nasty.db.data_dir / made.path))


def _remember(session: Session, nasty: Nasty) -> None:
    """Give one entry a question, a call and a history, once."""
    entry = session.exec(select(ImageDatasets).where(ImageDatasets.question == KNOWN_QUESTION)).one()
    if entry.call_id is not None:
        return
    call = LlmCalls(model="offline/measure", request_hash="0" * 64, prompt="Ask.", state="ok", cost=0.01)
    question = Questions(
        project_id=nasty.project_id, image_id=entry.image_id, question=entry.question, question_key="known"
    )
    session.add_all([call, question])
    session.flush()
    entry.call_id, entry.question_id = call.id, question.id
    session.add(
        Events(
            batch_id="batch", project_id=nasty.project_id, entity="entry", entity_id=entry.id, action="confirm",
            actor="ada", old={"confirmed": False}, new={"confirmed": True},
        )
    )  # fmt: skip


def _by_id(path: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for row in read_vitrine(path):
        image = {name: value for name, value in row["image"].items() if name not in _OF_THE_PLACE}
        found[row["id"]] = row | {"image": image}
    return found
