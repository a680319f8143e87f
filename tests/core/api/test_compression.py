"""The routes as the server puts them together: files leave as they are, with length and ranges; texts are gzipped."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import Projects, app
from core.api.media_urls import export_url, image_url
from core.db import Exports
from core.runtime import runtime
from tests.pictures import png

# Bytes that any compression would shorten.
CONTENT = b"0123456789" * 1_000
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def server() -> Iterator[TestClient]:
    with TestClient(Starlette(middleware=[app.own_routes()]), base_url="http://localhost:8501") as made:
        yield made


@pytest.fixture
def shelf(server: TestClient) -> Projects:
    server.get("/api/projects")
    return runtime.services.projects.create_project("Shelf")


@pytest.mark.parametrize("name", ["a.zip", "a.parquet", "a.csv", "a.jsonl", "a.json", "a.tsv", "a.tar", "a.html", "a"])
def test_an_export_of_any_kind_leaves_as_it_is_with_length_and_ranges(
    server: TestClient, shelf: Projects, name: str
) -> None:
    path = runtime.services.db.data_dir / "exports" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(CONTENT)
    with runtime.services.db.transaction() as session:
        export = Exports(project_id=shelf.id, format="llava", path=f"exports/{name}")
        session.add(export)
    whole = server.get(export_url(export.id), headers=GZIP)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["Content-Length"] == "10000"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert "Content-Encoding" not in whole.headers
    part = server.get(export_url(export.id), headers={**GZIP, "Range": "bytes=9990-"})
    assert (part.status_code, part.content) == (206, b"0123456789")
    assert part.headers["Content-Range"] == "bytes 9990-9999/10000"


@pytest.mark.parametrize("size", ["thumb", "view", "original"])
def test_an_image_leaves_as_it_is_with_its_length(server: TestClient, shelf: Projects, size: str) -> None:
    (outcome,) = runtime.services.intake.add_images(shelf.id, [("red.png", png("red", (640, 480)))])
    assert outcome.image is not None
    url = image_url(outcome.image.id, outcome.image.sha256, size)  # type: ignore[arg-type]
    answer = server.get(url, headers=GZIP)
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert "Content-Encoding" not in answer.headers


def test_a_list_is_gzipped_for_clients_that_ask_for_it(server: TestClient, shelf: Projects) -> None:
    for number in range(20):
        runtime.services.projects.create_project(f"Shelf {number}")
    packed, plain = (server.get("/api/projects", headers={"Accept-Encoding": coding}) for coding in ("gzip", ""))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(packed.content)
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()


@pytest.mark.parametrize("path", ["/img/nobody", "/exports/a/b", "/desk/nothing", "/uploads/"])
def test_a_path_without_a_route_is_not_found(server: TestClient, path: str) -> None:
    assert server.get(path).status_code == 404


def test_other_paths_are_left_to_the_pages(server: TestClient) -> None:
    for path in ("/", "/images", "/img", "/api", "/static/index.js"):
        assert server.get(path).text == "Not Found", path
