"""Routes x roles x projects: which role each route needs."""

import re

import httpx
import pytest
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from core.accounts.roles import Role
from core.api import build_routes
from core.api.error_responses import ErrorResponses
from core.api.roles import RoleGuard
from core.api.route_rules import rule_of, rules
from tests import described
from tests.security.people import As, House, client, house

__all__ = ["client", "house"]

# --- the table -----------------------------------------------------------------------------------------------

ANYONE = """
GET /api/profiles
GET /api/models/image-limits
GET /api/openapi.json
GET /api/docs
GET /api/status
GET /api/models
GET /api/projects
GET /api/accounts/me
PUT /api/accounts/me/password
DELETE /api/accounts/me/sessions
GET /api/invitations
POST /api/invitations
DELETE /api/invitations/{invitation_id}
GET /api/tokens
POST /api/tokens
DELETE /api/tokens/{token_id}
GET /ai/datasets
GET /ai/generated-images
GET /desk/models
POST /desk/check
POST /desk/keys
GET /api/audit
GET /api/audit.csv
GET /api/bin
POST /api/bin/restore
POST /api/bin/delete
"""
VIEWER = """
GET /api/projects/{project_id}/images/ids
GET /api/projects/{project_id}/values
GET /api/projects/{project_id}/duplicates/groups
GET /api/projects/{project_id}/image-datasets/facets
GET /api/projects/{project_id}/image-datasets/decided
GET /api/projects/{project_id}/image-datasets/export/choices
GET /api/projects/{project_id}/image-questions/targets
GET /api/projects/{project_id}/image-questions/examples
GET /api/projects/{project_id}/review-queue
GET /api/projects/{project_id}/review-plan
GET /api/projects/{project_id}/views
GET /api/projects/{project_id}/agreement
GET /api/projects/{project_id}/exports/{export_id}
GET /api/projects/{project_id}/business-profile
GET /api/images/{image_id}/history
GET /api/image-datasets/{entry_id}/history
GET /api/tasks/{task_id}/items
GET /ai/datasets/{dataset_id}
GET /ai/datasets/{dataset_id}/versions
GET /ai/generated-images/{generated_id}/references
POST /ai/generate/preview
GET /api/projects/{project_id}
GET /api/projects/{project_id}/counts
GET /api/projects/{project_id}/members
GET /api/projects/{project_id}/quota
GET /api/projects/{project_id}/images
GET /api/projects/{project_id}/images/facets
GET /api/projects/{project_id}/images/search
POST /api/projects/{project_id}/images/similar
GET /api/projects/{project_id}/duplicates
GET /api/projects/{project_id}/splits
GET /api/projects/{project_id}/hashes
GET /api/projects/{project_id}/map
GET /api/projects/{project_id}/map/points
GET /api/projects/{project_id}/image-questions
GET /api/projects/{project_id}/question-templates
GET /api/projects/{project_id}/image-datasets
GET /api/projects/{project_id}/image-datasets/stats
GET /api/projects/{project_id}/checks
GET /api/projects/{project_id}/checks/{check}
GET /api/projects/{project_id}/guessability
GET /api/projects/{project_id}/report
GET /api/projects/{project_id}/arena
GET /api/projects/{project_id}/arena/comparison
GET /api/projects/{project_id}/exports
GET /api/projects/{project_id}/tasks
GET /api/images/{image_id}
GET /api/images/{image_id}/data
GET /api/images/{image_id}/analysis
GET /api/images/{image_id}/tags
GET /api/images/{image_id}/similar
GET /api/image-datasets/{entry_id}
GET /api/image-datasets/{entry_id}/twin-candidates
GET /api/tasks/{task_id}
GET /api/tasks/{task_id}/summary
GET /api/tasks/{task_id}/events
GET /api/tasks/{task_id}/outcomes
GET /api/tasks/{task_id}/overlaps
GET /ai/dataset/{dataset_id}/images
GET /ai/generated-images/{generated_id}
GET /img/{image_id}/{size}
GET /img/{image_id}/tile/{level}/{x}/{y}
GET /exports/{export_id}
GET /exports/projects/{task_id}
GET /map/{project_id}/points
GET /map/{project_id}/column
GET /map/{project_id}/matching
GET /map/{project_id}/images
GET /desk/queue
GET /desk/count
GET /desk/found
GET /desk/history
GET /desk/values
GET /desk/twins
GET /desk/guidelines
GET /desk/ending
GET /api/projects/{project_id}/people/me
GET /api/projects/{project_id}/messages
GET /api/image-datasets/{entry_id}/messages
GET /api/projects/{project_id}/guidelines
GET /api/projects/{project_id}/guidelines/versions
"""
ANNOTATOR = """
POST /api/image-datasets/{entry_id}/decide
POST /api/projects/{project_id}/image-datasets/undo
POST /api/projects/{project_id}/review-queue
POST /api/projects/{project_id}/review-queue/keep
PUT /api/projects/{project_id}/views/{view}
DELETE /api/projects/{project_id}/views/{view}
POST /api/image-datasets/{entry_id}/confirm
POST /api/image-datasets/{entry_id}/rate
POST /api/image-datasets/{entry_id}/messages
POST /api/image-datasets/{entry_id}/messages/answer
POST /api/image-datasets/{entry_id}/messages/close
POST /desk/decide
POST /desk/keep
"""
EDITOR = """
POST /api/projects/{project_id}/image-datasets/bulk
POST /api/projects/{project_id}/image-datasets/answers
POST /api/projects/{project_id}/image-datasets/export/preview
POST /api/projects/{project_id}/images/delete
POST /api/projects/{project_id}/images/restore
POST /api/projects/{project_id}/duplicates/merge
POST /api/projects/{project_id}/duplicates/separate
POST /api/projects/{project_id}/duplicates/undo
POST /api/projects/{project_id}/imports/preview
GET /api/projects/{project_id}/uploads
POST /api/projects/{project_id}/image-questions/estimate
POST /api/projects/{project_id}/image-questions/trial
POST /api/projects/{project_id}/image-answers/estimate
POST /api/projects/{project_id}/image-answers/trial
POST /api/projects/{project_id}/generated-images
PUT /api/projects/{project_id}/business-profile
PUT /api/projects/{project_id}/review-plan
PUT /api/projects/{project_id}/question-templates/{template_id}
POST /api/images/{image_id}/questions
PUT /api/tasks/{task_id}/cost-cap
POST /ai/datasets/from-project
POST /ai/datasets/copy
PUT /ai/datasets/{dataset_id}
DELETE /ai/datasets/{dataset_id}
POST /ai/datasets/{dataset_id}/restore
POST /ai/datasets/{dataset_id}/images/remove
PUT /ai/datasets/{dataset_id}/analysis
POST /ai/datasets/{dataset_id}/analyses
POST /ai/datasets/{dataset_id}/versions
DELETE /ai/generated-images/{generated_id}
POST /ai/generated-images/{generated_id}/keep
POST /ai/generated-images/{generated_id}/unkeep
POST /ai/generated-images/{generated_id}/restore
POST /ai/generated-images/{generated_id}/rate
POST /ai/generated-images/{generated_id}/use-as-reference
POST /ai/generated-images/{generated_id}/judge
POST /ai/generated-images/{generated_id}/verify
POST /api/projects
POST /api/projects/import
PUT /api/projects/{project_id}
PUT /api/projects/{project_id}/guidelines
POST /api/projects/{project_id}/guidelines/restore
POST /api/projects/{project_id}/guidelines/images
POST /api/projects/{project_id}/archive
POST /api/projects/{project_id}/images
POST /api/projects/{project_id}/imports
POST /api/projects/{project_id}/variants
POST /api/projects/{project_id}/splits
POST /api/projects/{project_id}/splits/undo
POST /api/projects/{project_id}/tags
POST /api/projects/{project_id}/tags/undo
GET /api/projects/{project_id}/bin
POST /api/projects/{project_id}/bin/restore
POST /api/projects/{project_id}/overlaps
POST /api/projects/{project_id}/overlaps/files
POST /api/projects/{project_id}/analyses
POST /api/projects/{project_id}/map
POST /api/projects/{project_id}/image-questions
POST /api/projects/{project_id}/image-answers
POST /api/projects/{project_id}/question-templates
DELETE /api/projects/{project_id}/question-templates/{template_id}
POST /api/projects/{project_id}/image-datasets
POST /api/projects/{project_id}/image-datasets/export
POST /api/projects/{project_id}/checks
POST /api/projects/{project_id}/checks/estimate
POST /api/projects/{project_id}/checks/{check}/comparison
POST /api/projects/{project_id}/twins
POST /api/projects/{project_id}/twins/estimate
GET /api/projects/{project_id}/people
GET /api/projects/{project_id}/known-answers
PUT /api/projects/{project_id}/known-answers
GET /api/projects/{project_id}/effort
DELETE /api/images/{image_id}
POST /api/images/{image_id}/versions
POST /api/images/{image_id}/versions/undo
POST /api/images/{image_id}/tags
POST /api/images/{image_id}/tags/undo
PUT /api/image-datasets/{entry_id}
DELETE /api/image-datasets/{entry_id}
POST /api/image-datasets/{entry_id}/twin
POST /api/tasks/{task_id}/cancel
POST /api/tasks/{task_id}/pause
POST /api/tasks/{task_id}/resume
POST /api/tasks/{task_id}/retry
POST /api/tasks/{task_id}/overlaps/leave-out
POST /api/models/test
POST /ai/datasets
POST /ai/datasets/{dataset_id}/images
POST /ai/dataset/analyze
POST /ai/generate
POST /desk/again
POST /desk/twin
POST /uploads/new
GET /uploads/{upload_id}
PUT /uploads/{upload_id}
DELETE /uploads/{upload_id}
"""
OWNER = """
POST /api/projects/{project_id}/members
PUT /api/projects/{project_id}/members/{account_id}
DELETE /api/projects/{project_id}/members/{account_id}
POST /api/projects/{project_id}/bin/delete
GET /api/projects/{project_id}/audit
GET /api/projects/{project_id}/audit.csv
DELETE /api/projects/{project_id}
POST /api/projects/{project_id}/exports/{export_id}/send
GET /api/projects/{project_id}/webhooks
POST /api/projects/{project_id}/webhooks
GET /api/projects/{project_id}/webhooks/{webhook_id}
PUT /api/projects/{project_id}/webhooks/{webhook_id}
DELETE /api/projects/{project_id}/webhooks/{webhook_id}
POST /api/projects/{project_id}/webhooks/{webhook_id}/secret
POST /api/projects/{project_id}/webhooks/{webhook_id}/ping
GET /api/projects/{project_id}/webhooks/{webhook_id}/deliveries
POST /api/projects/{project_id}/webhooks/{webhook_id}/resend
"""
ADMIN = {
    "GET /api/accounts", "POST /api/accounts", "PUT /api/accounts/{account_id}",
    "PUT /api/projects/{project_id}/quota", "PUT /api/profiles/{profile}", "DELETE /api/profiles/{profile}",
    "GET /api/workers",
}  # fmt: skip
OF_THE_SERVER = dict.fromkeys(("account_id", "invitation_id", "token_id", "profile", "view"), "x" * 21)
LOWEST: dict[str, Role | None] = {
    route: role
    for role, routes in ((None, ANYONE), (Role.VIEWER, VIEWER), (Role.ANNOTATOR, ANNOTATOR), (Role.EDITOR, EDITOR),
                         (Role.OWNER, OWNER))
    for route in routes.split("\n") if route
}  # fmt: skip
# What these routes change is named in the body or the query, by ids of the project that is put in.
NAMED_IN_BODY = {
    "GET /desk/queue": ("project_id",), "GET /desk/count": ("project_id",), "GET /desk/values": ("project_id",),
    "GET /desk/found": ("project_id", "image_ids"), "GET /desk/history": ("entry_id",),
    "GET /desk/guidelines": ("project_id",), "GET /desk/ending": ("project_id",),
    "GET /desk/twins": ("entry_id",), "POST /desk/keep": ("project_id", "entry_ids"), "POST /desk/again": ("entry_id",),
    "POST /desk/twin": ("entry_id", "image_id"), "POST /ai/datasets": ("project_id",),
    "POST /ai/datasets/from-project": ("project_id",),
    "POST /ai/datasets/copy": ("dataset_id", "project_id"), "POST /ai/generate/preview": ("dataset_id",),
    "POST /ai/generate": ("dataset_id",), "POST /uploads/new": ("project_id",),
}  # fmt: skip
# Tested apart: what one of its acts costs the others, and a form.
APART = {"POST /desk/decide", "POST /ai/dataset/analyze"}
# Belong to no project: the role in any project counts.
IN_ANY_PROJECT = {"POST /api/projects", "POST /api/projects/import", "POST /api/models/test"}
OPEN = {"GET /api/health", "GET /api/ready"}


def every_route() -> set[str]:
    found = {f"{method.upper()} {path}" for path, methods in described.paths().items() for method in methods}
    for route in build_routes(lambda: None):
        assert isinstance(route, Route)
        if "{rest:" not in route.path and not route.path.startswith("/access/"):
            found |= {f"{method} {route.path}" for method in route.methods or () if method != "HEAD"}
    return found | {"GET /api/openapi.json", "GET /api/docs"}


def test_the_table_has_every_route_and_each_has_a_rule() -> None:
    assert every_route() - OPEN == LOWEST.keys() | ADMIN
    assert {rule.route for rule in rules()} == LOWEST.keys() | ADMIN
    for route in LOWEST:
        method, path = route.split(" ")
        found = rule_of(method, re.sub(r"{\w+}", "x" * 21, path))
        assert found is not None
        assert found[0].route == route


# --- routes x roles x projects -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def door(house: House) -> TestClient:
    """The guard before a route that does nothing: 204 says that it would have been reached."""
    nothing = ErrorResponses(RoleGuard(Response(status_code=204), lambda: house.services))
    return TestClient(As(nothing, house.people), base_url="http://localhost:8501")


def _ask(http: TestClient, person: str, route: str, ids: dict[str, str]) -> httpx.Response:
    method, path = route.split(" ")
    named: dict[str, object] = {}
    for name in NAMED_IN_BODY.get(route, ()):
        one = ids[name.replace("ids", "id")]
        named[name] = [one] if name.endswith("ids") and method == "POST" else one
    named |= {
        "/ai/generate": {"prompt": ""},
        "/ai/generate/preview": {"prompt": ""},
        "/ai/datasets": {"name": "Cold"},
        "/ai/datasets/from-project": {"name": ""},
        "/ai/datasets/copy": {"name": ""},
    }.get(path, {})
    named |= {
        "/desk/twin": {"answer": "no", "act_id": "act-00001"},
        "/desk/again": {"version": 99, "act_id": "act-00002"},
    }.get(path, {})
    body = {"params": named} if method == "GET" else {"json": named} if named else {}
    return http.request(method, path.format(**OF_THE_SERVER | ids), headers={"X-Person": person}, **body)


@pytest.mark.parametrize("route", sorted(ADMIN))
def test_routes_of_accounts_are_for_admins(house: House, client: TestClient, door: TestClient, route: str) -> None:
    assert _ask(door, "admin", route, house.ours).status_code == 204
    for person in (*Role, "stranger"):
        answer = _ask(client, person, route, house.ours)
        assert (answer.status_code, answer.json()["detail"]) == (
            403, "Only an admin of this server may do this. Ask one of them."
        )  # fmt: skip


@pytest.mark.parametrize("route", sorted(LOWEST.keys() - APART))
def test_each_route_needs_its_role_in_the_project(
    house: House, client: TestClient, door: TestClient, route: str
) -> None:
    lowest = LOWEST[route]
    for role in (*Role, "admin"):
        if lowest is None or role == "admin" or Role(role).includes(lowest):
            if route not in NAMED_IN_BODY:
                assert _ask(door, role, route, house.ours).status_code == 204, role
            else:
                assert _ask(client, role, route, house.ours).status_code in (200, 201, 409, 422), role
    before = house.services.db.data_version()
    for role in Role if lowest is not None else ():
        if not role.includes(lowest):
            answer = _ask(client, role, route, house.ours)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), role
            assert f"needs the role {lowest} in" in answer.json()["detail"]
    if lowest is not None and route not in IN_ANY_PROJECT:
        for person, ids in (("owner", house.theirs), ("owner", house.gone), ("stranger", house.ours)):
            answer = _ask(client, person, route, ids)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), person
    assert house.services.db.data_version() == before  # nothing was written


def test_the_audit_of_the_server_is_for_admins_and_its_bin_for_owners(house: House, client: TestClient) -> None:
    for path in ("/api/audit", "/api/audit.csv"):
        status = {who: client.get(path, headers={"X-Person": who}).status_code for who in ("owner", "admin")}
        assert status == {"owner": 403, "admin": 200}
    in_bin = {
        who: {item["project_id"] for item in client.get("/api/bin", headers={"X-Person": who}).json()["items"]}
        for who in ("owner", "editor", "admin")
    }
    gone = house.gone["project_id"]
    assert (gone in in_bin["admin"], in_bin["editor"]) == (True, set())
    body = {"kind": "project", "id": gone}
    assert client.post("/api/bin/restore", json=body, headers={"X-Person": "stranger"}).status_code == 404
