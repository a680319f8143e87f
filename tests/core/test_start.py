"""The first second of a server: the first request is answered, even while imports go on."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.browser.driving import AppServer

FIRST_REQUESTS = ("/api/health", "/api/projects", "/api/openapi.json", "/api/models", "/img/none/thumb", "/")


def test_requests_in_the_moment_of_the_start_are_all_answered(tmp_path: Path) -> None:
    with AppServer.running(tmp_path) as server, ThreadPoolExecutor(len(FIRST_REQUESTS)) as threads:
        answers = list(threads.map(lambda path: httpx.get(server.url + path, timeout=60), FIRST_REQUESTS))

    assert {path: answer.status_code for path, answer in zip(FIRST_REQUESTS, answers, strict=True)} == {
        "/api/health": 200,
        "/api/projects": 200,
        "/api/openapi.json": 200,
        "/api/models": 200,
        "/img/none/thumb": 404,
        "/": 200,
    }
    assert "Traceback" not in server.log.read_text()


def test_the_first_model_call_may_come_while_litellm_is_still_being_imported() -> None:
    both_at_once = """
from concurrent.futures import ThreadPoolExecutor
from core.llm import litellm_client
from core.llm.schemas import StyleJudgment

with ThreadPoolExecutor(2) as threads:
    calls = [threads.submit(litellm_client.litellm), threads.submit(litellm_client.response_format, StyleJudgment)]
    print([call.exception() for call in calls])
"""
    run = subprocess.run([sys.executable, "-c", both_at_once], capture_output=True, text=True, timeout=120, check=False)

    assert (run.stdout, run.returncode) == ("[None, None]\n", 0), run.stderr
