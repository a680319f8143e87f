"""Which act each route is, and by what its project is found; a route without a rule is answered as if it did not exist.

Rules are asked for people and programs with roles only: where there are no accounts everybody may do everything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from re import Pattern
from typing import Final

from starlette.routing import compile_path

from core.accounts.permissions import Act
from core.ownership import OWNED

SIGNED_IN: Final = None
"""Instead of an act: whoever has signed in."""
IN_BODY: Final = "body"
"""The project is found by ids in the body or in the query; the route asks :func:`core.api.roles.require_ids`."""
NOTHING: Final = ""
"""The route belongs to no project; a list shows what the caller may see."""


@dataclass(frozen=True)
class Rule:
    """The act that a route is, and the path parameter by which its project is found, IN_BODY or NOTHING."""

    route: str
    act: Act | None
    of: str


_PROJECT = "/api/projects/{project_id}"
_WEBHOOK = f"{_PROJECT}/webhooks/{{webhook_id}}"
_IMAGE = "/api/images/{image_id}"
_ENTRY = "/api/image-datasets/{entry_id}"
_TASK = "/api/tasks/{task_id}"
_STYLE = "/ai/datasets/{dataset_id}"
_GENERATED = "/ai/generated-images/{generated_id}"

_ACTS: dict[Act | None, tuple[str, ...]] = {
    SIGNED_IN: (
        "GET /api/openapi.json", "GET /api/docs", "GET /api/status", "GET /api/models", "GET /api/projects",
        "GET /api/accounts/me", "PUT /api/accounts/me/password", "DELETE /api/accounts/me/sessions",
        "GET /api/invitations", "POST /api/invitations", "DELETE /api/invitations/{invitation_id}",
        "GET /api/tokens", "POST /api/tokens", "DELETE /api/tokens/{token_id}",
        "GET /ai/datasets", "GET /ai/generated-images", "GET /api/profiles", "GET /api/models/image-limits",
        "GET /api/bin", "POST /api/bin/restore", "POST /api/bin/delete", "GET /api/audit", "GET /api/audit.csv",
        "POST /desk/check", "GET /desk/models", "POST /desk/keys",
    ),
    Act.READ: (
        f"GET {_PROJECT}", f"GET {_PROJECT}/counts", f"GET {_PROJECT}/members", f"GET {_PROJECT}/quota",
        f"GET {_PROJECT}/images", f"GET {_PROJECT}/images/facets",
        f"GET {_PROJECT}/images/search", f"POST {_PROJECT}/images/similar", f"GET {_PROJECT}/duplicates",
        f"GET {_PROJECT}/splits", f"GET {_PROJECT}/hashes", f"GET {_PROJECT}/map", f"GET {_PROJECT}/map/points",
        f"GET {_PROJECT}/image-questions", f"GET {_PROJECT}/question-templates", f"GET {_PROJECT}/image-datasets",
        f"GET {_PROJECT}/image-datasets/stats", f"GET {_PROJECT}/checks", f"GET {_PROJECT}/checks/{{check}}",
        f"GET {_PROJECT}/guessability", f"GET {_PROJECT}/report", f"GET {_PROJECT}/arena",
        f"GET {_PROJECT}/arena/comparison", f"GET {_PROJECT}/exports", f"GET {_PROJECT}/tasks",
        f"GET {_PROJECT}/guidelines", f"GET {_PROJECT}/guidelines/versions",
        f"GET {_PROJECT}/people/me", f"GET {_PROJECT}/messages", f"GET {_ENTRY}/messages",
        f"GET {_IMAGE}", f"GET {_IMAGE}/data", f"GET {_IMAGE}/analysis", f"GET {_IMAGE}/tags", f"GET {_IMAGE}/similar",
        f"GET {_ENTRY}", f"GET {_ENTRY}/twin-candidates",
        f"GET {_TASK}", f"GET {_TASK}/summary", f"GET {_TASK}/events", f"GET {_TASK}/outcomes", f"GET {_TASK}/overlaps",
        f"GET {_PROJECT}/images/ids", f"GET {_PROJECT}/values", f"GET {_PROJECT}/duplicates/groups",
        f"GET {_PROJECT}/image-datasets/facets", f"GET {_PROJECT}/image-datasets/decided",
        f"GET {_PROJECT}/image-questions/targets", f"GET {_PROJECT}/image-questions/examples",
        f"GET {_PROJECT}/review-queue", f"GET {_PROJECT}/review-plan", f"GET {_PROJECT}/views",
        f"GET {_PROJECT}/agreement", f"GET {_PROJECT}/exports/{{export_id}}",
        f"GET {_PROJECT}/image-datasets/export/choices", f"GET {_PROJECT}/business-profile",
        f"GET {_IMAGE}/history", f"GET {_ENTRY}/history", f"GET {_TASK}/items", f"GET {_STYLE}",
        f"GET {_STYLE}/versions", "GET /ai/dataset/{dataset_id}/images", f"GET {_GENERATED}",
        f"GET {_GENERATED}/references", "POST /ai/generate/preview",
        "GET /img/{image_id}/{size}", "GET /img/{image_id}/tile/{level}/{x}/{y}",
        "GET /exports/{export_id}", "GET /exports/projects/{task_id}",
        "GET /map/{project_id}/points", "GET /map/{project_id}/column", "GET /map/{project_id}/matching",
        "GET /map/{project_id}/images",
        "GET /desk/queue", "GET /desk/count", "GET /desk/found", "GET /desk/history", "GET /desk/values",
        "GET /desk/twins", "GET /desk/guidelines", "GET /desk/ending",
    ),
    Act.REVIEW: (
        "POST /desk/decide", "POST /desk/keep", f"POST {_ENTRY}/confirm", f"POST {_ENTRY}/rate",
        f"POST {_ENTRY}/decide", f"POST {_PROJECT}/image-datasets/undo", f"POST {_PROJECT}/review-queue",
        f"POST {_PROJECT}/review-queue/keep", f"PUT {_PROJECT}/views/{{view}}", f"DELETE {_PROJECT}/views/{{view}}",
        f"POST {_ENTRY}/messages", f"POST {_ENTRY}/messages/answer", f"POST {_ENTRY}/messages/close",
    ),
    Act.WRITE_ENTRIES: (
        f"POST {_PROJECT}/image-datasets", f"PUT {_ENTRY}", f"DELETE {_ENTRY}", f"POST {_ENTRY}/twin",
        f"POST {_TASK}/overlaps/leave-out", "POST /desk/twin",
        f"POST {_PROJECT}/image-datasets/bulk", f"POST {_PROJECT}/image-datasets/answers",
        f"POST {_IMAGE}/questions",
    ),
    Act.MANAGE_IMAGES: (
        f"DELETE {_IMAGE}", f"POST {_IMAGE}/versions", f"POST {_IMAGE}/versions/undo", f"POST {_IMAGE}/tags",
        f"POST {_IMAGE}/tags/undo", f"POST {_PROJECT}/tags", f"POST {_PROJECT}/tags/undo", f"POST {_PROJECT}/splits",
        f"POST {_PROJECT}/splits/undo", f"POST {_PROJECT}/variants",
        f"GET {_PROJECT}/bin", f"POST {_PROJECT}/bin/restore",
        f"POST {_PROJECT}/images/delete", f"POST {_PROJECT}/images/restore",
        f"POST {_PROJECT}/duplicates/merge", f"POST {_PROJECT}/duplicates/separate",
        f"POST {_PROJECT}/duplicates/undo",
    ),
    Act.IMPORT: (
        f"POST {_PROJECT}/images", f"POST {_PROJECT}/imports", f"POST {_PROJECT}/imports/preview",
        f"GET {_PROJECT}/uploads",
        "POST /uploads/new", "GET /uploads/{upload_id}", "PUT /uploads/{upload_id}", "DELETE /uploads/{upload_id}",
    ),
    Act.GENERATE_PAID: (
        f"POST {_PROJECT}/image-questions", f"POST {_PROJECT}/image-answers", f"POST {_PROJECT}/analyses",
        f"POST {_PROJECT}/twins", f"POST {_PROJECT}/twins/estimate", "POST /ai/generate", "POST /desk/again",
        f"POST {_PROJECT}/image-questions/estimate", f"POST {_PROJECT}/image-questions/trial",
        f"POST {_PROJECT}/image-answers/estimate", f"POST {_PROJECT}/image-answers/trial",
        f"POST {_PROJECT}/generated-images", f"POST {_GENERATED}/judge", f"POST {_GENERATED}/verify",
    ),
    Act.RUN_CHECKS: (
        f"POST {_PROJECT}/checks", f"POST {_PROJECT}/checks/estimate", f"POST {_PROJECT}/checks/{{check}}/comparison",
        f"POST {_PROJECT}/map", f"POST {_PROJECT}/overlaps", f"POST {_PROJECT}/overlaps/files",
    ),
    Act.MANAGE_STYLES: (
        "POST /ai/datasets", f"POST {_STYLE}/images", "POST /ai/dataset/analyze",
        "POST /ai/datasets/from-project", "POST /ai/datasets/copy", f"PUT {_STYLE}", f"DELETE {_STYLE}",
        f"POST {_STYLE}/restore", f"POST {_STYLE}/images/remove", f"PUT {_STYLE}/analysis",
        f"POST {_STYLE}/analyses", f"POST {_STYLE}/versions", f"PUT {_PROJECT}/business-profile",
        f"DELETE {_GENERATED}",
        *(f"POST {_GENERATED}/{what}" for what in ("keep", "unkeep", "restore", "rate", "use-as-reference")),
    ),
    Act.EXPORT: (
        f"POST {_PROJECT}/image-datasets/export", f"POST {_PROJECT}/image-datasets/export/preview",
        f"POST {_PROJECT}/archive",
    ),
    Act.PUBLISH: (f"POST {_PROJECT}/exports/{{export_id}}/send",),
    Act.MANAGE_TASKS: (
        *(f"POST {_TASK}/{what}" for what in ("cancel", "pause", "resume", "retry")), f"PUT {_TASK}/cost-cap",
    ),
    Act.MANAGE_REVIEW: (
        f"GET {_PROJECT}/people", f"PUT {_PROJECT}/review-plan",
        f"GET {_PROJECT}/known-answers", f"PUT {_PROJECT}/known-answers", f"GET {_PROJECT}/effort",
    ),
    Act.CHANGE_PROJECT: (
        f"PUT {_PROJECT}", f"PUT {_PROJECT}/guidelines", f"POST {_PROJECT}/guidelines/restore",
        f"POST {_PROJECT}/guidelines/images", f"POST {_PROJECT}/question-templates",
        f"PUT {_PROJECT}/question-templates/{{template_id}}",
        f"DELETE {_PROJECT}/question-templates/{{template_id}}",
    ),
    Act.MANAGE_MEMBERS: (
        f"POST {_PROJECT}/members", f"PUT {_PROJECT}/members/{{account_id}}",
        f"DELETE {_PROJECT}/members/{{account_id}}",
    ),
    Act.MANAGE_WEBHOOKS: (
        f"GET {_PROJECT}/webhooks", f"POST {_PROJECT}/webhooks", f"GET {_WEBHOOK}", f"PUT {_WEBHOOK}",
        f"DELETE {_WEBHOOK}", f"POST {_WEBHOOK}/secret", f"POST {_WEBHOOK}/ping", f"GET {_WEBHOOK}/deliveries",
        f"POST {_WEBHOOK}/resend",
    ),
    Act.READ_AUDIT: (f"GET {_PROJECT}/audit", f"GET {_PROJECT}/audit.csv"),
    Act.MANAGE_SERVER: (
        "GET /api/accounts", "POST /api/accounts", "PUT /api/accounts/{account_id}", f"PUT {_PROJECT}/quota",
        "PUT /api/profiles/{profile}", "DELETE /api/profiles/{profile}", "GET /api/workers",
    ),
    Act.DELETE_PROJECT: (f"DELETE {_PROJECT}", f"POST {_PROJECT}/bin/delete"),
    Act.CREATE_PROJECT: ("POST /api/projects", "POST /api/projects/import"),
    Act.TEST_MODEL: ("POST /api/models/test",),
}  # fmt: skip

CHOOSES_ITSELF: Final = frozenset({"POST /ai/generate", "POST /ai/generate/preview"})
"""Routes that choose among the projects of the caller when the body names none."""

_IN_BODY = {
    "POST /ai/generate",
    "POST /ai/generate/preview",
    "POST /ai/datasets",
    "POST /ai/datasets/from-project",
    "POST /ai/datasets/copy",
    "POST /ai/dataset/analyze",
    "POST /uploads/new",
} | {route for routes in _ACTS.values() for route in routes if " /desk/" in route} - {
    "POST /desk/check",
    "GET /desk/models",
    "POST /desk/keys",
}


def rule_of(method: str, path: str) -> tuple[Rule, str] | None:
    """Return the rule of a request, and the id in its path by which the project is found; None without a rule."""
    by_shape = _by_shape()
    key = ("GET" if method == "HEAD" else method, path.count("/"), path.partition("/")[2].partition("/")[0])
    for pattern, rule in by_shape.get(key, ()):
        if found := pattern.match(path):
            return rule, str(found.groupdict().get(rule.of, ""))
    return None


def rules() -> Iterator[Rule]:
    """Yield every rule."""
    for act, routes in _ACTS.items():
        for route in routes:
            yield Rule(route, act, _found_by(route))


def _found_by(route: str) -> str:
    if route in _IN_BODY:
        return IN_BODY
    return next((name for name in ("project_id", "upload_id", *OWNED) if f"{{{name}}}" in route), NOTHING)


@cache
def _by_shape() -> dict[tuple[str, int, str], list[tuple[Pattern[str], Rule]]]:
    """Return the rules by method, number of segments and first segment, those without parameters first."""
    made: dict[tuple[str, int, str], list[tuple[Pattern[str], Rule]]] = {}
    for rule in sorted(rules(), key=lambda rule: rule.route.count("{")):
        method, _, path = rule.route.partition(" ")
        key = (method, path.count("/"), path.split("/")[1])
        made.setdefault(key, []).append((compile_path(path)[0], rule))
    return made
