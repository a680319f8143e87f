"""A project with rows in every table that moves, and what it contains in a form that two copies can be compared by."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlmodel import col

from core.db import (
    BusinessProfiles,
    CheckRuns,
    Database,
    EntryFindings,
    EntryImages,
    Events,
    GeneratedImages,
    Guidelines,
    Honeypots,
    ImageAnalyses,
    ImageDatasets,
    ImageFindings,
    ImageHashes,
    Images,
    ImageTexts,
    ImageVectors,
    LlmCalls,
    ModelProfiles,
    Projects,
    QuestionImages,
    Questions,
    QuestionTemplates,
    ReviewPlans,
    SavedViews,
    StyleDatasetImages,
    StyleDatasets,
    StyleVersions,
    TaskItems,
    Tasks,
    question_key,
)
from core.moving.contents import TABLES, MovedTable
from core.services import Services
from core.vision.store import derive
from core.vision.vectors.rows import packed
from tests import postgresql
from tests.core.images.pictures import drawn, encoded

NUL = postgresql.NUL

_BEGAN = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)
_ID = re.compile(r"(?<![0-9A-Za-z_-])[0-9A-Za-z_-]{21}(?![0-9A-Za-z_-])")


def at(number: int) -> datetime:
    """Return a time that no other row of its table has."""
    return _BEGAN + timedelta(minutes=number, microseconds=number)


def make(services: Services, name: str = "Kitchen: shelves / 2026") -> str:
    """Create the project and return its id."""
    project = services.projects.create_project(name, "Two shelves, ünïcödé.")
    pictures = [(f"{number}.jpg", encoded(drawn(number))) for number in range(5)]
    outcomes = services.intake.add_images(project.id, pictures, source="zip", source_ref="shelves.zip")
    images = [outcome.image for outcome in outcomes if outcome.image is not None]
    ids = [image.id for image in images]
    with services.db.transaction() as session:
        task = _tasks(session, project.id, ids)
        call = LlmCalls(
            task_id=task.id, item_id=session.scalars(select(TaskItems.id)).first(), purpose="question",
            model="openai/gpt-4o", request_hash="a" * 64, params={"temperature": 0.5, "image": ids[0]},
            prompt="What?", state="ok", attempt=2, started_at=at(1), ended_at=at(2), http_status=200,
            prompt_tokens=12, completion_tokens=7, cost=0.25, error_code="", reply="A cup.",
        )  # fmt: skip
        loose = LlmCalls(
            model="openai/gpt-4o", request_hash="b" * 64, state="failed", error_code="timeout", started_at=at(3)
        )
        foreign = LlmCalls(model="openai/gpt-4o", request_hash="c" * 64, started_at=at(4))
        session.add_all([call, loose, foreign])
        session.flush()
        _change_images(session, ids)
        _analyses(session, project.id, ids)
        template = QuestionTemplates(
            project_id=project.id, question="What is it?", language="tr", answer_type="label", options=["cup", "pot"],
            one_label=True, create_at=at(1), deleted_at=at(9),
        )  # fmt: skip
        session.add(template)
        session.flush()
        entries = _questions_and_entries(session, project.id, ids, task.id, template.id, call.id)
        _style(session, project.id, ids, task.id, loose.id)
        _views_and_events(session, project.id, ids, entries, call.id)
        session.add(ModelProfiles(name="Local", config={"model": "offline/measure", "max_side_px": 512}))
    services.images.original_path(images[4]).unlink()
    return project.id


def _tasks(session: Any, project_id: str, ids: list[str]) -> Tasks:
    task = Tasks(
        project_id=project_id, task_type="image-question-generation", status="completed with failures",
        config={"image_ids": ids, "nested": [{"image": ids[1]}]}, total_count=2, processed_count=1, failed_count=1,
        note="One failed.", create_at=at(1), update_at=at(2), started_at=at(3), ended_at=at(4), started_by="Ada",
        cost_cap=1.5, result={"first": ids[0]},
    )  # fmt: skip
    session.add(task)
    session.flush()
    session.add_all([
        TaskItems(
            task_id=task.id, position=0, subject_id=ids[0], payload={"question_ids": [], ids[1]: True}, stage=1,
            state="failed", attempts=3, error_code="timeout", error="Too slow.", result={"x": 1}, ended_at=at(5),
        ),
        TaskItems(task_id=task.id, position=1, subject_id="a name, no id", state="done"),
    ])  # fmt: skip
    return task


def _change_images(session: Any, ids: list[str]) -> None:
    first, second, deleted, hidden, _ = (session.get_one(Images, id_) for id_ in ids)
    first.tags, first.create_at = "kitchen,red", at(1)
    second.near_duplicate_of = first.id
    second.variant_of, second.variant_steps = first.id, [{"operation": "flip"}]
    second.pinned_split, second.pinned_at = "test", at(8)
    deleted.deleted_at = at(7)
    hidden.visibility, hidden.source, hidden.source_ref = "hidden", "generated", f"made from {ids[0]}"


def _analyses(session: Any, project_id: str, ids: list[str]) -> None:
    session.get_one(Projects, project_id).analyzers = "text,objects"
    result = {"lines": [{"text": "No. 7", "score": 0.9, "box_xyxy": [1.0, 2.0, 30.0, 40.0]}]}
    session.add_all([
        ImageAnalyses(
            project_id=project_id, image_id=ids[0], analyzer="text", version="reader 1", model="openai/gpt-4o",
            score=0.9, result=result, update_at=at(1),
        ),
        ImageAnalyses(
            project_id=project_id, image_id=ids[0], analyzer="objects", version="detector 1", score=0.4,
            update_at=at(2), result={"items": [
                {"label": "Cup", "score": score, "box_xyxy": [1.5, 2.0, 30.0, 40.0]} for score in (0.9, 0.4)
            ]},
        ),
        ImageVectors(project_id=project_id, image_id=ids[0], kind="toy 1", vector=packed(np.arange(1, 129))),
    ])  # fmt: skip
    session.flush()
    derive(session, project_id, [ids[0]])


def _questions_and_entries(
    session: Any, project_id: str, ids: list[str], task_id: str, template_id: str, call_id: int | None
) -> list[str]:
    texts = ("What is on the shelf?", "How many cups?", "Nobody answered this?")
    questions = [
        Questions(
            project_id=project_id, image_id=ids[number % 2], question=text, question_key=question_key(text),
            language="tr", kind="count", answer_type="label", options=["1", "2"], model="openai/gpt-4o",
            task_id=task_id, create_at=at(number), update_at=at(number + 50), one_label=True,
            template_id=template_id, more_image_ids=ids[2] if number else "",
            deleted_at=at(3) if number == 1 else None,
        )
        for number, text in enumerate(texts)
    ]  # fmt: skip
    session.add_all(questions)
    session.flush()
    common: dict[str, Any] = {"project_id": project_id, "image_id": ids[0], "image_name": "0.jpg"}
    entries = [
        ImageDatasets(
            **common, question_id=questions[0].id, question=texts[0], answer="A red cup of tea.",
            answer_type="label", model="openai/gpt-4o", confirmed=True, score=4.5, tags="red,cup", note="Nice.",
            flagged=True, create_at=at(1), update_at=at(2), version=3, kind="count", language="tr",
            options={"type": "object", "maximum": 10**20}, needs_review="short", generated_question="What?",
            generated_answer="Tea.", call_id=call_id, task_id=task_id, more_image_ids=f"{ids[1]},{ids[2]}",
            conversation_id="talk-1", turn=1, system="Be brief.", origin="imported", ratings={"relevance": 5},
            boxes=[{"label": "cup", "xyxy": [1, 2, 3, 4], "image": 1}],
        ),
        ImageDatasets(
            **common, question=texts[0], answer="A blue cup of tea.", model="other", rejected=True,
            reject_reason="wrong", create_at=at(3), update_at=at(4), more_image_ids=f"{ids[1]},{ids[2]}",
        ),
        ImageDatasets(
            **common, question=f"Deleted? {NUL} \u2028", answer="", create_at=at(5), update_at=at(6), deleted_at=at(7),
        ),
    ]  # fmt: skip
    for entry in entries:
        session.add(entry)
        session.flush()
    _check(session, project_id, task_id, entries[0].id)
    return [entry.id for entry in entries]


def _check(session: Any, project_id: str, task_id: str, entry_id: str) -> None:
    run = CheckRuns(
        project_id=project_id, check_name="balance", series="a", query=f"task:{task_id}", options={"target": 0.4},
        result={"left_out": 1}, create_at=at(1), ended_at=at(2),
    )  # fmt: skip
    session.add(run)
    session.flush()
    session.add(
        EntryFindings(entry_id=entry_id, run_id=run.id, verdict="leave out", score=0.5, evidence={"guess": "yes"})
    )
    session.add(CheckRuns(project_id=project_id, check_name="guessable", create_at=at(3)))


def _style(session: Any, project_id: str, ids: list[str], task_id: str, call_id: int | None) -> None:
    dataset = StyleDatasets(
        user_id="Ada", project_id=project_id, name="Warm", master_prompt="Warm light.", version=2, created_at=at(1),
        deleted_at=at(8), draft={"references": [ids[0]]},
    )  # fmt: skip
    session.add(dataset)
    session.flush()
    session.add_all([
        StyleVersions(dataset_id=dataset.id, version=1, name="Warm", change="began", created_at=at(1)),
        StyleVersions(dataset_id=dataset.id, version=2, name="Warmer", master_prompt="Warm.", created_at=at(2)),
        StyleDatasetImages(
            dataset_id=dataset.id, image_id=ids[0], image_url=f"/img/{ids[0]}/view", position=2,
            analysis_result={"vibe": "calm"}, features={"of": ids[0]}, created_at=at(1), analysis_model="offline",
            added_in=2, removed_in=3,
        ),
        BusinessProfiles(project_id=project_id, business_name="Tea", vibes="calm", theme="green"),
    ])  # fmt: skip
    first = GeneratedImages(
        project_id=project_id, prompt="A cup", full_prompt="A warm cup", image_id=ids[3], dataset_id=dataset.id,
        style="photo", aspect_ratio="16:9", resolution="1K", format="png", quality="high", reference_images_count=1,
        model="offline", caption="A cup.", recipe={"references": [{"image_id": ids[0]}]}, match={"score": 0.5},
        call_id=call_id, created_at=at(1), deleted_at=at(2), dataset_version=2, kept=True, rating=-1, cost=0.04,
        task_id=task_id,
    )  # fmt: skip
    session.add(first)
    session.flush()
    session.add(GeneratedImages(project_id=project_id, prompt="Again", parent_id=first.id, created_at=at(3)))


def _views_and_events(session: Any, project_id: str, ids: list[str], entries: list[str], call_id: int | None) -> None:
    session.add_all([
        SavedViews(project_id=project_id, name="Cups", query=f"cup task:{ids[0]}", create_at=at(1), created_by="Ada"),
        ReviewPlans(
            project_id=project_id, assignment="shared", people=["Ada", "Bo"], second_percent=20, honeypot_query="tag:x"
        ),
        Guidelines(project_id=project_id, version=1, text="Count cups.", create_at=at(1), created_by="Ada"),
        Guidelines(
            project_id=project_id, version=2, text=f"See ![a cup](image:{ids[3]}).", restored_from=1, create_at=at(2),
            created_by="Bo",
        ),
        Honeypots(
            project_id=project_id, entry_id=entries[0], source_id=entries[0], behind_id=entries[0], reader="Ada",
            shown_answer="yes", right_answer="yes", is_right=True,
        ),
    ])  # fmt: skip
    undone, undo = (
        Events(
            batch_id=f"batch-{number}".ljust(21, "x"), project_id=project_id, entity="entry", entity_id=entries[0],
            action=action, actor="Ada", at=at(number), old={"image_ids": ids[:1]}, new={"call_id": call_id},
        )
        for number, action in enumerate(("edited", "undone"))
    )  # fmt: skip
    about_image = Events(
        batch_id="z" * 21, project_id=project_id, entity="image", entity_id=ids[0], action="tagged", actor="Bo",
        at=at(2), new={"tags": "red"},
    )  # fmt: skip
    session.add_all([undone, undo, about_image])
    session.flush()
    undone.undone_by = undo.id


# --- comparing -------------------------------------------------------------------------------------------------


def rows_of(db: Database, project_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table that moves or is derived, with all their columns."""
    found = {}
    with db.reading() as session:
        for table in TABLES:
            columns = table.row.__table__.c  # type: ignore[attr-defined]
            query = select(*columns).where(table.belongs(project_id)).order_by(columns[table.key])
            found[table.name] = [dict(row._mapping) for row in session.execute(query)]
        images = select(Images.id).where(col(Images.project_id) == project_id)
        for links in (ImageHashes, ImageFindings, ImageTexts, EntryImages, QuestionImages):  # type: Any
            query = select(*links.__table__.c).where(links.image_id.in_(images))
            found[links.__tablename__] = [dict(row._mapping) for row in session.execute(query)]
    return found


def comparable(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """Return rows with each id replaced by a number, so that two copies with different ids are equal."""
    numbers: dict[str, dict[int, int]] = {}
    for table in TABLES:
        if table.key in table.numbers:
            numbers[table.name] = {row[table.key]: place for place, row in enumerate(rows[table.name])}
    by_id: dict[str, str] = {}
    ordered = {
        table.name: sorted(rows[table.name], key=lambda row, table=table: _plain(table, row)) for table in TABLES
    }
    ordered |= {name: some for name, some in rows.items() if name not in ordered}
    found = {}
    for name, some in ordered.items():
        table = next((one for one in TABLES if one.name == name), None)
        # In stored order: sorted keys would depend on the ids that some keys are.
        lines = [json.dumps(_numbered(table, row, numbers), default=str) for row in some]
        lines = [_ID.sub(lambda match: by_id.setdefault(match[0], f"<{len(by_id)}>"), line) for line in lines]
        found[name] = lines if table else sorted(lines)
    return found


_MADE_ANEW = {"model_profiles": {"id", "create_at"}, "llm_calls": {"request_hash"}}


def _plain(table: MovedTable, row: dict[str, Any]) -> str:
    names = [name for name in table.plain.split() if name not in _MADE_ANEW.get(table.name, ())]
    return json.dumps([row[name] for name in names], default=str)


def _numbered(table: MovedTable | None, row: dict[str, Any], numbers: dict[str, dict[int, int]]) -> dict[str, Any]:
    """Return a row with its integer ids as positions, and without what is made anew."""
    if table is None:
        return row
    values = {name: value for name, value in row.items() if name not in _MADE_ANEW.get(table.name, ())}
    for name, of in table.numbers.items():
        values[name] = None if values[name] is None else numbers[of].get(values[name], "unknown")
    if table.row is Events and "call_id" in values["new"]:
        values["new"] = {"call_id": numbers["llm_calls"][values["new"]["call_id"]]}
    return values
