"""Mixed load with faults of the provider for a long time: memory, threads and open files stay flat.

A fake provider in its own process answers with good replies in many forms, images, replies far too long, and every
fault of the tests that does not stop a task. Tasks that ask and answer run two at a time, some are cancelled, images
are generated, and entries are listed. At the end no call of the ledger is open.

    python bench/soak.py [--minutes N] [--full]

The default is half a minute, which shows that it works; ``--full`` is one hour.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import random
import resource
import statistics
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlmodel import func, select

from core import connect
from core.db import Database, LlmCalls
from core.errors import InvalidInputError, VitrineError
from core.llm import DatabaseLedger, ImageRequest, LLMService, ModelConfig, RetryPolicy
from core.questions import ImageAnswerGenerationTask, ImageQuestionGenerationTask
from core.services import Services
from core.tasks import TaskKind, TaskRunner, TaskService

MODEL = "openai/gpt-4o"
IMAGES = 40
TIMEOUT_S = 1.0
SAMPLE_EVERY_S = 5.0
GROWTH_MB_AT_MOST, MORE_THREADS_AT_MOST, MORE_FILES_AT_MOST = 50.0, 8, 16
# Until caches and pools are full.
WARM_UP_SHARE = 0.25


def serve(pipe: Connection) -> None:
    """Run the fake provider until a message arrives on *pipe*; send its URL first."""
    from tests.core.llm.test_generated_replies import ReplyGrammar
    from tests.fakes.faults import FAULTS
    from tests.fakes.provider import Call, FakeProvider, Reply, Scripted
    from tests.pictures import png

    faults = [fault for fault in FAULTS if not (fault.expected_error and fault.expected_error.stops_task)]
    quick = [fault for fault in faults if not fault.slow and "openai" in fault.wires]
    slow = [fault for fault in faults if fault.slow]
    rng, grammar, picture = random.Random(1), ReplyGrammar(1), png("red")
    long = json.dumps({"questions": [f"What is number {number}?" for number in range(100_000)]})

    def script(call: Call) -> Scripted:
        kind = rng.random()
        if "modalities" in call.body:
            return Reply(None, images=(picture,)) if kind < 0.8 else rng.choice(quick).make(call)
        if kind < 0.005:
            return Reply(long)
        if kind < 0.015:
            return rng.choice(slow).make(call)
        if kind < 0.2:
            return rng.choice(quick).make(call)
        if "Answer" in call.texts[-1] and kind < 0.9:
            return Reply(json.dumps({"answers": [{"number": number, "answer": "Red."} for number in range(1, 11)]}))
        return Reply(grammar.make()[0])

    with FakeProvider(script) as provider:
        # The fake records its calls for tests; over an hour that would dominate the memory.
        provider.calls = provider.received = _DiscardingList()
        pipe.send(provider.url)
        pipe.recv()


class _DiscardingList(list[Any]):
    def append(self, _item: Any) -> None:
        return


@dataclass(frozen=True)
class Sample:
    """What the process uses at one moment."""

    memory_mb: float
    threads: int
    files: int


def sample() -> Sample:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Sample(
        pages * resource.getpagesize() / 1e6, threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    )


class Soak:
    """The load; one object per run."""

    def __init__(self, services: Services, url: str) -> None:
        self._services = services
        self._db: Database = services.db
        self._llm = LLMService(RetryPolicy(first_wait_s=0.02, longest_wait_s=0.2))
        kinds: list[TaskKind] = [
            ImageQuestionGenerationTask(self._db, self._llm, services.images),
            ImageAnswerGenerationTask(self._db, self._llm, services.images),
        ]
        self._kinds = {kind.task_type: kind for kind in kinds}
        self._tasks = TaskService(self._db, lambda: self._kinds)
        self._config = {"model": MODEL, "api_base": f"{url}/v1", "timeout_s": TIMEOUT_S}
        self._project = services.projects.create_project("Soak")
        self._add_images()
        self.outcomes: Counter[str] = Counter()

    def _add_images(self) -> None:
        from tests.pictures import png

        colors = [f"#{random.Random(number).randrange(2**24):06x}" for number in range(IMAGES)]
        self._services.intake.add_images(self._project.id, [(f"{color}.png", png(color)) for color in colors])

    async def run(self, duration_s: float) -> list[Sample]:
        """Keep the load up for *duration_s* and return the samples taken meanwhile."""
        until = time.monotonic() + duration_s
        samples: list[Sample] = []
        async with asyncio.TaskGroup() as group:
            for number in range(2):
                group.create_task(self._ask_and_answer(number, until))
            group.create_task(self._generate_images(until))
            group.create_task(self._list(until))
            while time.monotonic() < until:
                await asyncio.sleep(min(SAMPLE_EVERY_S, max(until - time.monotonic(), 0.01)))
                samples.append(await asyncio.to_thread(sample))
        return samples

    async def _ask_and_answer(self, number: int, until: float) -> None:
        rng = random.Random(number)
        while time.monotonic() < until:
            for kind in self._kinds:
                config: dict[str, Any] = {"llm_config": self._config, "concurrency": 8, "fresh": True}
                if kind == ImageQuestionGenerationTask.task_type:
                    config |= {"num_questions": 3, "language": f"Language {time.time_ns()}"}
                task = await asyncio.to_thread(self._tasks.create_task, self._project.id, kind, config)
                running = asyncio.create_task(TaskRunner(self._db, self._kinds).run(task.id))
                if rng.random() < 0.2:
                    await asyncio.sleep(0.5)
                    with contextlib.suppress(InvalidInputError):  # it ended before
                        await asyncio.to_thread(self._tasks.cancel, task.id)
                self.outcomes[(await running).status] += 1

    async def _generate_images(self, until: float) -> None:
        config = ModelConfig.from_dict(self._config | {"model": "openai/some-image-model"})
        ledger = DatabaseLedger(self._db, purpose="soak")
        while time.monotonic() < until:
            try:
                reply = await self._llm.create_image(config, ImageRequest("A lamp"), ledger=ledger)
                await asyncio.to_thread(ledger.settle_now, reply)
                self.outcomes["image"] += 1
            except VitrineError as error:
                self.outcomes[f"no image: {error.code}"] += 1
            await asyncio.sleep(0.1)

    async def _list(self, until: float) -> None:
        while time.monotonic() < until:
            await asyncio.to_thread(self._services.dataset.list_dataset_entries, self._project.id, limit=50)
            await asyncio.sleep(0.1)

    def calls(self) -> dict[str, int]:
        """Return how many calls the ledger has in each state."""
        with self._db.reading() as session:
            rows = session.exec(select(LlmCalls.state, func.count()).group_by(LlmCalls.state))
            return dict(rows.all())


def report(samples: list[Sample], soak: Soak, duration_s: float) -> bool:
    """Print the figures and return whether they are within their bounds."""
    warm = samples[int(len(samples) * WARM_UP_SHARE) :]
    third = max(len(warm) // 3, 1)
    within = True
    for name, unit, most in (
        ("memory_mb", "MB", GROWTH_MB_AT_MOST), ("threads", "threads", MORE_THREADS_AT_MOST),
        ("files", "open files", MORE_FILES_AT_MOST),
    ):  # fmt: skip
        values = [float(getattr(taken, name)) for taken in warm]
        first, last = statistics.median(values[:third]), statistics.median(values[-third:])
        print(f"{unit}: {first:.0f} -> {last:.0f}, at most {max(values):.0f} (growth at most {most:.0f})")
        within &= last - first <= most
    calls = soak.calls()
    print(f"{duration_s / 60:.1f} min, calls {calls}, tasks and images {dict(soak.outcomes)}")
    return within and not calls.get("started")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, help="how long; the default is half a minute")
    parser.add_argument("--full", action="store_true", help="one hour")
    chosen = parser.parse_args()
    duration_s = 60 * (chosen.minutes or (60 if chosen.full else 0.5))
    os.environ["OPENAI_API_KEY"] = "sk-fake"
    ours, theirs = multiprocessing.Pipe()
    provider = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    provider.start()
    url = ours.recv()
    with tempfile.TemporaryDirectory() as directory, connect(directory) as db:
        soak = Soak(Services(db), url)
        samples = asyncio.run(soak.run(duration_s))
        within = report(samples, soak, duration_s)
    ours.send("stop")
    provider.join(10)
    return 0 if within else 1


if __name__ == "__main__":
    raise SystemExit(main())
