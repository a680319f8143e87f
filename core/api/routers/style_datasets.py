"""Routes of changing style datasets: guidelines, images, analyses, versions, copies, and the brand of a project."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.styles import StyleDatasetAnswer, StyleImageAnswer, style_images
from core.api.routers.tasks import start
from core.api.schemas import INTEGRAL, Id, ModelChoice, RequestBody, ResponseBody, TaskAnswer
from core.errors import NotFoundError

router = APIRouter(tags=["styles"])

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
_GONE = "This style dataset does not exist any more. Choose another one."


class StyleSummaryAnswer(ResponseBody):
    """A style dataset with the numbers of its images and of its analyzed images."""

    dataset: StyleDatasetAnswer
    images: int
    analyzed: int


class StyleDatasetChange(RequestBody):
    """The fields to change; a change makes a new version."""

    name: Name | None = None
    master_prompt: Annotated[str, Field(max_length=20_000)] | None = None


class StyleOfProject(RequestBody):
    """The project, and its images that become references."""

    project_id: Annotated[str, Field(max_length=100)]
    name: Name = "The style of this project"
    image_ids: Annotated[list[Id], Field(max_length=1000)] = Field([], description="empty: the project's own images")


class StyleCopy(RequestBody):
    """The style dataset, and the project that gets the copy."""

    dataset_id: Annotated[str, Field(max_length=100)]
    project_id: Annotated[str, Field(max_length=100)]
    name: Name | None = None


class ReferenceRows(RequestBody):
    """References by the ids of their rows."""

    row_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class RemovedAnswer(ResponseBody):
    """How many references were removed."""

    removed: int


class AnalysisEdit(RequestBody):
    """A reference, and the fields of its analysis that a person writes."""

    row_id: Id
    edits: dict[str, Any] = Field(description="description, tags, vibe, lighting, colors or style")


class StyleAnalysisRequest(RequestBody):
    """The model that describes the references; without one they are only measured."""

    llm_config: ModelChoice


class _StyleAnalysisConfig(StyleAnalysisRequest):
    dataset_id: str


class StyleVersionAnswer(ResponseBody):
    """A version of a style dataset; *change* says what made it."""

    version: int
    name: str
    master_prompt: str
    change: str
    created_at: datetime


class StyleVersions(ResponseBody):
    """The versions, newest first."""

    items: list[StyleVersionAnswer]


class StyleVersionChoice(RequestBody):
    """The version whose name, guidelines and images become the newest version."""

    version: Annotated[int, Field(ge=1), INTEGRAL]


class BusinessProfile(RequestBody):
    """The brand with which every full prompt of the project begins."""

    business_name: Annotated[str, Field(max_length=200)] = ""
    vibes: Annotated[str, Field(max_length=1000)] = ""
    theme: Annotated[str, Field(max_length=1000)] = ""


class BusinessProfileAnswer(ResponseBody):
    """The brand of a project; empty when it has none."""

    business_name: str = ""
    vibes: str = ""
    theme: str = ""


@router.get("/ai/datasets/{dataset_id}")
def get_style_dataset(dataset_id: Id, services: ServicesDep) -> StyleSummaryAnswer:
    """Return a style dataset with the numbers of its images."""
    return StyleSummaryAnswer.model_validate(services.style_datasets.summary(dataset_id))


@router.put("/ai/datasets/{dataset_id}")
def change_style_dataset(dataset_id: Id, body: StyleDatasetChange, services: ServicesDep) -> StyleDatasetAnswer:
    """Change the name or the guidelines of a style dataset."""
    changed = services.style_datasets.update_style_dataset(dataset_id, name=body.name, master_prompt=body.master_prompt)
    return StyleDatasetAnswer.model_validate(changed)


@router.delete("/ai/datasets/{dataset_id}", status_code=204)
def delete_style_dataset(dataset_id: Id, services: ServicesDep) -> None:
    """Delete a style dataset; its results stay, and it can be restored."""
    if not services.style_datasets.delete_style_dataset(dataset_id):
        raise NotFoundError(_GONE)


@router.post("/ai/datasets/{dataset_id}/restore")
def restore_style_dataset(dataset_id: Id, services: ServicesDep) -> StyleDatasetAnswer:
    """Undo the deletion of a style dataset."""
    return StyleDatasetAnswer.model_validate(services.style_datasets.restore_style_dataset(dataset_id))


@router.post("/ai/datasets/from-project", status_code=201)
def create_style_of_project(body: StyleOfProject, services: ServicesDep) -> StyleDatasetAnswer:
    """Create a style dataset of images of a project, and measure the first ones."""
    services.projects.get_project(body.project_id)
    made = services.style_datasets.create_from_project(body.project_id, body.name, body.image_ids)
    return StyleDatasetAnswer.model_validate(made)


@router.post("/ai/datasets/copy", status_code=201)
def copy_style_dataset(body: StyleCopy, services: ServicesDep) -> StyleDatasetAnswer:
    """Copy a style dataset into a project; its images are copied too when that is another project."""
    services.ownership.check("dataset_id", body.dataset_id)
    services.projects.get_project(body.project_id)
    copied = services.style_datasets.copy_style_dataset(body.dataset_id, body.project_id, body.name)
    return StyleDatasetAnswer.model_validate(copied)


@router.post("/ai/datasets/{dataset_id}/images/remove")
def remove_references(dataset_id: Id, body: ReferenceRows, services: ServicesDep) -> RemovedAnswer:
    """Remove references from the current version; older versions keep them."""
    services.style_datasets.get_style_dataset(dataset_id)
    return RemovedAnswer(removed=services.style_datasets.remove_images(dataset_id, body.row_ids))


@router.put("/ai/datasets/{dataset_id}/analysis")
def edit_analysis(dataset_id: Id, body: AnalysisEdit, request: Request, services: ServicesDep) -> StyleImageAnswer:
    """Replace fields of the analysis of a reference; no later analysis overwrites them."""
    if services.style_datasets.get_image(body.row_id).row.dataset_id != dataset_id:
        raise NotFoundError("This image is not in the style dataset any more. Choose another one.", field="row_id")
    services.style_analysis.edit_analysis(body.row_id, body.edits)
    return next(row for row in style_images(services, request, dataset_id) if row.id == body.row_id)


@router.post("/ai/datasets/{dataset_id}/analyses", status_code=202)
async def analyze_references(
    dataset_id: Id,
    body: StyleAnalysisRequest,
    request: Request,
    response: Response,
    services: ServicesDep,
    actor: CurrentActor,
) -> TaskAnswer:
    """Start a task in which a model describes the references that it has not described yet."""
    dataset = await asyncio.to_thread(services.style_datasets.get_style_dataset, dataset_id)
    config = _StyleAnalysisConfig(dataset_id=dataset_id, llm_config=body.llm_config)
    return await start(services, request, response, actor, dataset.project_id, "style-analysis", config)


@router.get("/ai/datasets/{dataset_id}/versions")
def list_style_versions(dataset_id: Id, services: ServicesDep) -> StyleVersions:
    """List the versions of a style dataset."""
    services.style_datasets.get_style_dataset(dataset_id)
    versions = services.style_datasets.list_versions(dataset_id)
    return StyleVersions(items=[StyleVersionAnswer.model_validate(version) for version in versions])


@router.post("/ai/datasets/{dataset_id}/versions")
def restore_style_version(dataset_id: Id, body: StyleVersionChoice, services: ServicesDep) -> StyleDatasetAnswer:
    """Make a new version with the name, guidelines and images of an older one."""
    return StyleDatasetAnswer.model_validate(services.style_datasets.restore_version(dataset_id, body.version))


@router.get("/api/projects/{project_id}/business-profile")
def get_business_profile(project_id: Id, services: ServicesDep) -> BusinessProfileAnswer:
    """Return the brand of a project."""
    services.projects.get_project(project_id)
    profile = services.style_generation.get_business_profile(project_id)
    return BusinessProfileAnswer.model_validate(profile) if profile else BusinessProfileAnswer()


@router.put("/api/projects/{project_id}/business-profile")
def set_business_profile(project_id: Id, body: BusinessProfile, services: ServicesDep) -> BusinessProfileAnswer:
    """Set the brand of a project."""
    services.projects.get_project(project_id)
    profile = services.style_generation.set_business_profile(project_id, **body.model_dump())
    return BusinessProfileAnswer.model_validate(profile)
