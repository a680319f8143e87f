"""Small promises of single modules: what litellm is told, how boxes are written, what a reply may hold."""

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from core.errors import InvalidInputError
from core.llm import ModelConfig, json_documents, litellm_client, models, providers, replies
from core.llm.destination import Destination, ForbiddenDestinationError
from core.llm.offline.provider import OfflineProvider
from core.llm.sent_links import ImageLinks
from core.llm.transport import Exchange, current_exchange, refuse_other_clients


def test_litellm_sends_nothing_of_its_own_and_drops_no_parameter() -> None:
    library = litellm_client.litellm()

    assert (library.suppress_debug_info, library.drop_params, library.telemetry) == (True, False, False)
    (own,) = library.custom_provider_map
    assert own["provider"] == "offline"
    assert isinstance(own["custom_handler"], OfflineProvider)


@pytest.mark.parametrize(
    ("model", "order"), [("gemini/gemini-2.5-flash", "yxyx"), ("Qwen/QWEN3-VL-8B", "xyxy"), ("own/some-model", None)]
)
def test_how_boxes_are_written_follows_from_the_name_of_the_model(model: str, order: str | None) -> None:
    form = providers.box_form(model)
    assert (form.order if form else None) == order


@pytest.mark.parametrize(
    ("sends", "own_address", "problem", "refused"),
    [(0, True, "other client", True), (1, True, "", True), (0, False, "", False)],
)
def test_another_client_is_refused_at_an_own_address(
    sends: int, own_address: bool, problem: str, refused: bool
) -> None:
    exchange = Exchange(destination=Destination(own_address=own_address))
    exchange.sends = sends
    token = current_exchange.set(exchange)
    try:
        if refused:
            with pytest.raises(ForbiddenDestinationError):
                refuse_other_clients()
        else:
            refuse_other_clients()
    finally:
        current_exchange.reset(token)
    assert exchange.problem == problem


@pytest.mark.parametrize("address", ["http://[", "http://host:0", "https://me@host", "ftp://host", "https://", "host"])
def test_what_is_no_address_of_a_server_is_refused(address: str) -> None:
    with pytest.raises(InvalidInputError, match="names no user"):
        ModelConfig.from_dict({"model": "openai/small", "api_base": address})


@pytest.mark.parametrize(
    ("entry", "model", "sees"),
    [
        ({"supports_vision": True}, "openai/x", True), ({"supports_vision": False}, "openai/x", False),
        ({"mode": "chat"}, "openai/x", False), ({"mode": "chat"}, "openai/ft:x", None), ({}, "openai/x", None),
        ({"mode": "chat"}, "ollama/x", None), ({"mode": "rerank"}, "openai/x", None),
    ],
)  # fmt: skip
def test_a_chat_model_whose_provider_has_a_complete_list_sees_only_when_it_says_so(
    entry: dict[str, Any], model: str, sees: bool | None
) -> None:
    assert models._supports_vision(model, model.split("/")[0], entry) is sees


class Counted(BaseModel):
    """What a reply has to be."""

    count: int


def test_the_first_problem_of_an_object_is_named_with_its_place() -> None:
    with pytest.raises(Exception, match="count: Input should be a valid integer"):
        replies.parse('{"count": "many"}', Counted)
    with pytest.raises(Exception, match="count: Field required"):
        replies.parse('{"number": 3}', Counted)


def test_a_document_that_cannot_be_read_is_left_behind_and_the_next_one_is_found() -> None:
    found = json_documents.find('{"a": 1e999999999999999999999, } {"b": 1}')

    assert [document.value for document in found.documents][-1] == {"b": 1}


class Bucket:
    """Has an object with a key already."""

    def __init__(self, stored: Any) -> None:
        self.stored, self.written = stored, list[tuple[str, bytes]]()

    def put_new(self, key: str, data: bytes) -> bool:
        return False

    def find(self, key: str) -> Any:
        return self.stored

    def put(self, key: str, data: bytes) -> None:
        self.written.append((key, data))


@pytest.mark.parametrize(
    ("stored", "is_written"),
    [
        (None, True), (SimpleNamespace(size_bytes=4, modified_s=1_000_000.0), False),
        (SimpleNamespace(size_bytes=3, modified_s=1_000_000.0), True),
        (SimpleNamespace(size_bytes=4, modified_s=0), True),
    ],
)  # fmt: skip
def test_a_copy_is_written_again_when_the_one_in_the_bucket_is_gone_cut_or_old(
    stored: Any, is_written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.llm.sent_links.time.time", lambda: 1_000_001.0)
    settings: Any = None
    links, bucket = ImageLinks(settings), Bucket(stored)
    links.__dict__["_bucket"] = bucket

    links._store("copies/key", b"data")

    assert bucket.written == ([("copies/key", b"data")] if is_written else [])
