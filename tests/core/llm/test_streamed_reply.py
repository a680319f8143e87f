"""A stream of events, put together as the reply that was asked for."""

import json
from typing import Any

import pytest

from core.llm import streamed_reply


def _stream(*events: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"


def _joined(*events: Any) -> dict[str, Any] | None:
    return streamed_reply.merged(_stream(*events))


def test_pieces_of_openai_become_one_message() -> None:
    reply = _joined(
        {"id": "1", "model": "m", "usage": None, "choices": [{"delta": {"role": "assistant", "content": "Re"}}]},
        {"id": "1", "choices": [{"delta": {"content": "d."}, "finish_reason": None}]},
        {"id": "1", "choices": [{"delta": {}, "finish_reason": "length"}]},
        {"id": "1", "choices": [], "usage": {"prompt_tokens": 3}},
    )

    assert reply == {
        "id": "1", "model": "m", "usage": {"prompt_tokens": 3}, "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Red."}, "finish_reason": "length"}],
    }  # fmt: skip


def test_parts_texts_and_images_of_openai_are_joined() -> None:
    reply = _joined(
        {"choices": [{"delta": {"content": [{"text": "A"}, {"text": None}, "x"], "images": [1]}}]},
        {"choices": [{"message": {"content": "B", "images": [2]}}]},
        {"choices": [{"text": "C"}]},
    )

    assert reply is not None
    (choice,) = reply["choices"]
    assert choice == {
        "index": 0, "message": {"role": "assistant", "content": "ABC", "images": [1, 2]}, "finish_reason": "stop",
    }  # fmt: skip


def test_calls_of_tools_come_in_pieces() -> None:
    def call(index: int, **part: Any) -> dict[str, Any]:
        return {"choices": [{"delta": {"tool_calls": [{"index": index, **part}]}}]}

    reply = _joined(
        call(0, id="a", function={"name": "look", "arguments": '{"x"'}),
        call(1, function={"name": "see", "arguments": "{}"}),
        call(0, function={"arguments": ": 1}"}),
    )

    assert reply is not None
    assert reply["choices"][0]["message"]["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"x": 1}'}},
        {"id": "call", "type": "function", "function": {"name": "see", "arguments": "{}"}},
    ]


def test_pieces_of_gemini_become_one_candidate() -> None:
    reply = _joined(
        {"candidates": [{"content": {"parts": [{"text": "Re"}]}}], "modelVersion": "a"},
        {"candidates": [{"content": {"parts": [{"text": "d."}]}, "finishReason": "MAX_TOKENS"}]},
        {"candidates": [], "usageMetadata": {"totalTokenCount": 3}},
    )

    assert reply == {
        "modelVersion": "a", "usageMetadata": {"totalTokenCount": 3},
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"text": "Re"}, {"text": "d."}]},
                "finishReason": "MAX_TOKENS", "index": 0,
            }
        ],
    }  # fmt: skip


def test_pieces_of_anthropic_become_one_message() -> None:
    reply = _joined(
        {"type": "message_start", "message": {"id": "1", "role": "assistant", "usage": {"input_tokens": 3}}},
        {"type": "content_block_delta", "delta": {"text": "Re"}},
        {"type": "content_block_delta", "delta": {"text": "d."}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    )

    assert reply == {
        "id": "1", "role": "assistant", "stop_reason": "end_turn", "usage": {"input_tokens": 3, "output_tokens": 2},
        "content": [{"type": "text", "text": "Red."}],
    }  # fmt: skip


def test_what_is_no_known_stream_is_none_and_broken_events_are_left_out() -> None:
    assert streamed_reply.merged(b"data: {broken\n\ndata: [1]\n\n: ping\n\n") is None
    assert _joined({"x": 1}) is None
    reply = streamed_reply.merged(b'data: {broken\n\ndata: {"choices": [{"text": "A"}]}\n\n')
    assert reply is not None
    assert reply["choices"][0]["message"]["content"] == "A"


@pytest.mark.parametrize(
    ("content", "content_type", "is_one"),
    [
        (b"{}", "text/event-stream; charset=utf-8", True),
        (b"{}", "application/x-ndjson", True),
        (b"  data: {}", "application/json", True),
        (b"event: ping", "", True),
        (b" " * 64 + b"data: {}", "", False),
        (b"{}", "application/json", False),
    ],
)
def test_a_stream_is_known_by_its_type_or_its_beginning(content: bytes, content_type: str, is_one: bool) -> None:
    assert streamed_reply.is_stream(content, content_type) is is_one


def test_an_error_in_a_stream_is_the_reply() -> None:
    assert _joined({"choices": [{"text": "A"}]}, {"error": {"message": "no"}}) == {"error": {"message": "no"}}
    reply = _joined({"choices": [{"text": "A"}], "error": None})
    assert reply is not None
    assert "choices" in reply


@pytest.mark.parametrize(
    "event",
    [
        {"choices": 5}, {"choices": {"a": 1}}, {"choices": [5]}, {"choices": [{"delta": 5}]}, {"choices": ["x"]},
        {"choices": [{"delta": {"tool_calls": 5}}]}, {"choices": [{"delta": {"tool_calls": [5]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": [1], "function": {"name": 5, "arguments": {"a": 1}}}]}}]},
        {"choices": [{"delta": {"content": 5, "images": 5, "refusal": 5}}]}, {"candidates": 5}, {"candidates": [5]},
        {"candidates": [{"content": 5}]}, {"candidates": [{"content": {"parts": 5}}]},
        {"message": {"usage": 5}, "delta": 5, "usage": 5}, {"message": {}, "delta": {"text": 5}},
    ],
)  # fmt: skip
def test_values_of_another_type_are_left_out(event: dict[str, Any]) -> None:
    assert isinstance(_joined(event), dict)


def test_many_small_pieces_are_joined() -> None:
    piece = {
        "choices": [{"delta": {"content": "ab", "images": ["i"], "tool_calls": [{"function": {"arguments": "x"}}]}}]
    }
    reply = _joined(*[piece] * 3)

    assert reply is not None
    message = reply["choices"][0]["message"]
    assert (message["content"], message["images"]) == ("ababab", ["i"] * 3)
    assert message["tool_calls"][0]["function"]["arguments"] == "xxx"
