"""The routes of resumable uploads, as a browser and as two tabs use them."""

import asyncio
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import Projects
from core.api import build_routes, chunks, credentials
from core.db import connect
from core.importing import upload
from core.services import Services


def create(client: TestClient, project: Projects, size_bytes: int, name: str = "a.zip") -> str:
    body = {"project_id": project.id, "name": name, "size_bytes": size_bytes, "modified_ms": 5}
    answer = client.post("/uploads/new", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def put(client: TestClient, upload_id: str, offset: int, data: bytes, checksum: str | None = None) -> httpx.Response:
    headers = {"Upload-Offset": str(offset), "Upload-Checksum": checksum or f"{zlib.crc32(data):08x}"}
    return client.put(f"/uploads/{upload_id}", content=data, headers=headers)


def stored(services: Services) -> list[bytes]:
    files = (services.db.data_dir / "imports").glob("*/*.zip")
    return [file.read_bytes() for file in files]


def test_a_file_is_sent_in_chunks_and_its_state_says_how_far_it_is(
    client: TestClient, services: Services, project: Projects
) -> None:
    upload_id = create(client, project, 10)
    assert put(client, upload_id, 0, b"01234").json() == {"id": upload_id, "size_bytes": 10, "received_bytes": 5}
    state = client.get(f"/uploads/{upload_id}")
    assert state.json() == {"id": upload_id, "size_bytes": 10, "received_bytes": 5}
    assert state.headers["Cache-Control"] == "no-store"
    assert put(client, upload_id, 5, b"56789").json()["received_bytes"] == 10
    assert stored(services) == [b"0123456789"]


def test_after_a_reload_the_same_file_continues(client: TestClient, services: Services, project: Projects) -> None:
    upload_id = create(client, project, 6)
    put(client, upload_id, 0, b"012")
    body = {"project_id": project.id, "name": "a.zip", "size_bytes": 6, "modified_ms": 5}
    assert client.post("/uploads/new", json=body).json() == {"id": upload_id, "size_bytes": 6, "received_bytes": 3}
    assert put(client, upload_id, 3, b"345").json()["received_bytes"] == 6
    assert stored(services) == [b"012345"]


def test_a_wrong_offset_is_a_conflict_that_says_where_to_continue(client: TestClient, project: Projects) -> None:
    upload_id = create(client, project, 6)
    put(client, upload_id, 0, b"012")
    for offset in (0, 4):
        answer = put(client, upload_id, offset, b"34")
        assert (answer.status_code, answer.json()["code"], answer.json()["received_bytes"]) == (409, "conflict", 3)


def test_a_wrong_checksum_is_refused_and_the_chunk_can_be_sent_again(
    client: TestClient, services: Services, project: Projects
) -> None:
    upload_id = create(client, project, 3)
    answer = put(client, upload_id, 0, b"012", "00000000")
    assert (answer.status_code, answer.json()["field"]) == (422, "Upload-Checksum")
    assert client.get(f"/uploads/{upload_id}").json()["received_bytes"] == 0
    assert put(client, upload_id, 0, b"012").json()["received_bytes"] == 3
    assert stored(services) == [b"012"]


def test_two_tabs_that_send_the_same_file_store_it_once(
    client: TestClient, services: Services, project: Projects
) -> None:
    first, second = create(client, project, 4), create(client, project, 4)
    assert first == second
    other_tab = services.uploads.open_chunk(first, 0)
    assert put(client, first, 0, b"01").status_code == 409
    other_tab.write(b"01")
    other_tab.commit(f"{zlib.crc32(b'01'):08x}")
    other_tab.close()
    assert put(client, first, 0, b"01").json()["received_bytes"] == 2
    assert put(client, first, 2, b"23").json()["received_bytes"] == 4
    assert stored(services) == [b"0123"]


def test_a_project_over_its_quota_gets_a_sentence(client: TestClient, project: Projects) -> None:
    for number in range(5):
        create(client, project, 2_000_000_000, f"{number}.zip")
    body = {"project_id": project.id, "name": "6.zip", "size_bytes": 1, "modified_ms": 0}
    answer = client.post("/uploads/new", json=body)
    assert (answer.status_code, answer.json()["code"]) == (507, "storage")
    assert "10 GB in all" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"size_bytes": 2_000_000_001}, 422), ({"size_bytes": 0}, 422), ({"size_bytes": "5"}, 422),
        ({"size_bytes": None}, 422), ({"modified_ms": "x"}, 422), ({"project_id": "nobody"}, 404),
        ({"name": "x" * 20_000}, 413), ({"size_bytes": True}, 422),
    ],
)  # fmt: skip
def test_a_file_that_is_not_taken_is_refused_before_it_is_sent(
    client: TestClient, services: Services, project: Projects, changed: dict[str, object], status: int
) -> None:
    body = {"project_id": project.id, "name": "a.zip", "size_bytes": 5, "modified_ms": 0} | changed
    assert client.post("/uploads/new", json=body).status_code == status
    assert stored(services) == []


def test_a_body_that_is_no_json_and_an_offset_that_is_no_number_are_refused(
    client: TestClient, project: Projects
) -> None:
    for content in (b"{", b"[" * 5_000, b"\xff", b"[]"):
        answer = client.post("/uploads/new", content=content)
        assert (answer.status_code, answer.json()["detail"]) == (422, "Send a JSON object.")
    half_character = b'{"project_id": "\\ud800", "size_bytes": 3}'
    assert client.post("/uploads/new", content=half_character).status_code == 404
    upload_id = create(client, project, 3)
    for offset in ("", "x"):
        answer = client.put(f"/uploads/{upload_id}", content=b"012", headers={"Upload-Offset": offset})
        assert answer.status_code == 422


def test_a_chunk_that_is_too_large_is_refused_by_its_announced_size(client: TestClient, project: Projects) -> None:
    upload_id = create(client, project, 100_000_000)
    assert put(client, upload_id, 0, b"0" * (upload.MAX_CHUNK_BYTES + 1)).status_code == 413
    assert client.get(f"/uploads/{upload_id}").json()["received_bytes"] == 0


def test_an_upload_is_discarded(client: TestClient, services: Services, project: Projects) -> None:
    upload_id = create(client, project, 3)
    put(client, upload_id, 0, b"012")
    assert client.delete(f"/uploads/{upload_id}").status_code == 204
    assert client.get(f"/uploads/{upload_id}").status_code == 404
    assert put(client, upload_id, 3, b"3").status_code == 404
    assert stored(services) == []


def test_uploads_of_a_deleted_project_are_not_found(client: TestClient, services: Services, project: Projects) -> None:
    upload_id = create(client, project, 3)
    services.projects.delete_project(project.id)
    assert client.get(f"/uploads/{upload_id}").status_code == 404
    assert put(client, upload_id, 0, b"012").status_code == 404


# --- a cut connection, and a stranger: below HTTP, where a body can stop in the middle --------------------------


def send_body(
    services: Services, upload_id: str, pieces: list[bytes | None], headers: dict[str, str]
) -> tuple[int, bytes]:
    """Send a PUT whose body comes in *pieces*; None: the client vanishes without a word. Return status and body."""
    app = Starlette(routes=build_routes(lambda: services, allowed_hosts=("*",)))
    scope = {
        "type": "http", "method": "PUT", "path": f"/uploads/{upload_id}", "raw_path": b"", "root_path": "",
        "query_string": b"", "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 8501),
        "client": ("127.0.0.1", 5), "headers": [(name.lower().encode(), value.encode()) for name, value in
                                               ({"Host": "localhost"} | headers).items()],
    }  # fmt: skip
    waiting, sent = list(pieces), []
    taken: list[bytes] = []

    async def receive() -> dict[str, object]:
        if not waiting:
            return {"type": "http.disconnect"}
        piece = waiting.pop(0)
        if piece is None:
            await asyncio.sleep(3600)
        taken.append(piece or b"")
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    status = next(int(str(message["status"])) for message in sent if message["type"] == "http.response.start")
    return status, b"".join(taken)


@pytest.mark.parametrize("ending", [pytest.param([], id="closed"), pytest.param([None], id="silent")])
def test_a_cut_connection_loses_its_chunk_and_nothing_else(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch, ending: list[None]
) -> None:
    monkeypatch.setattr(chunks, "_SILENCE_S", 0.05)
    upload = services.uploads.create(project.id, "a.zip", 6)
    writer = services.uploads.open_chunk(upload.id, 0)
    writer.write(b"012")
    writer.commit(f"{zlib.crc32(b'012'):08x}")
    writer.close()

    status, _ = send_body(services, upload.id, [b"3", *ending], {"Upload-Offset": "3", "Upload-Checksum": "0"})

    assert status == 408
    assert services.uploads.get(upload.id).received_bytes == 3
    writer = services.uploads.open_chunk(upload.id, 3)
    writer.write(b"345")
    writer.commit(f"{zlib.crc32(b'345'):08x}")
    writer.close()
    assert stored(services) == [b"012345"]


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    with connect(tmp_path / "data") as db:
        made = Services(db)
        yield made
        made.close(keep_image_workers=True)


def test_a_stranger_is_refused_before_a_byte_is_read(locked: Services) -> None:
    project = locked.projects.create_project("Shelf")
    upload = locked.uploads.create(project.id, "a.zip", 6)

    status, taken = send_body(locked, upload.id, [b"012"], {"Upload-Offset": "0", "Upload-Checksum": "0"})

    assert (status, taken) == (401, b"")
    client = TestClient(Starlette(routes=build_routes(lambda: locked)), base_url="http://localhost:8501")
    body = {"project_id": project.id, "name": "b.zip", "size_bytes": 5, "modified_ms": 0}
    assert client.post("/uploads/new", json=body).status_code == 401
    assert client.get(f"/uploads/{upload.id}").status_code == 401
    assert client.delete(f"/uploads/{upload.id}").status_code == 401
    assert [one.id for one in locked.uploads.list_uploads(project.id)] == [upload.id]
    signed_in = {"Cookie": f"{credentials.COOKIE}={credentials.start_session(locked.db, 'ann')}"}
    assert client.post("/uploads/new", json=body, headers=signed_in).status_code == 201
