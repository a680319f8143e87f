"""An import that is killed goes on where it was: in the end everything is there once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlmodel import select

from core import connect
from core.db import Database, TaskItems
from core.services import Services
from tests import postgresql
from tests.core.images.pictures import drawn, encoded

ROOT = Path(__file__).parents[3]
IMAGES, QUESTIONS, CONVERSATIONS = 24, 100, 24


def annotated(root: Path) -> Path:
    """Return a directory of images with more records than one transaction stores, some of them conversations."""
    root.mkdir()
    for number in range(IMAGES):
        (root / f"{number}.jpg").write_bytes(encoded(drawn(number, (96, 64))))
    rows = [
        {"image": f"{number % (IMAGES + 1)}.jpg", "question": f"Question {number}?", "answer": f"Answer {number}."}
        for number in range((IMAGES + 1) * QUESTIONS)
    ]
    (root / "rows.json").write_text(json.dumps(rows))
    turns = [("human", "Hello"), ("gpt", "Hi"), ("human", "What?"), ("gpt", "A cup.")]
    conversations = [
        {"image": f"{number}.jpg", "conversations": [{"from": role, "value": value} for role, value in turns]}
        for number in range(CONVERSATIONS)
    ]
    (root / "llava.json").write_text(json.dumps(conversations))
    return root


def start(data_dir: Path, root: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.core.images.importing", str(root)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=postgresql.environment_of(data_dir),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def check(db: Database) -> None:
    """Check that every image, question and conversation is there once, and that the counts are right."""
    services = Services(db)
    (project,) = services.projects.list_projects()
    # When it had ended before its process was killed, there is a second one, which found everything there.
    task = services.tasks.list_tasks(project.id)[-1]
    assert task.status == "completed"
    entries = services.dataset.list_dataset_entries(project.id, limit=10_000)
    single = [entry for entry in entries if entry.conversation_id is None]
    assert len(services.images.list_images(project.id)) == IMAGES
    assert len(single) == len({entry.question for entry in single}) == IMAGES * QUESTIONS
    turns = [(entry.conversation_id, entry.turn) for entry in entries if entry.conversation_id is not None]
    assert len(turns) == len(set(turns)) == CONVERSATIONS * 2
    assert len({conversation_id for conversation_id, _ in turns}) == CONVERSATIONS
    result = task.result
    found = (IMAGES + 1) * QUESTIONS + CONVERSATIONS * 2
    assert (result["questions"], result["entries"], result["known"]) == (found, found - QUESTIONS, 0)
    assert (result["counts"], result["left_out"]) == ({"added": IMAGES}, {"image": QUESTIONS})
    with db.reading() as session:
        assert {item.state for item in session.exec(select(TaskItems))} == {"done"}


def kill_repeatedly(directory: Path, kills: int, seed: int) -> None:
    root, data_dir = annotated(directory / "shelf"), directory / "data"
    chance = random.Random(seed)
    for _ in range(kills):
        process = start(data_dir, root)
        assert process.stdout is not None
        if process.stdout.readline() == "started\n":
            # Reading, storing images, matching and storing records take about a second each.
            time.sleep(chance.uniform(0.0, 3.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    output, _ = start(data_dir, root).communicate(timeout=300)
    assert "completed" in output
    with connect(data_dir) as db:
        check(db)


def test_crash_an_annotated_import_killed_at_random_moments_resumes_and_doubles_nothing(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path, 2, seed=1)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_crash_an_annotated_import_killed_at_40_random_moments_doubles_nothing(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}").mkdir()
        kill_repeatedly(tmp_path / f"{number}", 4, seed=number)
