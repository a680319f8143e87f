"""kill -9 during a generation: no result is lost or stored twice, and calls paid twice are counted."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import select

from core import ImageDatasets, Images, Projects, Questions
from core.db import LlmCalls
from core.services import Services
from tests import postgresql
from tests.fakes.provider import MODELS, Call, FakeProvider, Reply
from tests.pictures import png

REPOSITORY = Path(__file__).parents[3]
CONCURRENCY = 8
REPLY_AFTER_S = 0.2


def _one_entry(_call: Call) -> Reply:
    item = {"question": "What color is it?", "answer": "Plain.", "kind": "attribute"}
    return Reply(json.dumps({"items": [item]}), delay_s=REPLY_AFTER_S)


@pytest.mark.parametrize(
    ("images", "kills"), [(24, 1), pytest.param(500, 30, marks=[pytest.mark.prove, pytest.mark.timeout(900)])]
)
def test_every_image_has_its_entry_once_however_often_the_process_is_killed(
    services: Services, project: Projects, images: int, kills: int
) -> None:
    _add_images(services, project, images)
    with FakeProvider(_one_entry) as provider:
        task_id = _create_task(services, project, provider.url)
        killed = _run_with_kills(services.db.data_dir, provider, kills)

    summary = services.tasks.summary(task_id)
    with services.db.reading() as session:
        entries = session.exec(select(ImageDatasets.image_id)).all()
        questions = session.exec(select(Questions.image_id)).all()
        calls = Counter(session.exec(select(LlmCalls.state)).all())
    assert killed == kills
    assert summary.status_text == "completed"
    assert len(entries) == len(set(entries)) == len(questions) == images
    assert calls == Counter({"ok": images, "unknown": summary.maybe_paid_twice})
    assert 0 < len(provider.calls) - images <= summary.maybe_paid_twice <= kills * CONCURRENCY


def _add_images(services: Services, project: Projects, count: int) -> list[Images]:
    files = [(f"{number}.png", png((number % 256, number // 256, 7))) for number in range(count)]
    return [outcome.image for outcome in services.intake.add_images(project.id, files) if outcome.image]


def _create_task(services: Services, project: Projects, provider_url: str) -> str:
    config = {
        "num_questions": 1,
        "with_answers": True,
        "concurrency": CONCURRENCY,
        "llm_config": {"model": MODELS["openai"], "api_base": f"{provider_url}/v1"},
    }
    return services.tasks.create_task(project.id, config=config).id


def _run_with_kills(data_dir: Path, provider: FakeProvider, kills: int) -> int:
    """Start the runner and kill it with calls in flight, repeatedly; then run it to the end. Return the real kills."""
    killed = 0
    for _ in range(kills):
        process = _start(data_dir)
        enough = len(provider.calls) + random.randint(1, CONCURRENCY + 2)
        while len(provider.calls) < enough and process.poll() is None:
            time.sleep(0.005)
        time.sleep(random.uniform(0.0, REPLY_AFTER_S / 2))  # a call is in flight
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait(60)
    assert _start(data_dir).wait(300) == 0
    return killed


def _start(data_dir: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.core.questions.run_open_tasks"],
        cwd=REPOSITORY,
        env={**postgresql.environment_of(data_dir), "OPENAI_API_KEY": "sk-fake"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    process.stdout.close()
    return process
