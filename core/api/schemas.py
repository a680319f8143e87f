"""Shapes that all routes share: strict bodies, pages of lists, errors, tasks."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.errors import InvalidInputError

T = TypeVar("T")
Row = TypeVar("Row")

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{21}$", description="21 URL-safe characters")]
Limit = Annotated[int, Query(ge=1, le=500, description="at most this many items")]
Cursor = Annotated[str | None, Query(max_length=400, description="next_cursor of the page before")]
Text = Annotated[str, Field(max_length=20_000)]


def _whole(value: object) -> object:
    """JSON knows one kind of number: 3.0 is the whole number 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Last in the annotation of a whole number in a body."""


class Body(BaseModel):
    """What a client sends: types as they are, nothing unknown."""

    model_config = ConfigDict(strict=True, extra="forbid")


class ModelChoice(Body):
    """Which model is called and how; without *api_key* the key of the server's environment is used."""

    provider: Annotated[str, Field(max_length=100)] = Field("", description="left out when the model names it")
    model: Annotated[str, Field(min_length=1, max_length=200)] = Field(examples=["openai/gpt-4o", "offline/measure"])
    api_key: Annotated[str, Field(max_length=1000)] | None = Field(None, repr=False)
    api_base: Annotated[str, Field(max_length=1000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000), WHOLE] | None = None
    timeout_s: Annotated[float, Field(ge=1, le=3600)] | None = None
    max_side_px: Annotated[int, Field(ge=64, le=16_384), WHOLE] | None = None


OFFLINE = ModelChoice(model="offline/measure")


class Answer(BaseModel):
    """What a client gets; read from a row or a dataclass."""

    model_config = ConfigDict(from_attributes=True)


class Problem(BaseModel):
    """An error: a stable code, a sentence that says what to do, the field when one is at fault."""

    model_config = ConfigDict(extra="allow")

    code: str
    detail: str
    field: str | None = None


MODEL_PROBLEMS: dict[int | str, dict[str, Any]] = {
    429: {"model": Problem, "description": "The provider of the model asks for patience"},
    502: {"model": Problem, "description": "The model did not answer, or not in a way that can be used"},
}
"""What routes that wait for a model may answer besides."""


class Page(BaseModel, Generic[T]):
    """A part of a list; *next_cursor* asks for the part after it, null at the end."""

    items: list[T]
    next_cursor: str | None
    total: int


class TaskAnswer(Answer):
    """Long work. It has ended when *ended_at* is set; *status* says how."""

    id: str
    project_id: str
    task_type: str
    status: str
    config: dict[str, Any]
    total_count: int
    processed_count: int
    failed_count: int
    note: str
    create_at: datetime
    update_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cost_cap: float | None
    result: dict[str, Any]
    url: str = Field("", description="where to ask how it is")
    download_url: str | None = Field(None, description="where the finished export is, for exports")


def page_of(
    rows: Sequence[Row], limit: int, cursor: str | None, key: Callable[[Row], str]
) -> tuple[list[Row], str | None]:
    """Return the part of *rows* after *cursor* and the cursor of the part after it.

    For lists that are short by nature and read whole; long ones are paged by their service.

    Raises:
        InvalidInputError: *cursor* is none of this list.
    """
    start = 0
    if cursor is not None:
        last = _decoded(cursor)
        start = next((number for number, row in enumerate(rows, 1) if key(row) == last), 0)
        if not start:
            raise InvalidInputError("This cursor belongs to another list. Start without one.", field="cursor")
    part = list(rows[start : start + limit])
    more = start + limit < len(rows)
    return part, base64.urlsafe_b64encode(key(part[-1]).encode()).decode() if more else None


def _decoded(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        return ""
