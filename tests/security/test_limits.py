"""Bodies, uploads and errors have limits, each with its sentence, and leave the connection usable."""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api import build_routes, json_body, lazy_api, upload_form
from core.runtime import runtime
from core.services import Services
from tests.browser.driving import ROOT
from tests.pictures import png
from tests.serving import served

LIMIT = 200_000


@pytest.fixture
def project_id(client: TestClient) -> str:
    return str(client.post("/api/projects", json={"name": "Shelf"}).json()["id"])


@pytest.fixture
def pooled(services: Services) -> Iterator[httpx.Client]:
    """A client that uses its one connection again, on a real socket."""
    app = Starlette(routes=build_routes(lambda: runtime.services))
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    with served(app) as port, httpx.Client(base_url=f"http://localhost:{port}", limits=limits, timeout=60) as client:
        yield client


def _refused(response: Any, status: int, code: str) -> str:
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    return str(response.json()["detail"])


# --- uploads -------------------------------------------------------------------------------------------------


@pytest.fixture
def spooled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the bytes of each write to a temporary file of a form."""
    written: list[int] = []
    spool = tempfile.SpooledTemporaryFile

    class Recorded(spool):  # type: ignore[valid-type, misc]
        def write(self, data: bytes) -> int:
            written.append(len(data))
            return int(super().write(data))

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", Recorded)
    return written


def test_a_file_is_spooled_up_to_its_limit_only_and_its_neighbors_are_added(
    client: TestClient, project_id: str, spooled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_MAX_IMAGE_BYTES", str(LIMIT))
    runtime.close(keep_image_workers=True)
    files = [
        ("files", ("first.png", png("red"))),
        ("files", ("huge.png", io.BytesIO(png("blue") + b"\0" * 20 * LIMIT))),
        ("files", ("last.png", png("green"))),
    ]
    results = client.post(f"/api/projects/{project_id}/images", files=files).json()["results"]
    assert [result["outcome"] for result in results] == ["added", "rejected", "added"]
    assert "larger" in results[1]["reason"] or "at most" in results[1]["reason"]
    assert sum(spooled) <= LIMIT + 1 + len(png("red")) + len(png("green"))


def test_a_form_that_is_too_large_is_refused_before_anything_is_spooled(
    client: TestClient, project_id: str, spooled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_form, "MAX_UPLOAD_BYTES", LIMIT)
    files = [("files", ("a.png", b"\0" * 2 * LIMIT))]
    sentence = _refused(client.post(f"/api/projects/{project_id}/images", files=files), 413, "too_large")
    assert "200,000 bytes; send fewer files at a time" in sentence
    assert spooled == []


def test_a_form_that_does_not_say_its_size_stops_at_the_limit(
    pooled: httpx.Client, spooled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id = pooled.post("/api/projects", json={"name": "Shelf"}).json()["id"]
    monkeypatch.setattr(upload_form, "MAX_UPLOAD_BYTES", LIMIT)

    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for _ in range(100):
            yield b"\0" * 50_000

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    sent = pooled.post(f"/api/projects/{project_id}/images", content=endless(), headers=headers)
    _refused(sent, 413, "too_large")
    assert sum(spooled) <= LIMIT
    assert pooled.get("/api/projects").status_code == 200


def test_a_full_disk_for_temporary_files_is_said(
    client: TestClient, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(tempfile.SpooledTemporaryFile):  # type: ignore[type-arg]
        def write(self, _data: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", Full)
    sent = client.post(f"/api/projects/{project_id}/images", files=[("files", ("a.png", png("red")))])
    assert _refused(sent, 507, "storage").startswith("The disk for temporary files is full.")


def test_a_form_sent_to_a_route_that_takes_json_is_not_read_into_memory(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lazy_api.BodyLimit, "max_bytes", LIMIT)
    monkeypatch.setattr(lazy_api.BodyLimit.__init__, "__defaults__", (LIMIT,))
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    _refused(client.post("/api/projects", content=b"\0" * 2 * LIMIT, headers=headers), 413, "too_large")


# --- bodies --------------------------------------------------------------------------------------------------

DESK_ROUTES = ["/desk/check", "/desk/keys", "/desk/decide", "/desk/keep", "/desk/again", "/desk/twin"]
DEEP = b"[" * 5_000
BODIES = [DEEP, b'{"a":' * 5_000, b"[]", b"nothing", b"", b"\xff\xfe", b"[" * 100_000 + b"]" * 100_000]


@pytest.mark.parametrize("path", DESK_ROUTES)
@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:8]))
def test_the_desk_answers_every_body_with_a_sentence(client: TestClient, path: str, body: bytes) -> None:
    sent = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert _refused(sent, 422, "invalid").endswith(".")


@pytest.mark.parametrize("field", ["entry_id", "act_id", "decision", "project_id"])
def test_half_a_character_is_no_bug(client: TestClient, project_id: str, field: str) -> None:
    act = {"entry_id": "a" * 21, "act_id": "b" * 10, "decision": "confirm", "project_id": project_id, "version": 1}
    body = json.dumps({"acts": [{**act, field: "\ud83d" * 10}]}).encode()
    assert b"\\ud83d" in body
    sent = client.post("/desk/decide", content=body)
    assert sent.status_code == 200, sent.text
    assert sent.json()["results"][0]["ok"] is False


@pytest.mark.parametrize("body", [DEEP, b'{"password": "\\ud800"}', b"\xff"])
def test_the_sign_in_route_answers_every_body(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "long enough")
    server = Starlette(routes=build_routes(lambda: runtime.services))
    headers = {"Content-Type": "application/json"}
    with TestClient(server, base_url="http://localhost:8501", raise_server_exceptions=False) as client:
        assert client.post("/access/session", content=body, headers=headers).status_code in (401, 429)


def test_a_name_that_no_database_stores_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "long enough")
    server = Starlette(routes=build_routes(lambda: runtime.services))
    body = b'{"password": "long enough", "name": "Ann \\ud800\\u0000"}'
    headers = {"Content-Type": "application/json"}
    with TestClient(server, base_url="http://localhost:8501", raise_server_exceptions=False) as client:
        assert client.post("/access/session", content=body, headers=headers).status_code == 204


def test_the_desk_reads_no_large_body(client: TestClient) -> None:
    body = json.dumps({"answer": "x" * json_body.MAX_BYTES})
    assert "larger than 1,000,000 bytes" in _refused(client.post("/desk/check", content=body), 422, "invalid")


@pytest.mark.parametrize("body", [DEEP, b'{"name":' * 5_000, b"\xff"])
def test_the_api_answers_a_deep_body_with_a_sentence(client: TestClient, body: bytes) -> None:
    sent = client.post("/api/projects", content=body, headers={"Content-Type": "application/json"})
    assert sent.status_code in (400, 422)
    assert sent.json()["code"] in ("bad_request", "malformed")


# --- errors leave the connection usable ----------------------------------------------------------------------


def _connections_of(client: httpx.Client) -> set[int]:
    """Record the local port of every request from now on."""
    ports: set[int] = set()

    def remember(response: httpx.Response) -> None:
        ports.add(response.extensions["network_stream"].get_extra_info("client_addr")[1])

    client.event_hooks = {"response": [remember]}
    return ports


def test_after_an_unexpected_error_the_same_connection_is_used_again(
    pooled: httpx.Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = _connections_of(pooled)
    with monkeypatch.context() as broken:
        broken.setattr(services.projects, "list_projects", lambda *_, **__: 1 / 0)
        for _ in range(5):
            answer = pooled.get("/api/projects")
            assert (answer.status_code, answer.json()["code"]) == (500, "bug")
            assert pooled.get("/api/health").status_code == 200
    assert pooled.get("/api/projects").status_code == 200
    assert len(ports) == 1


def test_after_a_refused_body_the_same_connection_is_used_again(
    pooled: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = _connections_of(pooled)
    headers = {"Content-Type": "application/json"}
    for _ in range(3):
        _refused(pooled.post("/api/projects", content=b"1" * 21_000_000, headers=headers), 413, "too_large")
        assert pooled.get("/api/projects").status_code == 200
    assert len(ports) == 1


# --- faults of the disk --------------------------------------------------------------------------------------


@pytest.fixture
def image(client: TestClient, project_id: str) -> dict[str, Any]:
    sent = client.post(f"/api/projects/{project_id}/images", files=[("files", ("red.png", png("red", (800, 600))))])
    made: dict[str, Any] = sent.json()["results"][0]["image"]
    return made


def test_a_lost_original_is_the_same_sentence_everywhere(
    client: TestClient, services: Services, image: dict[str, Any]
) -> None:
    stored = services.images.get_image(image["id"])
    assert stored is not None
    services.images.original_path(stored).unlink()
    shutil.rmtree(Path(services.db.data_dir) / "cache")
    paths = [f"/api/images/{image['id']}/data{query}" for query in ("", "?size=thumb", "?size=view")]
    paths += [f"/img/{image['id']}/{size}" for size in ("original", "thumb", "view", "tile/0/0/0")]
    sentences = {_refused(client.get(path), 507, "storage") for path in paths}
    assert len(sentences) == 1
    assert sentences.pop().startswith("The file of this image is missing")


def test_a_full_disk_is_a_sentence_for_every_row(
    client: TestClient, services: Services, project_id: str, image: dict[str, Any]
) -> None:
    with services.db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    long = {"image_id": image["id"], "question": "q" * 15_000, "answer": "a" * 15_000}
    answers = [client.post(f"/api/projects/{project_id}/image-datasets", json=long) for _ in range(20)]
    assert "The disk is full" in _refused(answers[-1], 507, "storage")
    assert {answer.status_code for answer in answers} <= {201, 507}


def test_a_lock_held_too_long_is_a_sentence(client: TestClient, project_id: str, services: Services) -> None:
    import sqlite3
    from contextlib import closing

    with services.db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 100")
    with closing(sqlite3.connect(services.db.data_dir / "vitrine.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        seen: list[str] = []
        sending = threading.Thread(
            target=lambda: seen.append(_refused(client.post("/api/projects", json={"name": "B"}), 507, "storage"))
        )
        sending.start()
        sending.join(60)
        other.rollback()
        sending.join()
    assert "Another program has locked the database" in seen[0]


_READ_ONLY = """
import asyncio, sys
from pathlib import Path
from core import ImageService, ProjectService, connect
from core.errors import StorageError
from core.images.samples import drawings

directory, samples = Path(sys.argv[1]), drawings()

def refused(act):
    try:
        act()
    except StorageError as error:
        assert "writ" in str(error), error
    else:
        raise AssertionError(act)

if __name__ == "__main__":
    with connect(directory) as db:
        project, images = ProjectService(db).create_project("Shelf"), ImageService(db)
        image = asyncio.run(images.upload_image(project.id, samples[0].name, samples[0].data))
        for path in [*directory.rglob("*"), directory]:
            path.chmod(0o500 if path.is_dir() else 0o400)
        refused(lambda: ProjectService(db).create_project("Second"))
        refused(lambda: asyncio.run(images.upload_image(project.id, samples[1].name, samples[1].data)))
        refused(lambda: images.view_path(image, 100))
        assert [found.name for found in ProjectService(db).list_projects()] == ["Shelf"]
        assert images.get_image_data_url(image.id)
    refused(lambda: connect(directory))
"""


def test_a_data_directory_that_becomes_read_only_is_said_and_still_read(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(_READ_ONLY)
    # root may write everywhere, unless it gives that right away
    as_others = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.geteuid() == 0 else []
    command = [*as_others, sys.executable, str(script), str(tmp_path / "data")]
    run = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    for path in [tmp_path / "data", *(tmp_path / "data").rglob("*")]:
        path.chmod(0o700)
    assert run.returncode == 0, run.stderr.decode()
