"""Limits of a worker process, and systems that cannot set them."""

import queue
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
import psutil  # needs it on Linux, not elsewhere
sys.modules["resource"] = None
from core.images import worker
worker.limit(1_500_000_000)
print(worker.can_limit(), worker.run_limited(1.0, len, ("four",)))
"""


def test_a_system_without_the_resource_module_runs_jobs_without_these_limits() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT_RESOURCE], cwd=ROOT, capture_output=True, text=True)

    assert (run.stdout, run.stderr) == ("False 4\n", "")


def test_a_process_ends_itself_where_the_system_does_not_limit_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: queue.Queue[int] = queue.Queue()
    monkeypatch.setattr(worker.os, "_exit", ended.put)
    worker.watch_memory(10**15)  # far above what this process has
    worker.watch_memory(1)
    assert ended.get(timeout=30) == worker.OUT_OF_MEMORY
    assert ended.empty()


def test_memory_core_dumps_and_cpu_time_are_limited_where_the_system_can(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda which, values: limits.update({which: values}))
    monkeypatch.setattr(resource, "getrlimit", lambda which: (7, 1000))
    monkeypatch.setattr(worker.sys, "platform", "linux")
    monkeypatch.setattr(worker.time, "process_time", lambda: 10.4)

    worker.limit(1_500_000_000)
    worker.run_limited(20.0, len, ("four",))

    assert worker.can_limit()
    assert limits == {
        resource.RLIMIT_AS: (1_500_000_000, 1_500_000_000),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (31, 1000),
    }


FAULTS = """
import ctypes, resource
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)  # PR_SET_THP_DISABLE: some systems give huge pages, of which few are needed
from core.images import worker
{prepare}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    blocks = [bytearray(8_000_000) for _ in range(3)]
    del blocks
before = faults()
blocks = [bytearray(8_000_000) for _ in range(3)]
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_a_worker_reuses_the_memory_of_its_last_image() -> None:
    """A decoder of WebP allocates blocks like these for each image; every new page costs a page fault."""

    def page_faults(prepare: str) -> int:
        code = FAULTS.format(prepare=prepare)
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        return int(run.stdout)

    assert page_faults("") > 1000
    assert page_faults("worker.prepare(1_500_000_000)") < 100


LEFT_DIRECTORY = """
import os, sys
from core.images import worker
os.chdir(sys.argv[1])
os.rmdir(sys.argv[1])
print(worker.run_limited(1.0, os.getcwd, ()))
"""


def test_a_worker_whose_directory_was_deleted_goes_on_in_the_root(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()

    run = subprocess.run([sys.executable, "-c", LEFT_DIRECTORY, gone], cwd=ROOT, capture_output=True, text=True)

    assert (run.stdout, run.stderr) == ("/\n", "")
