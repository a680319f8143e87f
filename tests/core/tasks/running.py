"""What tests of running tasks wait for, and a process of its own that can be killed."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run_in_a_process_of_its_own(target: str, task_id: str) -> int:
    code = (
        "import asyncio, sys; from core.db import connect; from core.tasks import TaskRunner; "
        "from tests.core.tasks.counting import Counting\n"
        "with connect(sys.argv[1]) as db:\n"
        "    asyncio.run(TaskRunner(db, {'counting': Counting(db)}).run(sys.argv[2], concurrency=4))"
    )
    return subprocess.run([sys.executable, "-c", code, target, task_id], cwd=ROOT, check=False).returncode


async def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)
