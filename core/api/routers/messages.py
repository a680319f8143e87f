"""Routes of messages on entries: "please look again", sent to whoever decided or wrote an entry."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import Id, RequestBody, ResponseBody
from core.dataset import existing_entry
from core.dataset.messages import MAX_CHARS, MAX_NAME_CHARS, PLEASE

router = APIRouter(prefix="/api", tags=["messages"])

Text = Annotated[str, Field(min_length=1, max_length=MAX_CHARS)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]
Person = Annotated[str, Query(max_length=MAX_NAME_CHARS)]


class MessageAnswer(ResponseBody):
    """A message on an entry, and what became of it."""

    entry_id: str
    batch_id: str = Field(description="undoes the message")
    sent_by: str
    sent_to: str
    text: str
    at: datetime
    is_open: bool
    ended_by: str = Field(description="who answered, looked again or closed it; empty while it is open")
    ended_as: Literal["", "answer", "close", "confirm", "reject", "reopen", "edit"]
    ended_at: datetime | None
    answer: str


class NewMessage(RequestBody):
    """A message; without a name it goes to whoever decided the entry last, or else wrote its answer."""

    text: Text = PLEASE
    to: Name | None = None


class NewAnswer(RequestBody):
    """The answer to the open messages to the caller."""

    text: Text


class MessagesToClose(RequestBody):
    """Whose messages are closed; those to the caller without a name."""

    of: Name | None = None


@router.get("/projects/{project_id}/messages")
def list_messages(
    project_id: Id, services: ServicesDep, to: Person = "", by: Person = "", open: bool = False
) -> list[MessageAnswer]:
    """List the messages on the entries of a project, newest first; ``open`` leaves out those that have ended."""
    services.projects.get_project(project_id)
    found = services.messages.of_project(project_id, to=to, by=by, only_open=open)
    return [MessageAnswer.model_validate(one) for one in found]


@router.get("/image-datasets/{entry_id}/messages")
def list_messages_of_entry(entry_id: Id, services: ServicesDep) -> list[MessageAnswer]:
    """List the messages on an entry, oldest first."""
    existing_entry(services.dataset.get_dataset_entry(entry_id))
    return [MessageAnswer.model_validate(one) for one in services.messages.of_entry(entry_id)]


@router.post("/image-datasets/{entry_id}/messages", status_code=201)
def send_message(entry_id: Id, body: NewMessage, services: ServicesDep, actor: CurrentActor) -> MessageAnswer:
    """Send an entry back to a person; it is in their queue until they look again, answer or close the message."""
    return MessageAnswer.model_validate(services.messages.send(entry_id, body.text, to=body.to, actor=actor.name))


@router.post("/image-datasets/{entry_id}/messages/answer", status_code=201)
def answer_messages(entry_id: Id, body: NewAnswer, services: ServicesDep, actor: CurrentActor) -> MessageAnswer:
    """Answer the open messages to the caller on an entry."""
    return MessageAnswer.model_validate(services.messages.answer(entry_id, body.text, actor=actor.name))


@router.post("/image-datasets/{entry_id}/messages/close")
def close_messages(entry_id: Id, body: MessagesToClose, services: ServicesDep, actor: CurrentActor) -> MessageAnswer:
    """Close the open messages to a person on an entry; that person and those who sent them may do it."""
    return MessageAnswer.model_validate(services.messages.close(entry_id, of=body.of, actor=actor.name))
