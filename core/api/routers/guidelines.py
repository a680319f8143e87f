"""Routes of the guidelines of a project: what its reviewers go by, in versions."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.media_urls import image_url
from core.api.schemas import INTEGRAL, Id, RequestBody, ResponseBody
from core.api.upload_form import UploadRoute
from core.dataset.guidelines.service import MAX_CHARS, GuidelineVersion
from core.services import Services

router = APIRouter(prefix="/api/projects/{project_id}/guidelines", tags=["guidelines"], route_class=UploadRoute)

Version = Annotated[int, Field(ge=0, le=2**31 - 1), INTEGRAL]


class GuidelineVersionAnswer(ResponseBody):
    """A version of the guidelines, without its text."""

    version: int = Field(description="from 1; 0 while a project has no guidelines")
    created_by: str
    create_at: datetime | None
    restored_from: int | None = Field(description="the version that it is a copy of")


class GuidelinesAnswer(GuidelineVersionAnswer):
    """A version of the guidelines."""

    text: str = Field(description="Markdown; an image of the project is `![description](image:ID)`")
    html: str = Field(description="the text as sanitized HTML, with images of the project only")
    changes: str = Field(description="what it changed, as a unified diff with the version before")


class NewGuidelines(RequestBody):
    """The text, and the version that it changes: with another one meanwhile it is a conflict."""

    text: Annotated[str, Field(max_length=MAX_CHARS)]
    version: Version | None = None


class RestoredVersion(RequestBody):
    """The version to restore."""

    version: Version


class GuidelineImage(ResponseBody):
    """An image for the guidelines."""

    image_id: str
    markdown: str = Field(description="shows the image where it is put into the text")


@router.get("")
def get_guidelines(
    project_id: Id, services: ServicesDep, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> GuidelinesAnswer:
    """Return the guidelines of a project, or an earlier version of them."""
    services.projects.get_project(project_id)
    return _answer(services, project_id, services.guidelines.guidelines(project_id, version))


@router.get("/versions")
def list_versions(project_id: Id, services: ServicesDep) -> list[GuidelineVersionAnswer]:
    """List the versions of the guidelines, newest first."""
    services.projects.get_project(project_id)
    return [GuidelineVersionAnswer.model_validate(one) for one in services.guidelines.versions(project_id)]


@router.put("")
def save_guidelines(
    project_id: Id, body: NewGuidelines, services: ServicesDep, actor: CurrentActor
) -> GuidelinesAnswer:
    """Save a new version of the guidelines; an empty text ends them."""
    saved = services.guidelines.save(project_id, body.text, actor=actor.name, seen_version=body.version)
    return _answer(services, project_id, saved)


@router.post("/restore")
def restore_guidelines(
    project_id: Id, body: RestoredVersion, services: ServicesDep, actor: CurrentActor
) -> GuidelinesAnswer:
    """Save the text of an earlier version as the newest one."""
    return _answer(services, project_id, services.guidelines.restore(project_id, body.version, actor=actor.name))


@router.post("/images", status_code=201)
async def add_guideline_image(
    project_id: Id, file: Annotated[UploadFile, File()], services: ServicesDep, actor: CurrentActor
) -> GuidelineImage:
    """Store an image for the guidelines; it is not in the library, unless it is there already."""
    services.projects.get_project(project_id)
    add = partial(services.guidelines.add_image, project_id, file.filename or "image", await file.read())
    image = await asyncio.to_thread(add, actor=actor.name)
    return GuidelineImage(image_id=image.id, markdown=f"![{image.image_name}](image:{image.id})")


def _answer(services: Services, project_id: str, found: GuidelineVersion) -> GuidelinesAnswer:
    html = services.guidelines.rendered(project_id, found.text, lambda image: image_url(image.id, image.sha256, "view"))
    changes = services.guidelines.changes(project_id, found.version) if found.version else ""
    return GuidelinesAnswer(
        version=found.version, created_by=found.created_by, create_at=found.create_at,
        restored_from=found.restored_from, text=found.text, html=html, changes=changes,
    )  # fmt: skip
