"""A killed analysis continues where it was: nothing is lost, nothing is doubled."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import func, select

from core import ProjectService, connect
from core.db import Database, ImageAnalyses, ImageFindings, ImageTexts
from core.services import Services
from tests import postgresql
from tests.core.images.pictures import encoded
from tests.core.vision.onnx_models import color_centernet

ROOT = Path(__file__).parents[3]
_IMAGES = 40  # five items of eight
KILLS = 4 if os.environ.get("VITRINE_PROVE") else 1
_RUN = """
import asyncio, sys
from core.db import connect
from core.images.service import ImageService
from core.llm import LLMService
from core.tasks import TaskRunner
from core.vision.task import ImageAnalysisTask
from core.vision.local import close_shared
with connect() as db:
    kind = ImageAnalysisTask(db, LLMService(), ImageService(db))
    asyncio.run(TaskRunner(db, {kind.task_type: kind}).run(sys.argv[1], concurrency=1))
    close_shared()
"""


def _dots(number: int) -> bytes:
    """Return an image with *number* + 1 red dots that the detector finds."""
    image = Image.new("RGB", (64, 64), (0, 0, number))
    for place in range(number % 8 + 1):
        image.paste((255, 0, 0), (place * 8, 20, place * 8 + 4, 24))
    return encoded(image, "PNG")


def _analyzed(db: Database) -> int:
    with db.reading() as session:
        return session.exec(select(func.count()).select_from(ImageAnalyses)).one()


def _start(data_dir: Path, task_id: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, task_id], cwd=ROOT, start_new_session=True, env=postgresql.environment_of(data_dir)
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_analysis_has_one_result_for_each_image_when_it_was_continued(tmp_path: Path) -> None:
    color_centernet(tmp_path / "models" / "objects")
    with connect(tmp_path) as db:
        services = Services(db)
        project = ProjectService(db).create_project("Dots")
        services.intake.add_images(project.id, [(f"{number}.png", _dots(number)) for number in range(_IMAGES)])
        task = services.tasks.create_task(project.id, "image-analysis", {"analyzers": ["objects"]})

        for stored in range(8, 8 * KILLS + 1, 8):
            running = _start(tmp_path, task.id)
            deadline = time.monotonic() + 300
            while _analyzed(db) < stored and running.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            with contextlib.suppress(ProcessLookupError):  # it was faster
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        assert _start(tmp_path, task.id).wait(timeout=300) == 0

        ended = services.tasks.summary(task.id)
        with db.reading() as session:
            analyzed = session.exec(select(ImageAnalyses.image_id)).all()
            counts = sorted(session.exec(select(ImageFindings.count)))
            texts = session.exec(select(func.count()).select_from(ImageTexts)).one()
        services.close()
    assert (ended.task.status, ended.done, ended.failed) == ("completed", 5, 0)
    assert (len(analyzed), len(set(analyzed)), texts) == (_IMAGES, _IMAGES, _IMAGES)
    assert counts == sorted(number % 8 + 1 for number in range(_IMAGES))
