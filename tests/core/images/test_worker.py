"""Limits of a worker process, and systems that cannot set them."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from core.images import worker

ROOT = Path(__file__).parents[3]

# A module that is None in sys.modules raises ImportError on import, as a missing one does.
WITHOUT_RESOURCE = """
import sys
sys.modules["resource"] = None
from core.images import worker
worker.limit(1_500_000_000)
print(worker.can_limit(), worker.run_limited(1.0, len, ("four",)))
"""


def test_a_system_without_the_resource_module_runs_jobs_without_these_limits() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT_RESOURCE], cwd=ROOT, capture_output=True, text=True)

    assert (run.stdout, run.stderr) == ("False 4\n", "")


def test_memory_core_dumps_and_cpu_time_are_limited_where_the_system_can(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda which, values: limits.update({which: values}))
    monkeypatch.setattr(resource, "getrlimit", lambda which: (7, 1000))
    monkeypatch.setattr(worker.time, "process_time", lambda: 10.4)

    worker.limit(1_500_000_000)
    worker.run_limited(20.0, len, ("four",))

    assert worker.can_limit()
    assert limits == {
        resource.RLIMIT_AS: (1_500_000_000, 1_500_000_000),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (31, 1000),
    }
