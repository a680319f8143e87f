"""Routes of projects."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import INTEGRAL, Cursor, Id, Limit, Page, RequestBody, ResponseBody, page_of
from core.db import Projects
from core.errors import NotFoundError
from core.projects import MAX_NAME_CHARS

router = APIRouter(prefix="/api/projects", tags=["projects"])

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS, pattern=r"\S")]


class ProjectAnswer(ResponseBody):
    """A project."""

    id: str
    name: str
    description: str
    analyzers: list[str] = Field(description="names of the analyzers that run for new images")
    create_at: datetime
    update_at: datetime


class CountsAnswer(ResponseBody):
    """How many images, questions and entries a project has."""

    images: int
    images_without_questions: int
    questions: int
    questions_without_answer: int
    entries: int
    confirmed: int
    rejected: int
    open: int


class NewProject(RequestBody):
    """A new project."""

    name: Name
    description: Annotated[str, Field(max_length=5000)] = ""


class ProjectChange(RequestBody):
    """The fields to change."""

    name: Name | None = None
    description: Annotated[str, Field(max_length=5000)] | None = None
    analyzers: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=50)] | None = Field(
        None, description="names of the analyzers that run for new images; of those that ask no model"
    )


class NewQuota(RequestBody):
    """Both limits; null for none."""

    # No more than the columns of the database hold.
    max_images: Annotated[int, Field(ge=0, le=2**31 - 1), INTEGRAL] | None
    max_image_bytes: Annotated[int, Field(ge=0, le=2**63 - 1), INTEGRAL] | None


class QuotaAnswer(ResponseBody):
    """The limits of a project, null for none, and what its library has."""

    max_images: int | None
    max_image_bytes: int | None
    images: int
    image_bytes: int


@router.post("", status_code=201)
def create_project(body: NewProject, services: ServicesDep, actor: CurrentActor) -> ProjectAnswer:
    """Create a project; no other project may have its name. Who creates it becomes its owner."""
    return _answer(services.projects.create_project(body.name, body.description, owner_id=actor.account_id))


@router.get("")
def list_projects(
    services: ServicesDep, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None
) -> Page[ProjectAnswer]:
    """List the projects that the caller has a role in, the most recently changed first."""
    rows = services.projects.list_projects(services.access.visible_projects(actor))
    page, next_cursor = page_of(rows, limit, cursor, lambda row: row.id)
    return Page(items=[_answer(row) for row in page], next_cursor=next_cursor, total=len(rows))


@router.get("/{project_id}")
def get_project(project_id: Id, services: ServicesDep) -> ProjectAnswer:
    """Return a project."""
    return _answer(services.projects.get_project(project_id))


@router.get("/{project_id}/counts")
def get_project_counts(project_id: Id, services: ServicesDep) -> CountsAnswer:
    """Count the images, questions and entries of a project."""
    services.projects.get_project(project_id)
    return CountsAnswer.model_validate(services.projects.counts(project_id))


@router.put("/{project_id}")
def change_project(project_id: Id, body: ProjectChange, services: ServicesDep) -> ProjectAnswer:
    """Change the name, the description or the analyzers for new images of a project."""
    project = services.projects.get_project(project_id)
    if body.analyzers is not None:
        services.projects.set_analyzers(project_id, body.analyzers)
        services.analyze_new_images(project_id)
    return _answer(services.projects.rename_project(project_id, body.name or project.name, body.description))


@router.get("/{project_id}/quota")
def get_quota(project_id: Id, services: ServicesDep) -> QuotaAnswer:
    """Return how many images and bytes the library of a project may have, and has at the moment."""
    services.projects.get_project(project_id)
    return QuotaAnswer.model_validate(services.library.quota(project_id))


@router.put("/{project_id}/quota")
def set_quota(project_id: Id, body: NewQuota, services: ServicesDep) -> QuotaAnswer:
    """Set the quota of a project; for admins. Images that are there already stay, also where they are too many."""
    services.projects.set_quota(project_id, max_images=body.max_images, max_image_bytes=body.max_image_bytes)
    return QuotaAnswer.model_validate(services.library.quota(project_id))


@router.delete("/{project_id}", status_code=204)
def delete_project(project_id: Id, services: ServicesDep) -> None:
    """Delete a project with everything in it."""
    if not services.projects.delete_project(project_id):
        raise NotFoundError("This project does not exist any more. Choose another one.")


def _answer(project: Projects) -> ProjectAnswer:
    names = [name for name in project.analyzers.split(",") if name]
    return ProjectAnswer.model_validate(project.model_dump() | {"analyzers": names})
