"""Routes of splits: which split images were put into by hand."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import Id, RequestBody, ResponseBody
from core.export.recipe import Split

router = APIRouter(prefix="/api/projects/{project_id}/splits", tags=["images"])


class ImagesOfSplit(RequestBody):
    """The images, and the split that they are put into."""

    image_ids: Annotated[list[Id], Field(min_length=1, max_length=100_000)]
    split: Split | None = Field(description="null: by hash again, with everything of their families")


class SplitBatchAnswer(ResponseBody):
    """How many images were put there, how many follow them, and the name of the action, by which it can be undone."""

    batch_id: str
    images: int
    following: int


class SplitBatchUndo(RequestBody):
    """The action that is undone."""

    batch_id: Annotated[str, Field(min_length=1, max_length=21)]


class SplitUndoAnswer(ResponseBody):
    """How many images are where they were, and how many were put elsewhere since and stay there."""

    images: int
    conflicts: int


@router.get("")
def count_pinned(project_id: Id, services: ServicesDep) -> dict[str, int]:
    """Return how many images were put into each split; those that follow them are not counted."""
    services.projects.get_project(project_id)
    return services.splits.counts(project_id)


@router.post("")
def put_into_split(project_id: Id, body: ImagesOfSplit, services: ServicesDep, actor: CurrentActor) -> SplitBatchAnswer:
    """Put images into a split, in which every export has them and their families; of several the newest counts."""
    services.projects.get_project(project_id)
    done = services.splits.put(project_id, body.image_ids, body.split, actor=actor.name)
    return SplitBatchAnswer.model_validate(done)


@router.post("/undo")
def undo_split(project_id: Id, body: SplitBatchUndo, services: ServicesDep, actor: CurrentActor) -> SplitUndoAnswer:
    """Undo such an action."""
    services.projects.get_project(project_id)
    return SplitUndoAnswer.model_validate(services.splits.undo(project_id, body.batch_id, actor=actor.name))
