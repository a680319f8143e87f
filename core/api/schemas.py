"""Schemas and parameters that several routes share: request and response bodies, pagination, errors, tasks."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.api.json_body import encodable
from core.errors import InvalidInputError

T = TypeVar("T")
Row = TypeVar("Row")

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{21}$", description="21 URL-safe characters")]
Limit = Annotated[int, Query(ge=1, le=500, description="maximum number of items")]
Cursor = Annotated[str | None, Query(max_length=400, description="next_cursor of the previous page")]
Text = Annotated[str, Field(max_length=20_000)]


def _integral(value: object) -> object:
    """Convert a float without a fraction to an int: JSON has one type of number, so 3.0 is the integer 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


INTEGRAL = BeforeValidator(_integral)
"""Makes an integer field of a strict body accept 3.0; the last item of its ``Annotated``."""


class RequestBody(BaseModel):
    """Base of request bodies: types are not converted, unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _replace_half_characters(cls, values: Any) -> Any:
        try:
            return encodable(values)
        except (TypeError, RecursionError):  # made in Python, or refused by its fields
            return values


def _state_one_of(schema: dict[str, Any], body: type["OneOfBody"]) -> None:
    """State in the schema that exactly one of the fields is sent; a null counts as missing."""
    properties = schema["properties"]
    for name in body.ONE_OF:
        kept = next(part for part in properties[name].pop("anyOf") if part.get("type") != "null")
        properties[name] = {"title": properties[name]["title"], **kept, **properties[name]}
        properties[name].pop("default", None)
    schema["oneOf"] = [{"required": [name]} for name in body.ONE_OF]


class OneOfBody(RequestBody):
    """Base of request bodies of which exactly one of the fields *ONE_OF* is sent."""

    model_config = ConfigDict(json_schema_extra=_state_one_of)
    ONE_OF: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if sum(getattr(self, name) is not None for name in self.ONE_OF) != 1:
            raise ValueError(f"send exactly one of {', '.join(self.ONE_OF[:-1])} and {self.ONE_OF[-1]}")
        return self


class ModelChoice(RequestBody):
    """The model to call and its options; without *api_key* the key in the environment of the server is used."""

    provider: Annotated[str, Field(max_length=100)] = Field("", description="empty when model includes it")
    model: Annotated[str, Field(min_length=1, max_length=200)] = Field(examples=["openai/gpt-4o", "offline/measure"])
    api_key: Annotated[str, Field(max_length=1000)] | None = Field(None, repr=False)
    api_base: Annotated[str, Field(max_length=1000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000), INTEGRAL] | None = None
    timeout_s: Annotated[float, Field(ge=1, le=3600)] | None = None
    max_side_px: Annotated[int, Field(ge=64, le=16_384), INTEGRAL] | None = None


OFFLINE = ModelChoice(model="offline/measure")


class ResponseBody(BaseModel):
    """Base of response bodies; validates rows and dataclasses by their attributes."""

    model_config = ConfigDict(from_attributes=True)


class Problem(BaseModel):
    """An error: a stable code, a text with the next step, and the invalid field if there is one."""

    model_config = ConfigDict(extra="allow")

    code: str
    detail: str
    field: str | None = None


MODEL_PROBLEMS: dict[int | str, dict[str, Any]] = {
    429: {"model": Problem, "description": "The provider of the model limits the rate of requests; try again later"},
    502: {"model": Problem, "description": "The model did not reply, or its reply cannot be used"},
}
"""Further error responses of routes that wait for a model."""


class Page(BaseModel, Generic[T]):
    """A page of a list; *next_cursor* is the cursor of the next page, null on the last one; *total* counts the list."""

    items: list[T]
    next_cursor: str | None
    total: int


class TaskAnswer(ResponseBody):
    """A task. It has ended when *ended_at* is set; *status* says how."""

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
    url: str = Field("", description="URL of this task")
    download_url: str | None = Field(None, description="URL of the file, for finished exports")
    outcomes_url: str | None = Field(None, description="URL of the outcome of each file and row, for imports")


def page_of(
    rows: Sequence[Row], limit: int, cursor: str | None, key: Callable[[Row], str]
) -> tuple[list[Row], str | None]:
    """Return the page of *rows* after *cursor* and the cursor of the next page.

    For short lists that are read completely; long ones use the keyset pagination of their service.

    Args:
        rows: The whole list.
        limit: Maximum number of rows on the page.
        cursor: Cursor of the page before, None for the first page.
        key: Returns the unique key of a row.

    Raises:
        InvalidInputError: *cursor* does not belong to this list.
    """
    start = 0
    if cursor is not None:
        last = _decode(cursor)
        start = next((number for number, row in enumerate(rows, 1) if key(row) == last), 0)
        if not start:
            raise InvalidInputError("This cursor belongs to another list. Start without one.", field="cursor")
    page = list(rows[start : start + limit])
    has_next = start + limit < len(rows)
    return page, base64.urlsafe_b64encode(key(page[-1]).encode()).decode() if has_next else None


def _decode(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        return ""
