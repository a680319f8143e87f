"""Restoring an export in the Vitrine format is lossless."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from core import Projects, connect
from core.db import Database, Events, ImageDatasets, LlmCalls, Questions, new_id, question_key
from core.errors import InvalidInputError
from core.export import ExportService, parse_recipe
from core.export.checks.base import open_bundle
from core.export.restore.restore import read_vitrine, restore_export
from core.images import ImageService
from core.projects import ProjectService
from core.services import Services
from core.tasks import TaskRunner
from tests import postgresql
from tests.core.export.hostile import KNOWN_QUESTION, HostileProject
from tests.core.images.pictures import encoded
from tests.core.importing.uploaded import uploaded

RECIPE = {"format": "vitrine", "entries": {"confirmed_only": False}}
# Depends on where an image was added, not on the data.
_LOCAL = ("id", "source", "source_ref", "create_at", "tags")


@pytest.mark.parametrize("container", ["zip", "directory"])
@pytest.mark.parametrize("rows", ["json", "jsonl"])
def test_restored_entries_equal_the_exported_ones(
    container: str, rows: str, hostile: HostileProject, tmp_path: Path
) -> None:
    with hostile.db.transaction() as session:
        _add_history(session, hostile)
    recipe = parse_recipe({**RECIPE, "container": container, "rows": rows})
    made = hostile.exports.export(hostile.project_id, recipe)
    before = _by_id(hostile.db.data_dir / made.path)

    with connect(tmp_path / "other") as other:
        project = ProjectService(other).create_project("Restored")
        restored = restore_export(other, ImageService(other).intake, project.id, hostile.db.data_dir / made.path)
        again = ExportService(other, ImageService(other)).export(project.id, recipe)
        after = _by_id(other.data_dir / again.path)

    assert restored.entries == len(before) == made.report["entries"]
    assert (restored.images, restored.rejected) == (made.report["images"], 0)
    assert after == before


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters=postgresql.UNSTORABLE), min_size=1, max_size=40).filter(
    lambda text: text.strip()
)
_ANY_ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "question": _TEXT,
            "answer": _TEXT | st.sampled_from(["<image>", "=1+1", '["a", "b"]', f"{postgresql.NUL} a", "a\nb"]),
            "answer_type": st.sampled_from(["text", "label", "custom_format"]), "kind": st.sampled_from(["", "count"]),
            "language": st.sampled_from(["en", "zh-CN", "tr"]), "model": _TEXT, "tags": _TEXT, "note": _TEXT,
            "score": st.integers(0, 10).map(lambda halves: halves / 2), "version": st.integers(1, 9),
            "confirmed": st.booleans(), "rejected": st.booleans(), "generated_answer": st.none() | _TEXT,
            "generated_question": st.none() | _TEXT, "options": st.none() | st.lists(_TEXT, max_size=3),
            "needs_review": _TEXT, "flagged": st.booleans(), "reject_reason": _TEXT,
        }
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


@pytest.fixture(scope="session")
def two_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Database]]:
    directory = tmp_path_factory.mktemp("two-databases")
    with connect(directory / "source") as source, connect(directory / "target") as target:
        yield source, target


@given(drawn_entries=_ANY_ENTRIES, rows=st.sampled_from(["json", "jsonl"]))
@settings(max_examples=settings().max_examples // 5, deadline=None)
def test_any_restored_entries_equal_the_exported_ones(
    drawn_entries: list[dict[str, Any]], rows: str, two_databases: tuple[Database, Database]
) -> None:
    source, target = two_databases
    recipe = parse_recipe({**RECIPE, "rows": rows})
    project_id = ProjectService(source).create_project(new_id()).id
    image = ImageService(source).intake.add_images(project_id, [("shelf.jpg", encoded())])[0].image
    assert image is not None
    with source.transaction() as session:
        session.add_all(
            ImageDatasets(project_id=project_id, image_id=image.id, image_name=image.image_name, **values)
            for values in drawn_entries
        )
    made = ExportService(source, ImageService(source)).export(project_id, recipe)
    restored_id = ProjectService(target).create_project(new_id()).id

    restored = restore_export(target, ImageService(target).intake, restored_id, source.data_dir / made.path)
    again = ExportService(target, ImageService(target)).export(restored_id, recipe)

    assert restored.entries == len(drawn_entries)
    assert _by_id(target.data_dir / again.path) == _by_id(source.data_dir / made.path)


def test_restoring_twice_adds_nothing(hostile: HostileProject, tmp_path: Path) -> None:
    made = hostile.exports.export(hostile.project_id, parse_recipe(RECIPE))
    with connect(tmp_path / "other") as other:
        projects = [ProjectService(other).create_project(name).id for name in ("One", "Two")]
        path = hostile.db.data_dir / made.path
        for id_ in projects:
            restore_export(other, ImageService(other).intake, id_, path)
        again = [restore_export(other, ImageService(other).intake, id_, path) for id_ in projects]

    assert [(restored.entries, restored.known) for restored in again] == [(0, made.report["entries"])] * 2


async def test_a_task_restores_a_bundle(hostile: HostileProject, services: Services, project: Projects) -> None:
    made = hostile.exports.export(hostile.project_id, parse_recipe(RECIPE))
    path = uploaded(services, "export.zip", (hostile.db.data_dir / made.path).read_bytes())

    task = services.tasks.create_task(project.id, "dataset-return", {"path": path})
    done = await TaskRunner(services.db, services.kinds).run(task.id)

    assert done.status == "completed"
    assert services.tasks.items(task.id)[0].result == {
        "counts": {"added": made.report["images"]},
        "rows": [],
        "entries": made.report["entries"],
    }
    assert services.dataset.get_dataset_stats(project.id)["total_entries"] == made.report["entries"]


def test_only_the_vitrine_format_is_recognized(hostile: HostileProject, services: Services) -> None:
    own, other = (
        uploaded(
            services,
            f"{name}.zip",
            (
                hostile.db.data_dir / hostile.exports.export(hostile.project_id, parse_recipe({"format": name})).path
            ).read_bytes(),
        )
        for name in ("vitrine", "llava")
    )

    assert services.exports.is_vitrine_export(own)
    assert not services.exports.is_vitrine_export(other)


def test_two_projects_of_one_database_can_restore_the_same_export(
    hostile: HostileProject, project: Projects, tmp_path: Path
) -> None:
    made = hostile.exports.export(hostile.project_id, parse_recipe(RECIPE))
    with connect(tmp_path / "other") as other:
        projects = [ProjectService(other).create_project(name).id for name in ("One", "Two")]
        counts = [
            restore_export(other, ImageService(other).intake, id_, hostile.db.data_dir / made.path) for id_ in projects
        ]

    assert counts[0].entries == counts[1].entries == made.report["entries"]


def test_a_restored_entry_uses_an_existing_question_of_its_image(hostile: HostileProject, tmp_path: Path) -> None:
    with hostile.db.transaction() as session:
        _add_history(session, hostile)
    path = hostile.db.data_dir / hostile.exports.export(hostile.project_id, parse_recipe(RECIPE)).path
    row = next(row for row in read_vitrine(path) if row["question"] == KNOWN_QUESTION)
    with connect(tmp_path / "other") as other:
        project_id = ProjectService(other).create_project("Asked before").id
        with open_bundle(path) as bundle, bundle.open(row["image"]["file"]) as file:
            image = ImageService(other).intake.add_images(project_id, [("shelf.jpg", file.read())])[0].image
        assert image is not None
        with other.transaction() as session:
            own = Questions(
                project_id=project_id, image_id=image.id, question=KNOWN_QUESTION, language=row["language"],
                question_key=question_key(KNOWN_QUESTION),
            )  # fmt: skip
            session.add(own)

        restore_export(other, ImageService(other).intake, project_id, path)

        with other.reading() as session:
            entry = session.get_one(ImageDatasets, row["id"])
            assert entry.question_id == own.id
            assert len(session.exec(select(Questions).where(Questions.image_id == image.id)).all()) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": None}, "image: "),
        ({"answer": 4}, "answer: "),
        ({"score": 9}, "score: "),
        ({"create_at": "yesterday"}, "create_at: "),
        ({"history": [{"action": "confirm"}]}, "history.0.actor: "),
        ({"id": "../1"}, "id: "),
    ],
)
def test_a_damaged_row_is_named(change: dict[str, Any], message: str, hostile: HostileProject, tmp_path: Path) -> None:
    recipe = parse_recipe({**RECIPE, "rows": "jsonl", "container": "directory"})
    bundle = tmp_path / "bundle"
    shutil.copytree(hostile.db.data_dir / hostile.exports.export(hostile.project_id, recipe).path, bundle)
    [rows] = bundle.glob("vitrine*.jsonl")
    first, second, *others = rows.read_text().splitlines()
    rows.write_text("\n".join([first, json.dumps(json.loads(second) | change), *others, ""]))

    with connect(tmp_path / "other") as other:
        project = ProjectService(other).create_project("Restored")
        with pytest.raises(InvalidInputError, match=r"Row 2 of this export cannot be used") as refused:
            restore_export(other, ImageService(other).intake, project.id, bundle)

    assert message in str(refused.value)


def test_another_format_is_refused(hostile: HostileProject, tmp_path: Path) -> None:
    made = hostile.exports.export(hostile.project_id, parse_recipe({"format": "llava"}))

    with pytest.raises(InvalidInputError, match="not a complete export in the Vitrine format"):
        list(read_vitrine(hostile.db.data_dir / made.path))


def _add_history(session: Session, hostile: HostileProject) -> None:
    """Give one entry a question, a model call and a history, once."""
    entry = session.exec(select(ImageDatasets).where(ImageDatasets.question == KNOWN_QUESTION)).one()
    if entry.call_id is not None:
        return
    call = LlmCalls(model="offline/measure", request_hash="0" * 64, prompt="Ask.", state="ok", cost=0.01)
    question = Questions(
        project_id=hostile.project_id, image_id=entry.image_id, question=entry.question, question_key="known"
    )
    session.add_all([call, question])
    session.flush()
    entry.call_id, entry.question_id = call.id, question.id
    session.add(
        Events(
            batch_id="batch", project_id=hostile.project_id, entity="entry", entity_id=entry.id, action="confirm",
            actor="ada", old={"confirmed": False}, new={"confirmed": True},
        )
    )  # fmt: skip


def _by_id(path: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for row in read_vitrine(path):
        image = {name: value for name, value in row["image"].items() if name not in _LOCAL}
        found[row["id"]] = row | {"image": image}
    return found


def test_entries_restored_beside_the_original_project_keep_their_questions(
    services: Services, project: Projects
) -> None:
    [outcome] = services.intake.add_images(project.id, [("shelf.jpg", encoded())])
    assert outcome.image is not None
    with services.db.transaction() as session:
        questions = [
            Questions(project_id=project.id, image_id=outcome.image.id, question=text, question_key=question_key(text))
            for text in ("How many?", "Which color?")
        ]
        session.add_all(questions)
        ids = [question.id for question in questions]
    for id_ in ids:
        services.dataset.create_from_question(id_, "Two", "m", confirmed=True)
    made = services.exports.export(project.id, parse_recipe(RECIPE))
    other = services.projects.create_project("Copy")

    restore_export(services.db, services.intake, other.id, services.db.data_dir / made.path)

    entries = services.dataset.list_dataset_entries(other.id)
    with services.db.reading() as session:
        linked = {entry.question: session.get_one(Questions, entry.question_id or "") for entry in entries}
    assert {text: (question.question, question.project_id) for text, question in linked.items()} == {
        text: (text, other.id) for text in ("How many?", "Which color?")
    }
    assert services.projects.counts(other.id).questions == 2
    assert all(question.answered for question in linked.values())
