"""Analyses over REST: a task, its results, and the switch for new images."""

import pytest
from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.core.images.pictures import drawn, encoded
from tests.core.vision.conftest import add_images, install
from tests.core.vision.toy import ToyAnalyzer


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> ToyAnalyzer:
    made = ToyAnalyzer()
    install(monkeypatch, made)
    return made


def test_images_are_analyzed_and_their_results_read(
    client: TestClient, services: Services, project: Projects, toy: ToyAnalyzer
) -> None:
    ids = add_images(services, project.id, "2 cups.jpg", "1 pots.jpg")
    body = {"analyzers": ["toy"], "image_ids": [ids["2 cups.jpg"]]}
    started = client.post(f"/api/projects/{project.id}/analyses", json=body)
    client.get(f"{started.json()['url']}/events")

    assert (started.status_code, started.json()["task_type"]) == (202, "image-analysis")
    analyzed = client.get(f"/api/images/{ids['2 cups.jpg']}/analysis")
    assert (analyzed.status_code, analyzed.json()) == (200, {"toy": {"label": "cups", "count": 2}})
    assert client.get(f"/api/images/{ids['1 pots.jpg']}/analysis").json() == {}

    again = client.post(f"/api/projects/{project.id}/analyses", json=body | {"fresh": True})
    client.get(f"{again.json()['url']}/events")
    assert (again.json()["total_count"], toy.seen_names.count("2 cups.jpg")) == (1, 2)


def test_what_cannot_be_analyzed_is_refused(client: TestClient, project: Projects, toy: ToyAnalyzer) -> None:
    refused = client.post(f"/api/projects/{project.id}/analyses", json={"analyzers": ["nose"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "analyzers")
    assert client.get(f"/api/images/{'x' * 21}/analysis").status_code == 404
    assert client.post(f"/api/projects/{'x' * 21}/analyses", json={"analyzers": ["toy"]}).status_code == 404


def test_the_switch_analyzes_what_is_uploaded(
    client: TestClient, services: Services, project: Projects, toy: ToyAnalyzer
) -> None:
    url = f"/api/projects/{project.id}"
    assert client.put(url, json={"analyzers": ["toy"]}).json()["analyzers"] == ["toy"]
    assert client.get(url).json()["analyzers"] == ["toy"]
    assert client.put(url, json={"analyzers": ["nose"]}).status_code == 422
    client.post(f"{url}/images", files=[("files", ("3 cups.jpg", encoded(drawn(3))))])
    (task,) = client.get(f"{url}/tasks").json()["items"]
    client.get(f"{task['url']}/events")
    assert toy.seen_names == ["3 cups.jpg"]
    client.put(url, json={"analyzers": []})
    client.post(f"{url}/images", files=[("files", ("4 cups.jpg", encoded(drawn(4))))])
    assert client.get(f"{url}/tasks").json()["total"] == 1


def test_tags_are_accepted_removed_and_restored(client: TestClient, services: Services, project: Projects) -> None:
    (image_id,) = add_images(services, project.id, "street.jpg").values()
    url = f"/api/images/{image_id}/tags"
    changed = client.post(url, json={"accept": ["car"], "remove": ["dog"]})
    assert changed.json() == {"accepted": ["car"], "proposed": [], "removed": ["dog"], "can_undo": True}
    assert client.get(url).json() == changed.json()
    assert client.post(f"{url}/undo").json() == {"accepted": [], "proposed": [], "removed": [], "can_undo": False}
    assert client.post(f"{url}/undo").status_code == 409
    assert client.post(url, json={}).status_code == 422


def test_similar_images_and_images_for_words_are_found(
    client: TestClient, services: Services, project: Projects, toy: ToyAnalyzer
) -> None:
    ids = add_images(services, project.id, "2 cups.jpg", "2 pots.jpg", "9 cups.jpg")
    refused = client.get(f"/api/images/{ids['2 cups.jpg']}/similar")
    assert (refused.status_code, "has no vector yet" in refused.json()["detail"]) == (422, True)
    task = client.post(f"/api/projects/{project.id}/analyses", json={"analyzers": ["toy"]}).json()
    client.get(f"{task['url']}/events")

    similar = client.get(f"/api/images/{ids['2 cups.jpg']}/similar").json()["items"]
    assert {found["image"]["image_name"] for found in similar} == {"2 pots.jpg", "9 cups.jpg"}
    found = client.get(f"/api/projects/{project.id}/images/search", params={"q": "pots"}).json()["items"]
    assert found[0]["image"]["image_name"] == "2 pots.jpg"
    assert client.get(f"/api/projects/{'x' * 21}/images/search", params={"q": "pots"}).status_code == 404
    assert client.get(f"/api/projects/{project.id}/images/search", params={"q": ""}).status_code == 422


def test_a_search_line_lists_counts_and_says_what_is_empty(
    client: TestClient, services: Services, project: Projects
) -> None:
    add_images(services, project.id, "cups.jpg", "pots.jpg")
    url = f"/api/projects/{project.id}/images"
    listed = client.get(url, params={"q": "name:cups", "limit": 1}).json()
    assert ([image["image_name"] for image in listed["items"]], listed["total"]) == (["cups.jpg"], 1)

    counted = client.get(f"{url}/facets", params={"q": "name:cups"}).json()
    assert (counted["total"], counted["empty"]) == (1, None)
    nothing = client.get(f"{url}/facets", params={"q": "name:cups object:dog"}).json()
    assert nothing["empty"] == {"part": "object:dog", "alone": 0, "without": 1, "instead": None}

    refused = client.get(url, params={"q": "objet:dog"})
    assert (refused.status_code, refused.json()["field"]) == (422, "q")
    assert client.get(f"/api/projects/{'x' * 21}/images/facets").status_code == 404


def test_images_like_an_example_are_found_and_it_is_not_added(
    client: TestClient, services: Services, project: Projects
) -> None:
    ids = add_images(services, project.id, "one.jpg", "two.jpg")
    url = f"/api/projects/{project.id}"
    sent = {"file": ("like.jpg", encoded(drawn(1), quality=60))}
    assert client.post(f"{url}/images/similar", files=sent).status_code == 422  # no image has a vector
    task = client.post(f"{url}/analyses", json={"analyzers": ["embedding"]}).json()
    client.get(f"{task['url']}/events")

    found = client.post(f"{url}/images/similar", files=sent).json()
    assert found["items"][0]["image"]["id"] == ids["two.jpg"]
    assert found["items"][0]["score"] > 0.99
    again = client.get(f"{url}/images", params={"q": f"similar:{found['id']}"}).json()
    assert (again["items"][0]["image_name"], again["total"]) == ("two.jpg", 2)
    assert client.post(f"{url}/images/similar", files={"file": ("x.jpg", b"no image")}).status_code == 422
