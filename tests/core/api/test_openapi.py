"""The OpenAPI document states these limits, defaults and statuses: programs are written against them."""

from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute

from core.api.rest import query_names
from core.api.routers import ALL
from tests.core.api import openapi_values

DECLARED = Path(__file__).with_name("openapi_declared.txt")  # whoever changes one changes it there too
EVERY_ROUTE = {"400", "401", "403", "404", "409", "413", "415", "422"}


def declared(heading: str) -> dict[str, str]:
    """Return the lines below a heading of the file, by what they are about."""
    (part,) = (one for one in DECLARED.read_text(encoding="utf-8").split("# ") if one.startswith(heading))
    return dict(line.split(": ", 1) for line in part.splitlines()[1:] if line)


def test_parameters_have_these_limits_and_defaults(document: dict[str, Any]) -> None:
    assert openapi_values.parameters(document) == declared("Parameters")


def test_fields_of_bodies_have_these_limits_and_defaults(document: dict[str, Any]) -> None:
    assert openapi_values.fields(document) == declared("Fields of bodies")


def test_the_parameters_that_are_accepted_are_those_of_the_document(document: dict[str, Any]) -> None:
    accepted = {
        (route.path, method.lower()): query_names(route.dependant)
        for router in ALL for route in router.routes if isinstance(route, APIRoute) for method in route.methods
    }  # fmt: skip
    documented = {
        (path, method): [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
        for path, methods in document["paths"].items() for method, operation in methods.items()
    }  # fmt: skip
    assert {name: accepted.get(name) for name in documented} == documented
    assert "limit" in documented["/api/projects/{project_id}/images", "get"]


def test_every_route_declares_its_statuses(document: dict[str, Any]) -> None:
    found = {name: set(statuses.split()) for name, statuses in openapi_values.statuses(document).items()}

    assert {name: " ".join(sorted(one - EVERY_ROUTE)) for name, one in found.items()} == declared("Statuses")
    assert all(one >= EVERY_ROUTE for one in found.values())


def test_the_pages_of_the_documentation_are_no_routes_of_it(document: dict[str, Any]) -> None:
    assert "/api/docs" not in document["paths"]
