"""What roles, projects and tokens keep apart beyond the path of a route: bodies, lists, caches, signed addresses."""

import json
import re
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access import SignInService
from core.accounts.actor import Actor
from core.accounts.roles import Role
from core.api import build_routes
from core.api.media_urls import image_url
from core.runtime import runtime
from tests.security.people import House, client, house, make_person

__all__ = ["client", "house"]


def _decide(client: TestClient, person: str, *acts: dict[str, object]) -> list[str]:
    """Return what became of each act: ok, or the code of its error."""
    body = {"acts": [{"act_id": f"act-{number:05}", **act} for number, act in enumerate(acts)]}
    results = client.post("/desk/decide", json=body, headers={"X-Person": person}).json()["results"]
    return ["ok" if result["ok"] else result["code"] for result in results]


def test_an_act_at_the_desk_that_is_not_allowed_costs_only_itself(house: House, client: TestClient) -> None:
    def skip(ids: dict[str, str]) -> dict[str, object]:
        entry = house.services.dataset.get_dataset_entry(ids["entry_id"])
        return {"entry_id": entry.id, "version": entry.version, "decision": "skip"}

    undo_theirs = {"project_id": house.theirs["project_id"], "decision": "undo"}
    acts = (skip(house.theirs), skip(house.ours), undo_theirs, skip(house.gone), {"decision": "skip"})
    assert _decide(client, "viewer", skip(house.ours)) == ["forbidden"]
    assert _decide(client, "annotator", *acts) == ["not_found", "ok", "not_found", "not_found", "not_found"]


def test_an_annotator_undoes_neither_a_deletion_nor_what_somebody_else_did(house: House, client: TestClient) -> None:
    base = f"/api/projects/{house.ours['project_id']}/image-datasets"
    entry = house.services.dataset.create_dataset_entry(house.ours["project_id"], house.ours["image_id"], "Why?", "So.")

    def ask(person: str, route: str, body: dict[str, object]) -> dict[str, object]:
        return client.post(f"{base}/{route}", json=body, headers={"X-Person": person}).json()

    def undo(person: str, batch_id: object) -> object:
        done = ask(person, "undo", {"batch_id": batch_id})
        return done.get("code") or done["undone"]

    decision = {"decision": "confirm", "version": entry.version}
    decided = client.post(f"/api/image-datasets/{entry.id}/decide", json=decision, headers={"X-Person": "annotator"})
    theirs, deletion = (
        ask("editor", "bulk", {"action": act, "entry_ids": [entry.id]})["batch_id"] for act in ("reject", "delete")
    )
    at_the_desk = {"project_id": house.ours["project_id"], "decision": "undo", "batch_id": deletion}
    assert _decide(client, "annotator", at_the_desk) == ["forbidden"]
    assert [undo("annotator", batch) for batch in (deletion, theirs)] == ["forbidden", "forbidden"]
    assert [undo("editor", batch) for batch in (deletion, theirs)] == [1, 1]
    assert undo("annotator", decided.json()["batch_id"]) == 1
    house.services.dataset.delete_dataset_entry(entry.id)  # the other tests share the project


def test_the_queue_and_the_progress_of_a_person_are_not_those_of_who_asked_before(
    house: House, client: TestClient
) -> None:
    base = f"/api/projects/{house.ours['project_id']}"
    client.post(f"{base}/review-queue", json={}, headers={"X-Person": "editor"})
    for person, number in (("editor", 1), ("owner", 0)):
        headers = {"X-Person": person}
        assert client.get(f"{base}/people/me", headers=headers).json()["person"] == house.people[person].name
        assert len(client.get(f"{base}/review-queue", headers=headers).json()["items"]) == number


def test_a_form_is_asked_for_the_project_of_its_style_dataset(house: House, client: TestClient) -> None:
    def send(person: str, ids: dict[str, str]) -> int:
        form = {"data": {"dataset_id": ids["dataset_id"]}, "files": [("files", ("a.png", b"no image"))]}
        return client.post("/ai/dataset/analyze", headers={"X-Person": person}, **form).status_code

    assert [send("annotator", house.ours), send("owner", house.theirs), send("owner", house.gone)] == [403, 404, 404]
    assert send("editor", house.ours) == 200


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("POST /api/projects/{project_id}/tags", {"image_ids": ["{image_id}"], "accept": ["red"]}),
        ("POST /api/projects/{project_id}/splits", {"image_ids": ["{image_id}"], "split": "test"}),
        ("POST /api/projects/{project_id}/variants", {"image_ids": ["{image_id}"]}),
        ("POST /api/projects/{project_id}/analyses", {"analyzers": ["text"], "image_ids": ["{image_id}"]}),
        ("POST /api/projects/{project_id}/image-questions", {"example_ids": ["{entry_id}"]}),
        ("POST /api/projects/{project_id}/image-datasets", {"image_id": "{image_id}", "question": "?", "answer": "a"}),
        ("POST /api/projects/{project_id}/image-datasets/export", {"recipe": {"since": "{export_id}"}}),
        ("PUT /api/image-datasets/{entry_id}", {"image_ids": ["{image_id}"]}),
        ("POST /api/image-datasets/{entry_id}/twin", {"image_id": "{image_id}", "answer": "no"}),
        ("POST /ai/datasets/{dataset_id}/images", {"image_ids": ["{image_id}"]}),
        ("POST /ai/generate", {"prompt": "A lamp.", "project_id": "ours", "dataset_id": "{dataset_id}"}),
        ("POST /api/projects/import", {"upload_id": "{upload_id}"}),
        ("POST /desk/twin", {"entry_id": "ours", "image_id": "{image_id}", "act_id": "act-00009", "answer": "no"}),
    ],
)  # fmt: skip
def test_ids_of_another_project_in_a_body_are_refused(
    house: House, client: TestClient, route: str, body: dict[str, object]
) -> None:
    text = json.dumps(body).replace('"ours"', '"{of_ours}"')
    name = re.search(r'"(\w+)": "{of_ours}"', text)
    for key, id_ in house.theirs.items():
        text = text.replace(f"{{{key}}}", id_)
    text = text.replace("{of_ours}", house.ours[name[1]] if name else "")
    method, path = route.split(" ")
    before = house.services.db.data_version()
    answer = client.request(
        method, path.format(**house.ours), content=text,
        headers={"X-Person": "owner", "Content-Type": "application/json"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert house.services.db.data_version() == before


def test_only_an_admin_names_the_address_of_a_model(house: House, client: TestClient) -> None:
    body = {"llm_config": {"model": "openai/gpt-4o", "api_base": "http://localhost:1/v1"}}
    for url in (f"/api/projects/{house.ours['project_id']}/image-questions", "/api/models/test"):
        answer = client.post(url, json=body, headers={"X-Person": "owner"})
        assert (answer.status_code, answer.json()["field"]) == (403, "api_base")


def test_lists_have_only_what_the_caller_may_see_also_when_answers_are_cached(house: House, client: TestClient) -> None:
    def listed(person: str, path: str) -> set[str]:
        answer = client.get(path, headers={"X-Person": person}).json()
        return {item.get("project_id", item["id"]) for item in answer["items"]}

    ours, theirs = {house.ours["project_id"]}, {house.theirs["project_id"]}
    for path in ("/api/projects", "/ai/datasets", "/ai/generated-images"):
        for _ in range(2):
            assert listed("admin", path) >= ours | theirs
            assert listed("stranger", path) == theirs
            assert listed("viewer", path) & (ours | theirs) == ours
    for path in ("/ai/datasets", "/ai/generated-images"):
        params = {"project_id": house.ours["project_id"]}
        assert client.get(path, params=params, headers={"X-Person": "stranger"}).status_code == 404


def test_a_cached_answer_is_given_to_nobody_without_a_role(house: House, client: TestClient) -> None:
    url = f"/api/projects/{house.ours['project_id']}/counts"
    for person, status in (("admin", 200), ("stranger", 404), ("viewer", 200), ("stranger", 404)):
        assert client.get(url, headers={"X-Person": person}).status_code == status


def test_a_role_that_is_taken_away_ends_at_once(house: House, client: TestClient) -> None:
    services, project_id = house.services, house.ours["project_id"]
    person = make_person(services, Role.EDITOR, house.ours)
    house.people["leaving"] = person
    url = f"/api/images/{house.ours['image_id']}"

    def status(method: str) -> int:
        return client.request(method, f"{url}/tags", json={"accept": ["red"]} if method == "POST" else None,
                              headers={"X-Person": "leaving"}).status_code  # fmt: skip

    assert [status("POST"), status("GET")] == [200, 200]
    services.memberships.set_role(project_id, str(person.account_id), Role.VIEWER)
    assert [status("POST"), status("GET")] == [403, 200]
    services.memberships.remove_member(project_id, str(person.account_id))
    assert [status("POST"), status("GET")] == [404, 404]


def test_a_token_acts_in_its_project_and_up_to_its_role(house: House, client: TestClient) -> None:
    owner = house.people["owner"]
    house.people["token"] = replace(owner, only_project=house.theirs["project_id"], highest_role=Role.VIEWER)
    house.people["reader"] = Actor("reader", may_write=False, is_admin=False, highest_role=Role.VIEWER)
    image, images = f"/api/images/{house.ours['image_id']}", f"/api/projects/{house.ours['project_id']}/images"

    def statuses(person: str) -> list[int]:
        headers = {"X-Person": person}
        return [client.get(image, headers=headers).status_code, client.post(images, headers=headers).status_code]

    assert statuses("token") == [404, 404]  # of another project
    house.people["token"] = replace(owner, only_project=house.ours["project_id"], highest_role=Role.ANNOTATOR)
    assert statuses("token") == [200, 403]
    assert statuses("reader") == [200, 403]
    assert client.get("/api/projects", headers={"X-Person": "reader"}).json()["total"] >= 2


def test_a_signed_address_shows_what_its_owner_may_see(house: House) -> None:
    services, image_id = house.services, house.ours["image_id"]
    member = make_person(services, Role.VIEWER, house.ours)
    account = services.accounts.get_account(str(member.account_id))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime, "opened_database", lambda: services.db)
        signed_in = SignInService(services.db).start(account.name, account)
        actor = replace(member, credential=f"session:{signed_in.id}")
        address = image_url(image_id, "0" * 64, "original", signed_for=actor)
        app = Starlette(routes=build_routes(lambda: services))
        browser = TestClient(app, base_url="http://localhost:8501")
        assert browser.get(address).status_code == 200
        services.memberships.remove_member(house.ours["project_id"], account.id)
        assert browser.get(address).status_code == 404


def test_an_image_without_ids_is_kept_in_a_project_where_the_caller_may_generate(
    house: House, client: TestClient
) -> None:
    body = {"prompt": "A lamp."}
    made = client.post("/ai/generate", json=body, headers={"X-Person": "editor"})
    assert (made.status_code, made.json()["project_id"]) == (200, house.ours["project_id"])
    assert client.post("/ai/generate/preview", json=body, headers={"X-Person": "viewer"}).status_code == 200
    refused = client.post("/ai/generate", json=body, headers={"X-Person": "viewer"})
    assert (refused.status_code, refused.json()["detail"]) == (
        404, "You have no project to keep the image in. Create one, or send the project_id of yours.",
    )  # fmt: skip
