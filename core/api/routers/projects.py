"""Projects."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.api.dependencies import ServicesDep
from core.api.schemas import Answer, Body, Cursor, Id, Limit, Page, page_of
from core.db import Projects
from core.errors import NotFoundError
from core.projects import MAX_NAME_CHARS

router = APIRouter(prefix="/api/projects", tags=["projects"])

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS, pattern=r"\S")]


class ProjectAnswer(Answer):
    id: str
    name: str
    description: str
    create_at: datetime
    update_at: datetime


class CountsAnswer(Answer):
    """How much of everything a project holds."""

    images: int
    images_without_questions: int
    questions: int
    questions_without_answer: int
    entries: int
    confirmed: int
    rejected: int
    open: int


class NewProject(Body):
    name: Name
    description: Annotated[str, Field(max_length=5000)] = ""


class ProjectChange(Body):
    name: Name | None = None
    description: Annotated[str, Field(max_length=5000)] | None = None


@router.post("", status_code=201)
def create_project(body: NewProject, services: ServicesDep) -> ProjectAnswer:
    """Make a project; its name must be free."""
    return _answer(services.projects.create_project(body.name, body.description))


@router.get("")
def list_projects(services: ServicesDep, limit: Limit = 100, cursor: Cursor = None) -> Page[ProjectAnswer]:
    """List projects, the most recently changed first."""
    rows = services.projects.list_projects()
    part, following = page_of(rows, limit, cursor, lambda row: row.id)
    return Page(items=[_answer(row) for row in part], next_cursor=following, total=len(rows))


@router.get("/{project_id}")
def get_project(project_id: Id, services: ServicesDep) -> ProjectAnswer:
    """Return a project."""
    return _answer(services.projects.get_project(project_id))


@router.get("/{project_id}/counts")
def get_project_counts(project_id: Id, services: ServicesDep) -> CountsAnswer:
    """Count what a project holds."""
    services.projects.get_project(project_id)
    return CountsAnswer.model_validate(services.projects.counts(project_id))


@router.put("/{project_id}")
def change_project(project_id: Id, body: ProjectChange, services: ServicesDep) -> ProjectAnswer:
    """Give a project another name or description."""
    now = services.projects.get_project(project_id)
    return _answer(services.projects.rename_project(project_id, body.name or now.name, body.description))


@router.delete("/{project_id}", status_code=204)
def delete_project(project_id: Id, services: ServicesDep) -> None:
    """Delete a project with everything in it."""
    if not services.projects.delete_project(project_id):
        raise NotFoundError("This project does not exist any more.")


def _answer(project: Projects) -> ProjectAnswer:
    return ProjectAnswer.model_validate(project)
