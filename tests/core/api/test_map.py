"""Routes of the map: arrays with a header, that change their ETag with what they hold."""

import hashlib
import json
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.core.vision.conftest import add_images
from tests.core.vision.map.test_service import direction, lay_out, store


@pytest.fixture
def ids(services: Services, project: Projects) -> list[str]:
    found = list(add_images(services, project.id, "a.jpg", "b.jpg", "c.jpg").values())
    store(services, project.id, {id_: direction(number) for number, id_ in enumerate(found)})
    lay_out(services, project.id)
    return found


def parts(answer: httpx.Response) -> tuple[dict[str, Any], bytes]:
    assert answer.status_code == 200, answer.text
    length = int.from_bytes(answer.content[:4], "little")
    assert length % 4 == 0
    return json.loads(answer.content[4 : 4 + length]), answer.content[4 + length :]


def test_points_are_places_and_ids(client: TestClient, services: Services, project: Projects, ids: list[str]) -> None:
    answer = client.get(f"/map/{project.id}/points")
    header, rest = parts(answer)
    assert (header["count"], header["placed"], header["without_vector"]) == (3, 0, 0)
    assert ["object", "Object"] in header["fields"]
    places = np.frombuffer(rest[:12], "<u2").reshape(3, 2)
    shown = [rest[12:][at : at + 21].decode() for at in (0, 21, 42)]
    assert sorted(shown) == sorted(ids)
    points = services.map.points(project.id)
    assert points is not None
    np.testing.assert_array_equal(places, points.places)
    listed = client.get(f"/api/projects/{project.id}/map/points").json()
    x, y = points.places.T.tolist()
    assert listed == {"image_ids": list(points.ids), "x": x, "y": y, "group": points.groups.tolist()}
    assert x != y

    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(f"/map/{project.id}/points", headers=known).status_code == 304
    services.images.delete_image(ids[0])
    changed = client.get(f"/map/{project.id}/points", headers=known)
    assert parts(changed)[0]["count"] == 2


def test_columns_and_matches_are_in_the_order_of_the_points(
    client: TestClient, services: Services, project: Projects, ids: list[str]
) -> None:
    points = services.map.points(project.id)
    assert points is not None
    services.library.tag_images([ids[1]], ["front"])
    header, rest = parts(client.get(f"/map/{project.id}/column", params={"by": "tag"}))
    assert header["version"] == hashlib.sha256("".join(points.ids).encode()).hexdigest()[:16]
    assert (header["labels"], header["counts"]) == (["front"], [1])
    bits = np.frombuffer(rest, "<u4").tolist()
    assert bits == [int(id_ == ids[1]) for id_ in points.ids]

    found, matches = parts(client.get(f"/map/{project.id}/matching", params={"q": "tag:front"}))
    assert found["matching"] == 1
    assert list(matches) == bits
    assert found["version"] == header["version"] == parts(client.get(f"/map/{project.id}/points"))[0]["version"]


def test_names_are_of_images_of_the_project_only(
    client: TestClient, services: Services, project: Projects, ids: list[str]
) -> None:
    other = services.projects.create_project("Other")
    (foreign,) = add_images(services, other.id, "z.jpg").values()
    answer = client.get(f"/map/{project.id}/images", params={"ids": f"{ids[0]},{foreign}"}).json()
    assert [image["name"] for image in answer["images"]] == ["a.jpg"]
    assert answer["images"][0]["url"].startswith(f"/img/{ids[0]}/thumb?v=")
    for count, status in ((200, 200), (201, 422)):
        asked = client.get(f"/map/{project.id}/images", params={"ids": ",".join("x" * count)})
        assert asked.status_code == status


@pytest.mark.parametrize("name", ["points", "column", "matching"])
def test_a_project_without_a_map_or_that_is_deleted_has_none(
    client: TestClient, services: Services, project: Projects, name: str
) -> None:
    assert client.get(f"/map/{project.id}/{name}").status_code == 404
    assert client.get(f"/map/{'x' * 21}/{name}").status_code == 404


def test_what_is_wrong_is_named(client: TestClient, services: Services, project: Projects, ids: list[str]) -> None:
    assert client.get(f"/map/{project.id}/column", params={"by": "nose"}).json()["field"] == "by"
    assert client.get(f"/map/{project.id}/matching", params={"q": "added:never"}).status_code == 422
    services.projects.delete_project(project.id)
    assert client.get(f"/map/{project.id}/points").status_code == 404
    assert client.get(f"/map/{project.id}/images", params={"ids": ids[0]}).status_code == 404


def test_programs_lay_out_the_map_and_read_where_images_are(
    client: TestClient, services: Services, project: Projects
) -> None:
    url = f"/api/projects/{project.id}/map"
    assert client.post(url).status_code == 422
    assert client.get(f"{url}/points").status_code == 404
    (only,) = add_images(services, project.id, "a.jpg").values()
    store(services, project.id, {only: direction(0)})
    assert client.get(url).json() == {
        "made_at": None, "images": 0, "placed": 0, "without_vector": 0, "wants_layout": True,
    }  # fmt: skip
    started = client.post(url)
    assert (started.status_code, started.json()["task_type"]) == (202, "image-map")
    client.get(f"{started.json()['url']}/events")
    state = client.get(url).json()
    assert (state["images"], state["without_vector"], state["wants_layout"]) == (1, 0, False)
    points = client.get(f"{url}/points").json()
    assert (points["image_ids"], len(points["x"]), points["group"]) == ([only], 1, [255])
