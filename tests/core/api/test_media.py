import io
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from core import Images, Projects
from core.api.media import media_routes
from core.api.media_urls import export_url, image_url, tiles_url
from core.db import Exports
from core.images.storage import RENDITION_VERSION
from core.services import Services
from tests.fakes.object_storage import FakeObjectStorage
from tests.pictures import png

RED = png((200, 30, 30), (640, 480))


@pytest.fixture
def image(services: Services, project: Projects) -> Images:
    (outcome,) = services.intake.add_images(project.id, [("red shelf.png", RED)])
    assert outcome.image is not None
    return outcome.image


def test_the_url_of_an_image_depends_on_its_bytes(image: Images) -> None:
    address = image_url(image.id, image.sha256)
    assert address == image_url(image.id, image.sha256)
    assert address == f"/img/{image.id}/thumb?v={image.sha256[:12]}-{RENDITION_VERSION}"
    assert image_url(image.id, "0" * 64) != address


@pytest.mark.parametrize(("size", "kind"), [("thumb", "image/jpeg"), ("view", "image/png"), ("original", "image/png")])
def test_each_size_has_headers_for_private_permanent_caching(
    client: TestClient, image: Images, size: str, kind: str
) -> None:
    answer = client.get(image_url(image.id, image.sha256, size))  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"] == f'"{image.sha256[:24]}-{size}-{RENDITION_VERSION}"'


def test_a_tile_is_a_png_for_private_permanent_caching(client: TestClient, image: Images) -> None:
    address = tiles_url(image.id, image.sha256).format(level=0, x=1, y=0)
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    with Image.open(io.BytesIO(answer.content)) as tile:
        assert (tile.size, tile.getpixel((5, 5))) == ((128, 480), (200, 30, 30))
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    other = client.get(address.replace("/0/1/0", "/0/0/0"), headers={"If-None-Match": answer.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "place", ["0/2/0", "0/0/1", "2/0/0", "-1/0/0", "0/-1/0", "0/0", "0/0/0/0", "a/0/0", "0/0/0.5", "0/+0/0", "0/٠/0",
              "0/0/", "99999999/0/0", "0/0/" + "9" * 5000]
)  # fmt: skip
def test_places_outside_an_image_have_no_tile(client: TestClient, image: Images, place: str) -> None:
    answer = client.get(f"/img/{image.id}/tile/{place}")
    assert answer.status_code == 404


def test_a_deleted_image_has_no_tiles(client: TestClient, services: Services, image: Images) -> None:
    address = tiles_url(image.id, image.sha256).format(level=0, x=0, y=0)
    assert client.get(address).status_code == 200
    services.images.delete_image(image.id)
    assert client.get(address).status_code == 404
    assert client.get("/img/nobody/tile/0/0/0").json()["code"] == "not_found"


def test_the_original_is_downloaded_under_its_name(client: TestClient, services: Services, project: Projects) -> None:
    name = 'Regal "größer"; ñ 图.png'
    (outcome,) = services.intake.add_images(project.id, [(name, RED)])
    assert outcome.image is not None
    answer = client.get(image_url(outcome.image.id, outcome.image.sha256, "original"))
    assert answer.content == RED
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=utf-8''{quote(name)}"


def test_a_range_of_an_image_can_be_requested(client: TestClient, image: Images) -> None:
    address = image_url(image.id, image.sha256, "original")
    part = client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, RED[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(RED)}"
    outside = client.get(address, headers={"Range": "bytes=99999999-"})
    assert (outside.status_code, outside.headers["Content-Range"]) == (416, f"bytes */{len(RED)}")
    assert (outside.json()["code"], outside.json()["field"]) == ("outside_file", "Range")


@pytest.mark.parametrize("wrong", ["bytes=5", "bytes=-", "bytes=5-2", "items=1-2", "bytes=a-b"])
def test_what_is_no_range_is_refused_as_all_errors_are(client: TestClient, image: Images, wrong: str) -> None:
    for address in (image_url(image.id, image.sha256, "original"), f"/api/images/{image.id}/data"):
        answer = client.get(address, headers={"Range": wrong})
        assert answer.status_code == 400
        assert answer.json() == {
            "code": "malformed", "field": "Range",
            "detail": "Range is no range of bytes. Send one such as bytes=0-999, or none for the whole file.",
        }  # fmt: skip


@pytest.mark.parametrize("size", ["original", "view", "thumb"])
def test_the_head_of_an_image_is_that_of_its_bytes_without_them(client: TestClient, image: Images, size: str) -> None:
    address = f"/api/images/{image.id}/data?size={size}"
    whole, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers
    assert int(head.headers["Content-Length"]) == len(whole.content) > 0
    assert client.head(f"/api/images/{'x' * 21}/data").status_code == 404


def test_an_image_with_a_matching_etag_is_not_sent_again(client: TestClient, image: Images) -> None:
    address = image_url(image.id, image.sha256)
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/img/nobody/thumb", "/img/{id}/huge", "/exports/nobody"])
def test_unknown_images_sizes_and_exports_are_not_found(client: TestClient, image: Images, path: str) -> None:
    answer = client.get(path.format(id=image.id))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_deleted_image_is_not_found(client: TestClient, services: Services, image: Images) -> None:
    services.images.delete_image(image.id)
    assert client.get(image_url(image.id, image.sha256)).status_code == 404


def test_a_finished_export_is_named_by_project_format_and_date(
    client: TestClient, services: Services, project: Projects
) -> None:
    path = services.db.data_dir / "exports" / "shelf.zip"
    path.parent.mkdir()
    path.write_bytes(b"PK...")
    with services.db.transaction() as session:
        export = Exports(
            project_id=project.id, format="llava", path="exports/shelf.zip", create_at=datetime(2026, 3, 9, tzinfo=UTC)
        )
        session.add(export)
    services.projects.rename_project(project.id, 'Red: "cups"')
    answer = client.get(export_url(export.id))
    assert answer.content == b"PK..."
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''Red-%20-cups--llava-2026-03-09.zip"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/passwd", "exports/gone.zip", ""])
def test_an_export_outside_the_data_directory_is_not_served(
    client: TestClient, services: Services, project: Projects, tmp_path: Path, path: str
) -> None:
    (tmp_path / "outside.txt").write_text("private")
    with services.db.transaction() as session:
        export = Exports(project_id=project.id, format="llava", path=path)
        session.add(export)
    assert client.get(f"/exports/{export.id}").status_code == 404


@pytest.fixture
def linking(bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket from which browsers fetch originals; to be asked for before the services."""
    monkeypatch.setenv("VITRINE_STORAGE_LINKS_S", "60")


@pytest.mark.usefixtures("linking")
def test_an_original_in_a_bucket_is_fetched_there_by_an_address_that_expires(client: TestClient, image: Images) -> None:
    address = image_url(image.id, image.sha256, "original")
    answer = client.get(address, follow_redirects=False)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (307, "private, no-store")
    assert "X-Amz-Expires=60" in answer.headers["Location"]
    fetched = httpx.get(answer.headers["Location"])
    assert (fetched.content, fetched.headers["Content-Type"]) == (RED, "image/png")
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get(image_url(image.id, image.sha256)).status_code == 200
    assert client.get(image_url("nothing", image.sha256, "original")).status_code == 404


async def test_a_tile_for_a_reader_who_has_gone_on_is_not_made(services: Services, image: Images) -> None:
    sent: list[Message] = []

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    path = f"/img/{image.id}/tile/0/0/0"
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    await Starlette(routes=media_routes(lambda: services))(scope, gone, send)
    assert [message.get("status") for message in sent if message["type"] == "http.response.start"] == [204]
