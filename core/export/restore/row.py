"""A row of Vitrine's own format as it comes back in: checked, because anybody may have written it."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, ValidationError

from core.errors import InvalidInputError

_Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
_Options = list[str] | dict[str, Any] | None


class ReturnedImage(BaseModel):
    file: str
    name: str
    source: str = ""
    source_ref: str = ""


class ReturnedCall(BaseModel):
    model: str
    params: dict[str, Any]
    prompt: str
    request_hash: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    started_at: AwareDatetime
    ended_at: AwareDatetime | None


class ReturnedEvent(BaseModel):
    action: str
    actor: str
    old: dict[str, Any]
    new: dict[str, Any]
    batch_id: str
    at: AwareDatetime


class ReturnedTexts(BaseModel):
    """What an entry says and what was decided of it, under the names of its columns."""

    question: str
    answer: str
    answer_type: str = "text"
    kind: str = ""
    language: str = "en"
    model: str = ""
    score: float = Field(default=0.0, ge=0, le=5)
    tags: str = ""
    note: str = ""
    confirmed: bool = False
    rejected: bool = False
    reject_reason: str = ""
    flagged: bool = False
    needs_review: str = ""
    version: int = Field(default=1, ge=1)
    generated_question: str | None = None
    generated_answer: str | None = None
    options: _Options = None
    create_at: AwareDatetime
    update_at: AwareDatetime


class ReturnedRow(ReturnedTexts):
    id: _Id
    question_id: _Id | None = None
    image: ReturnedImage
    call: ReturnedCall | None = None
    history: list[ReturnedEvent] = []

    def texts(self) -> dict[str, Any]:
        return self.model_dump(include=set(ReturnedTexts.model_fields))


def returned_row(row: dict[str, Any], number: int) -> ReturnedRow:
    """Return the checked row; *number* counts from 1.

    Raises:
        InvalidInputError: naming the row and what is wrong with it.
    """
    try:
        return ReturnedRow.model_validate(row | {"question_id": row.get("question_id") or None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(
            f"Row {number:,} of this export cannot be used ({place}: {first['msg']}). Mend it, or export again."
        ) from error
