"""Fuzz tests against the OpenAPI document: schemathesis sends valid and invalid requests to every route."""

import contextlib
import os
import re
from itertools import islice

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from core.api import build_routes
from core.db import Questions, StyleDatasets, Tasks
from core.runtime import runtime
from core.services import Services
from tests.conftest import PROVE
from tests.pictures import png

# Of one request, on a machine that other tests load too.
TIMEOUT_S = 120
# For each of about 210 operations.
CASES_PER_OPERATION = 30 if PROVE else 1
# Of the invalid ones, whose making takes most of the time; a promise of the validation that all routes share.
EVERY = 1 if PROVE else 3


class Shelf:
    """A project with one row of each table, created again when a case has deleted it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._ids: dict[str, str] = {}

    def ids(self) -> dict[str, str]:
        exists = self._ids and self.services.images.get_image(self._ids["image_id"])
        projects = {project.id for project in self.services.projects.list_projects()}
        if not exists or self._ids["project_id"] not in projects:
            self._ids = self._make(len(projects))
        return self._ids

    def _make(self, number: int) -> dict[str, str]:
        project = self.services.projects.create_project(f"Shelf {number} {os.urandom(4).hex()}")
        (outcome,) = self.services.intake.add_images(project.id, [("red.png", png("red"))])
        assert outcome.image is not None
        image = outcome.image
        question = Questions(project_id=project.id, image_id=image.id, question="Color?", question_key="color")
        task = Tasks(project_id=project.id, task_type="image-question-generation")
        style = StyleDatasets(project_id=project.id, name="Warm")
        with self.services.db.transaction() as session:
            session.add_all([question, task, style])
        entry = self.services.dataset.create_dataset_entry(project.id, image.id, "Color?", "Red.")
        return {
            "project_id": project.id, "image_id": image.id, "question_id": question.id, "entry_id": entry.id,
            "task_id": task.id, "dataset_id": style.id,
        }  # fmt: skip


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(runtime.services)


@pytest.fixture
def openapi(shelf: Shelf) -> OpenApiSchema:
    server = Starlette(routes=build_routes(lambda: runtime.services, allowed_hosts=("*",)))

    async def local_server(scope: Scope, receive: Receive, send: Send) -> None:
        await server({**scope, "server": ("127.0.0.1", 8501)}, receive, send)

    return schemathesis.openapi.from_asgi("/api/openapi.json", local_server)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
def test_every_route_matches_the_openapi_document(
    openapi: OpenApiSchema, shelf: Shelf, mode: GenerationMode, subtests: pytest.Subtests
) -> None:
    operations = islice(openapi.get_all_operations(), 0, None, EVERY if mode is GenerationMode.NEGATIVE else 1)
    for found in operations:
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=CASES_PER_OPERATION, deadline=None, suppress_health_check=list(HealthCheck))
        def check(case: Case) -> None:
            _aim(case, shelf.ids())
            response = case.call(timeout=TIMEOUT_S)
            # A value can match its schema and still be refused: an id of another project, or bytes that are no image.
            refused = response.status_code == 422 and response.json()["code"] in ("invalid", "image_rejected")
            excluded = [positive_data_acceptance] if refused else []
            # Multipart fields are bytes without a type: a number instead of a string is valid.
            excluded += [negative_data_rejection] if case.media_type == "multipart/form-data" else []
            case.validate_response(response, excluded_checks=excluded)

        with subtests.test(operation.label), contextlib.suppress(Unsatisfiable):
            check()  # no invalid request exists for a route without parameters


def _aim(case: Case, ids: dict[str, str]) -> None:
    """Put existing ids into most cases, and the offline model into all of them."""
    for name in case.path_parameters or {}:
        given = str(case.path_parameters[name])
        if name in ids and re.fullmatch(r"[\w-]{21}", given, re.ASCII) and given[0] > "4":
            case.path_parameters[name] = ids[name]
    if not isinstance(case.body, dict):
        return
    for name in ("image_id", "question_id", "dataset_id", "project_id"):
        if isinstance(case.body.get(name), str) and len(case.body[name]) <= 100:
            case.body[name] = ids[name]
    model = case.body.get("llm_config")
    if not isinstance(model, dict):
        return
    for name, local in (("provider", "offline"), ("model", "measure"), ("api_base", None)):
        if isinstance(model.get(name), str) and 0 < len(model[name]) <= 100:
            model[name] = local
    if model.get("provider", "") == "":
        model["provider"] = "offline"  # an empty provider would mean OpenAI
    if isinstance(model.get("timeout_s"), float) and 1 <= model["timeout_s"] <= 3600:
        model["timeout_s"] = None
