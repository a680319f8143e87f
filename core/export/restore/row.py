"""Validating a row of the Vitrine format before it is restored: the file may come from anywhere."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, ValidationError, create_model

from core.dataset import MAX_IMAGES, RATINGS
from core.dataset.values import MAX_CONVERSATION_ID_CHARS, MAX_TURN
from core.db import ImageDatasets
from core.errors import InvalidInputError
from core.export.entries import ARCHIVED_COLUMNS, ENTRY_COLUMNS

_RatingName = Annotated[str, StringConstraints(pattern=f"^({'|'.join(RATINGS)})$")]
_Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]

# Ids are assigned anew, the row has the images themselves, and the task that made an entry is not part of an export.
_NOT_RESTORED = ("id", "image_id", "more_image_ids", "question_id", "task_id")
_STRICTER: dict[str, Any] = {
    "turn": (Annotated[int, Field(ge=0, le=MAX_TURN)], 0),
    "conversation_id": (Annotated[str, Field(max_length=MAX_CONVERSATION_ID_CHARS)] | None, None),
    "ratings": (dict[_RatingName, Annotated[int, Field(ge=1, le=5)]] | None, None),
    "origin": (Literal["", "imported"], ""),
    "score": (Annotated[float, Field(ge=0, le=5)], 0.0),
    "version": (Annotated[int, Field(ge=1)], 1),
    "create_at": (AwareDatetime, ...),
    "update_at": (AwareDatetime, ...),
}


def _column(name: str) -> Any:
    """Return type and default of a column of ``ImageDatasets``."""
    field = ImageDatasets.model_fields[name]
    return field.annotation, (... if field.is_required() else field.default)


EntryColumns: type[BaseModel] = create_model(
    "EntryColumns",
    **{
        name: _STRICTER.get(name) or _column(name)
        for name in (*ENTRY_COLUMNS, *ARCHIVED_COLUMNS)
        if name not in _NOT_RESTORED
    },
)
"""The columns of an entry that are restored, with the types and defaults of the table."""


class RestoredImage(BaseModel):
    """The image of a row; *file* is its path in the bundle."""

    file: str
    name: str
    source: str = ""
    source_ref: str = ""


class RestoredCall(BaseModel):
    """The model call that generated the answer."""

    model: str
    params: dict[str, Any]
    prompt: str
    request_hash: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    started_at: AwareDatetime
    ended_at: AwareDatetime | None


class RestoredEvent(BaseModel):
    """One change of the entry's history."""

    action: str
    actor: str
    old: dict[str, Any]
    new: dict[str, Any]
    batch_id: str
    at: AwareDatetime


class RestoredRow(BaseModel):
    """A valid row; *columns* are the values of ``EntryColumns``."""

    id: _Id
    question_id: _Id | None = None
    image: RestoredImage
    further_images: list[RestoredImage] = Field(default=[], max_length=MAX_IMAGES - 1)
    call: RestoredCall | None = None
    history: list[RestoredEvent] = []
    columns: dict[str, Any] = {}

    @property
    def images(self) -> list[RestoredImage]:
        """All images of the entry, in their order."""
        return [self.image, *self.further_images]


def restored_row(row: dict[str, Any], number: int) -> RestoredRow:
    """Return the validated *row*; *number* counts from 1.

    Raises:
        InvalidInputError: a value is missing or wrong; the message names the row and the value.
    """
    try:
        columns = EntryColumns.model_validate(row).model_dump()
        return RestoredRow.model_validate(row | {"question_id": row.get("question_id") or None, "columns": columns})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(
            f"Row {number:,} of this export cannot be used ({field}: {first['msg']}). Correct it, or export again."
        ) from error
