"""Reviewing with several people over REST: queue, plan, views, agreement."""

from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.pictures import png


def test_entries_are_taken_held_and_not_given_to_others(
    client: TestClient, services: Services, project: Projects
) -> None:
    added = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "blue")])
    for outcome in added:
        assert outcome.image is not None
        services.dataset.create_dataset_entry(project.id, outcome.image.id, "Which color?", "Red.")
    base = f"/api/projects/{project.id}"
    plan = client.put(f"{base}/review-plan", json={"assignment": "shared", "second_percent": 10}).json()
    assert plan == {"assignment": "shared", "people": [], "second_percent": 10, "missing": []}
    assert client.get(f"{base}/review-plan").json() == plan

    taken = client.post(f"{base}/review-queue", json={"q": "red", "limit": 1}).json()
    assert (len(taken["items"]), taken["total"]) == (1, 2)
    held = [taken["items"][0]["id"]]
    assert client.post(f"{base}/review-queue/keep", json={"entry_ids": held}).json() == {"held": 1}
    assert services.collaboration.renew_leases(project.id, held, "Ann") == 0
    left = client.get(f"{base}/review-queue").json()
    assert [item["id"] for item in left["items"]][:1] == held  # looking assigns nothing, and shows what one holds


def test_views_are_saved_under_names_and_deleted(client: TestClient, project: Projects) -> None:
    url = f"/api/projects/{project.id}/views"
    client.put(f"{url}/To do, first", json={"query": "score:<3"})
    client.put(f"{url}/To do, first", json={"query": "score:<2"})
    assert [(view["name"], view["query"]) for view in client.get(url).json()["items"]] == [("To do, first", "score:<2")]
    assert client.put(f"{url}/Other", json={"query": "is:what"}).status_code == 422
    client.put(f"{url}/Good", json={"query": "score:5"})
    taken = client.put(f"{url}/To do, first", json={"query": "score:<1", "name": "Good"})
    assert (taken.status_code, taken.json()["detail"]) == (422, "There is a view called Good. Choose another name.")
    assert [view["query"] for view in client.get(url).json()["items"]] == ["score:5", "score:<2"]  # nothing is stored
    assert client.put(f"{url}/Good", json={"query": "score:>4", "name": "Best"}).json()["name"] == "Best"
    assert [view["name"] for view in client.get(url).json()["items"]] == ["Best", "To do, first"]
    assert client.delete(f"{url}/To do, first").status_code == 204
    assert client.delete(f"{url}/To do, first").status_code == 404


def test_agreement_counts_second_reviews(client: TestClient, services: Services, project: Projects) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    services.collaboration.set_review_plan(project.id, "all", second_percent=100)
    entry = services.dataset.create_dataset_entry(project.id, outcome.image.id, "Which color?", "Red.")
    services.review.decide(entry.id, 1, "confirm", actor="Ann")
    services.review.decide(entry.id, 2, "second", changes={"verdict": "reject"}, actor="Ben")
    found = client.get(f"/api/projects/{project.id}/agreement").json()
    assert (found["reviewed"], found["agreed"], sorted(found["reviewers"])) == (1, 0, ["Ann", "Ben"])
