"""kill -9 during provider batches: nothing is sent twice, no answer is lost or stored twice."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from core import Images, Projects, Questions
from core.db import LlmCalls, ProviderBatches
from core.services import Services
from tests import postgresql
from tests.fakes.batches import BatchWireFormat, FakeBatches
from tests.fakes.http_server import Answer, Received
from tests.pictures import png

REPOSITORY = Path(__file__).parents[3]


class SlowBatches(FakeBatches):
    """Answers after a while, so that a kill falls between a request and its answer; batches end one by one."""

    def _respond(self, received: Received) -> Answer:
        answered = super()._respond(received)
        return Answer(answered.status, answered.headers, answered.body, delay_s=random.uniform(0.0, 0.25))


@pytest.fixture
def server() -> Iterator[FakeBatches]:
    with SlowBatches() as running:
        yield running


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_no_request_is_sent_twice_and_no_answer_lost_however_often_the_process_is_killed(
    services: Services, project: Projects, server: FakeBatches, wire: BatchWireFormat
) -> None:
    kills = 20
    images = [(f"{number}.png", png((number % 256, number // 256, 7))) for number in range(140)]
    services.intake.add_images(project.id, images)
    model = {name: value for name, value in server.config(wire).items() if name != "api_key"}
    recipe = {"models": [model], "num_questions": 1, "batch": True, "concurrency": 4}
    task_id = services.tasks.create_task(project.id, config=recipe).id

    killed = _run_with_kills(services.db.data_dir, kills)

    summary = services.tasks.summary(task_id)
    with services.db.reading() as session:
        asked = Counter(session.exec(select(Questions.image_id)).all())
        everything = set(session.exec(select(Images.id)).all())
        calls = Counter(session.exec(select(LlmCalls.state)).all())
        batches = Counter(session.exec(select(ProviderBatches.state)).all())
    accepted = Counter(json.dumps(body, sort_keys=True) for body in server.accepted)
    assert killed == kills
    assert summary.status_text == "completed"
    assert asked == Counter(everything)
    assert set(accepted.values()) == {1}
    assert len(accepted) == 140
    assert (calls["ok"], calls["unknown"]) == (140, 0)
    assert batches["ended"] == len(server.batches)


def _run_with_kills(data_dir: Path, kills: int) -> int:
    killed = 0
    for _ in range(kills):
        process = _start(data_dir)
        time.sleep(random.uniform(0.1, 2.0))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait(60)
    assert _start(data_dir).wait(300) == 0
    return killed


def _start(data_dir: Path) -> "subprocess.Popen[str]":
    environment: dict[str, Any] = postgresql.environment_of(data_dir)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.core.questions.run_open_batches"],
        cwd=REPOSITORY,
        env={**environment, "VITRINE_KEY_127_0_0_1": "key-of-the-tests"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    process.stdout.close()
    return process
