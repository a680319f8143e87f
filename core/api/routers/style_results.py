"""Routes of generated images: many at once, the preview of a request, keeping, rating, judging and verifying."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from core.accounts.permissions import Act
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.entries import EntryAnswer
from core.api.routers.images import ImageAnswer
from core.api.routers.styles import (
    GeneratedAnswer,
    ImageRequest,
    check_image_request,
    generated_answer,
    project_of_request,
)
from core.api.routers.tasks import start
from core.api.schemas import (
    INTEGRAL,
    MODEL_PROBLEMS,
    OFFLINE,
    Id,
    ModelChoice,
    RequestBody,
    ResponseBody,
    TaskAnswer,
)
from core.style.requests import StyleRequest

router = APIRouter(tags=["styles"])

Prompt = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"\S")]


class ImageRequests(RequestBody):
    """Several prompts in one style, and how many variants of each."""

    prompts: Annotated[list[Prompt], Field(min_length=1, max_length=1000)]
    variants: Annotated[int, Field(ge=1, le=1000), INTEGRAL] = 1
    dataset_id: Id | None = None
    style: Annotated[str, Field(max_length=200)] | None = None
    aspect_ratio: Annotated[str, Field(max_length=10)] = "1:1"
    reference_image_count: Annotated[int, Field(ge=0, le=64), INTEGRAL] = 5
    size: Annotated[str, Field(max_length=10)] | None = None
    llm_config: ModelChoice = OFFLINE
    cost_cap: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(None, description="US dollars")


class _GenerationConfig(RequestBody):
    request: dict[str, Any]
    prompts: list[str]
    variants: int
    llm_config: ModelChoice
    cost_cap: float | None


class PromptPartAnswer(ResponseBody):
    """A part of the full prompt."""

    name: str
    text: str


class ImagePreviewAnswer(ResponseBody):
    """What would be sent, and the range of its cost in US dollars, null when the price is unknown."""

    model: str
    full_prompt: str
    parts: list[PromptPartAnswer]
    reference_ids: list[str] = Field(description="rows of the style dataset, in the order they are sent")
    notices: list[str]
    cost_low: float | None
    cost_high: float | None
    max_references: int
    ratios: list[str]
    sizes: list[str]


class ImageModelAnswer(ResponseBody):
    """What a model takes."""

    max_references: int
    ratios: list[str]
    sizes: list[str]
    note: str


class StyleRating(RequestBody):
    """A person's rating: 1 good, -1 bad, 0 none."""

    rating: Literal[-1, 0, 1]


class UseAsReference(RequestBody):
    """The style dataset that gets the image."""

    dataset_id: Id


class JudgeRequest(RequestBody):
    """The vision model that is asked."""

    llm_config: ModelChoice


class VerifyRequest(JudgeRequest):
    """A question about the image, and the answer that it was made for."""

    question: Annotated[str, Field(min_length=1, max_length=2000)]
    expected: Annotated[str, Field(min_length=1, max_length=2000)]


class VerificationAnswer(ResponseBody):
    """What the model answered; the entry that was made when it is the expected answer."""

    expected: str
    answer: str
    matches: bool
    entry: EntryAnswer | None


class UsedReferenceAnswer(ResponseBody):
    """A reference of a generated image, and why it was chosen or not sent."""

    number: int
    name: str
    reason: str
    sent: bool
    image: ImageAnswer | None


class UsedReferences(ResponseBody):
    """The references, in their order."""

    items: list[UsedReferenceAnswer]


@router.post("/api/projects/{project_id}/generated-images", status_code=202)
async def generate_images(
    project_id: Id, body: ImageRequests, request: Request, response: Response, services: ServicesDep,
    actor: CurrentActor,
) -> TaskAnswer:  # fmt: skip
    """Start a task that generates images."""
    fields = {"dataset_id", "style", "aspect_ratio", "reference_image_count", "size"}
    await asyncio.to_thread(check_image_request, services, project_id, body.dataset_id)
    config = _GenerationConfig(
        request=body.model_dump(include=fields, exclude_none=True), prompts=body.prompts, variants=body.variants,
        llm_config=body.llm_config, cost_cap=body.cost_cap,
    )  # fmt: skip
    return await start(services, request, response, actor, project_id, "style-generation", config)


@router.post("/ai/generate/preview")
def preview_image(body: ImageRequest, services: ServicesDep, actor: CurrentActor) -> ImagePreviewAnswer:
    """Return exactly what a request would send; nothing is sent."""
    project_id = project_of_request(services, actor, body, Act.READ)
    check_image_request(services, body.project_id, body.dataset_id)
    wanted = StyleRequest.from_dict(body.model_dump(exclude={"llm_config", "project_id"}))
    config = body.llm_config.model_dump()
    shown = services.style_generation.preview(wanted, config=config, project_id=project_id)
    cost_low, cost_high = shown.cost or (None, None)
    return ImagePreviewAnswer(
        model=shown.model, full_prompt=shown.full_prompt, notices=list(shown.notices), cost_low=cost_low,
        cost_high=cost_high,
        parts=[PromptPartAnswer.model_validate(part) for part in shown.parts],
        reference_ids=[reference.id for reference in shown.references], max_references=shown.max_references,
        ratios=list(shown.ratios), sizes=list(shown.sizes),
    )  # fmt: skip


@router.get("/api/models/image-limits")
def get_image_limits(model: Annotated[str, Query(max_length=200)], services: ServicesDep) -> ImageModelAnswer:
    """Return how many references a model takes, and which aspect ratios and sizes it makes."""
    limits = services.style_generation.model_limits({"model": model})
    return ImageModelAnswer(
        max_references=limits.max_references, ratios=list(limits.all_ratios), sizes=list(limits.sizes), note=limits.note
    )


@router.post("/ai/generated-images/{generated_id}/keep")
def keep_generated(generated_id: Id, services: ServicesDep, actor: CurrentActor) -> ImageAnswer:
    """Put the image into the library of its project, marked as generated."""
    return ImageAnswer.model_validate(services.style_results.keep(generated_id, actor.name))


@router.post("/ai/generated-images/{generated_id}/unkeep")
def unkeep_generated(generated_id: Id, request: Request, services: ServicesDep, actor: CurrentActor) -> GeneratedAnswer:
    """Take the image out of the library again."""
    services.style_results.unkeep(generated_id, actor.name)
    return generated_answer(services, request, generated_id)


@router.delete("/ai/generated-images/{generated_id}", status_code=204)
def discard_generated(generated_id: Id, services: ServicesDep) -> None:
    """Remove a generated image from the history; a kept image stays in the library."""
    services.style_results.discard(generated_id)


@router.post("/ai/generated-images/{generated_id}/restore")
def restore_generated(generated_id: Id, request: Request, services: ServicesDep) -> GeneratedAnswer:
    """Undo such a removal."""
    services.style_results.restore(generated_id)
    return generated_answer(services, request, generated_id)


@router.post("/ai/generated-images/{generated_id}/rate")
def rate_generated(generated_id: Id, body: StyleRating, request: Request, services: ServicesDep) -> GeneratedAnswer:
    """Rate a generated image."""
    services.style_results.rate(generated_id, body.rating)
    return generated_answer(services, request, generated_id)


@router.post("/ai/generated-images/{generated_id}/use-as-reference", status_code=204)
def use_generated_as_reference(generated_id: Id, body: UseAsReference, services: ServicesDep) -> None:
    """Add the image to a style dataset of its project."""
    project_id = services.style_results.get_result(generated_id).generated.project_id
    check_image_request(services, project_id, body.dataset_id)
    services.style_results.use_as_reference(generated_id, body.dataset_id)


@router.get("/ai/generated-images/{generated_id}/references")
def list_used_references(generated_id: Id, services: ServicesDep) -> UsedReferences:
    """List the references that a generated image was made with, those that could not be sent included."""
    used = services.style_results.references_used(generated_id)
    return UsedReferences(items=[UsedReferenceAnswer.model_validate(one) for one in used])


@router.post("/ai/generated-images/{generated_id}/judge", responses=MODEL_PROBLEMS)
async def judge_generated(
    generated_id: Id, body: JudgeRequest, request: Request, services: ServicesDep
) -> GeneratedAnswer:
    """Ask a vision model how well the image matches its references; ``match`` has its answers."""
    config = body.llm_config.model_dump()
    await services.loop.call(services.style_generation.judge(generated_id, config))
    return await asyncio.to_thread(generated_answer, services, request, generated_id)


@router.post("/ai/generated-images/{generated_id}/verify", responses=MODEL_PROBLEMS)
async def verify_generated(generated_id: Id, body: VerifyRequest, services: ServicesDep) -> VerificationAnswer:
    """Ask a vision model a question about the image; on the expected answer it is kept with an entry."""
    config = body.llm_config.model_dump()
    asked = services.style_generation.keep_if_verified(generated_id, body.question, body.expected, config)
    return VerificationAnswer.model_validate(await services.loop.call(asked))
