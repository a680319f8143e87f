"""Runs readers one after the other, each in a fork that has the large libraries; writes the number of each that ended.

The file that the command line names has a list of their working directories, environments and words.
"""

import json
import os
import runpy
import sys
import traceback
from importlib.util import find_spec
from pathlib import Path


def _run(directory: str, environment: dict[str, str], words: list[str]) -> None:
    """Run a reader and end this process; what it says is in the file ``said`` of its directory."""
    os.chdir(directory)
    os.environ.update(environment)
    said = os.open("said", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.argv = words
    code = 1
    try:
        runpy.run_path(words[0], run_name="__main__")
        code = 0
    except BaseException:  # noqa: BLE001 - of any reader
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


jobs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
if len(jobs) > 1 and find_spec("torch") and find_spec("transformers"):
    import tiny_qwen  # noqa: F401 - with torch and transformers, whose import takes longer than most readers
for number, job in enumerate(jobs):
    child = os.fork()
    if not child:
        _run(**job)
    os.waitpid(child, 0)
    print(number, flush=True)
