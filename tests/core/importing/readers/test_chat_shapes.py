"""Conversations in every shape that trainers write them in, and the records they become."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.importing.records import ImportedBox, Turn
from tests.core.importing.readers.shapes import Expected, Files, check, expect, shape

HUMAN = {"from": "human", "value": "<image>\nWhat color?"}
GPT = {"from": "gpt", "value": "Red."}
USER = {"role": "user", "content": "<image>What color?"}
ASSISTANT = {"role": "assistant", "content": "Red."}
RED = "What color? | Red."


def parts(*images: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": "What color?"}, *images]}


def url(address: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": address, "detail": "auto"}}


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "a system turn first",
            {"d.json": [{"image": "a.jpg", "conversations": [{"from": "system", "value": "Be brief."}, HUMAN, GPT]}]},
            expect("a.jpg", RED, system="Be brief."),
        ),
        shape(
            "two human turns in a row",
            {
                "d.json": [
                    {
                        "image": "a.jpg",
                        "conversations": [
                            {"from": "human", "value": "Hello"}, HUMAN, GPT,
                            {"from": "human", "value": "Sure?"}, {"from": "gpt", "value": "Yes."},
                        ],
                    }
                ]
            },
            expect("a.jpg", RED, "Sure? | Yes."),
            problems=("A question has no answer: Hello",),
        ),
        shape(
            "several images by absolute path and address",
            {"d.jsonl": [{"images": ["/data/set/a.jpg", "https://example.org/b.png"], "conversations": [HUMAN, GPT]}]},
            expect("/data/set/a.jpg https://example.org/b.png", RED),
        ),
        shape(
            "roles and contents under the keys of ShareGPT, the system text in a column",
            {"d.json": [{"image": ["a.jpg"], "system": "Be brief.", "conversations": [USER, ASSISTANT]}]},
            expect("a.jpg", RED, system="Be brief."),
        ),
        shape(
            "calls of tools are left out",
            {
                "d.json": [
                    {
                        "image": "a.jpg",
                        "conversations": [
                            HUMAN, {"from": "function_call", "value": "{}"}, {"from": "observation", "value": "r"}, GPT
                        ],
                    }
                ]
            },
            expect("a.jpg", RED),
            problems=(
                "A message of the role function_call was left out: calls of tools are not read.",
                "A message of the role observation was left out: calls of tools are not read.",
            ),
        ),
        shape(
            "a conversation that is written as JSON in a cell",
            {"d.jsonl": [{"image": "a.jpg", "conversations": json.dumps([HUMAN, GPT])}]},
            expect("a.jpg", RED),
        ),
        shape(
            "turns of ms-swift by the names of their roles",
            {"d.jsonl": [{"image": "a.jpg", "system": "S", "conversation": [
                {"human": "<image>What color?", "assistant": "Red."}, {"human": "Sure?", "assistant": "Yes."}]}]},
            expect("a.jpg", RED, "Sure? | Yes.", system="S"),
        ),
        shape(
            "rows in an object, with fields, and rows without an image or an answer",
            {
                "d.json": {
                    "version": 1,
                    "data": [
                        {
                            "image": "a.jpg", "conversations": [HUMAN, GPT], "model": "gpt-4o", "score": 4.5,
                            "tags": ["One", "two"], "note": "n", "language": "de", "confirmed": True, "kind": "color",
                        },
                        {"conversations": [HUMAN, GPT]},
                        {"image": "a.jpg", "conversations": [HUMAN]},
                    ],
                }
            },
            expect(
                "a.jpg", RED, model="gpt-4o", score=4.5, tags=("one", "two"), note="n", language="de",
                confirmed=True, kind="color",
            ),
            problems=("This row names no image.", "A question has no answer: What color?"),
        ),
    ],
)  # fmt: skip
def test_llava_and_sharegpt(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "LLaVA, ShareGPT")


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "LLaMA-Factory",
            {"d.json": [{"messages": [{"role": "system", "content": "S"}, USER, ASSISTANT], "images": ["a.jpg"]}]},
            expect("a.jpg", RED, system="S"),
        ),
        shape(
            "OpenAI, with addresses among the parts",
            {"d.jsonl": [{"messages": [parts(url("https://example.org/a.jpg"), url("b.jpg")), ASSISTANT]}]},
            expect("https://example.org/a.jpg b.jpg", RED),
        ),
        shape(
            "OpenAI, with a data URL",
            {"d.jsonl": [{"messages": [parts(url("data:image/png;base64,QUJD")), ASSISTANT]}]},
            expect("d.jsonl:1", RED)._replace(images=("d.jsonl:1",)),
        ),
        shape(
            "TRL, with parts that stand for the images of the row",
            {"d.jsonl": [{"images": ["a.jpg"], "messages": [parts({"type": "image"}), ASSISTANT]}]},
            expect("a.jpg", RED),
        ),
        shape(
            "ms-swift, with boxes and the loss of a score",
            {
                "d.jsonl": [
                    {
                        "messages": [
                            {"role": "user", "content": "<image>Find <ref-object>"},
                            {"role": "assistant", "content": "<bbox>", "loss_scale": 0.9},
                        ],
                        "images": ["a.jpg"],
                        "objects": {"ref": ["the dog"], "bbox": [[10, 20, 30, 40]]},
                    }
                ]
            },
            expect(
                "a.jpg", "Find the dog | [10, 20, 30, 40]", score=4.5,
                boxes=(ImportedBox("the dog", (10.0, 20.0, 30.0, 40.0)),),
            ),
        ),
        shape(
            "several turns, an answer that only calls a tool, KTO's label, a video",
            {
                "d.jsonl": [
                    {
                        "messages": [USER, {"role": "assistant", "content": None, "tool_calls": []}, ASSISTANT,
                                     {"role": "user", "content": "Sure?"}, {"role": "model", "content": "Yes."}],
                        "images": ["a.jpg"], "label": False,
                    },
                    {"messages": [USER, ASSISTANT], "videos": ["a.mp4"]},
                ]
            },
            expect("a.jpg", RED, "Sure? | Yes.", rejected=True),
            problems=("This row has videos, which are not read.",),
        ),
    ],
)  # fmt: skip
def test_chat_messages(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Chat messages (OpenAI, LLaMA-Factory, TRL, ms-swift)")


def content(role: str, *of_role: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(of_role)}


COLOR, ANSWER = {"text": "What color?"}, content("model", {"text": "Red."})


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "tuning data with a system text and several turns",
            {
                "d.jsonl": [
                    {
                        "systemInstruction": content("system", {"text": "Be brief."}),
                        "contents": [
                            content("user", {"fileData": {"mimeType": "image/jpeg", "fileUri": "gs://b/a.jpg"}}, COLOR),
                            ANSWER, content("user", {"text": "Sure?"}), content("model", {"text": "Yes."}),
                        ],
                    }
                ]
            },
            expect("gs://b/a.jpg", RED, "Sure? | Yes.", system="Be brief."),
        ),
        shape(
            "a batch with its response, and an image in the row",
            {
                "d.jsonl": [
                    {
                        "request": {"contents": [content("user", COLOR, {
                            "inline_data": {"mime_type": "image/png", "data": "QUJD"}})]},
                        "response": {"candidates": [{"content": ANSWER}]},
                    }
                ]
            },
            expect("d.jsonl:1", RED)._replace(images=("d.jsonl:1",)),
        ),
        shape(
            "a video",
            {"d.jsonl": [{"contents": [
                content("user", {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/a.mp4"}}, COLOR), ANSWER]}]},
            problems=("This row has a part that is no text and no image: video/mp4.",),
        ),
    ],
)  # fmt: skip
def test_gemini(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Gemini contents")


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "query and response",
            {"d.jsonl": [{"query": "<image>What color?", "response": "Red.", "images": ["a.jpg"]}]},
            expect("a.jpg", RED),
        ),
        shape(
            "with history and a system text",
            {
                "d.jsonl": [
                    {"query": "Sure?", "response": "Yes.", "images": ["a.jpg", "b.jpg"], "system": "S",
                     "history": [["<image><image>What color?", "Red."]]}
                ]
            },
            expect("a.jpg b.jpg", RED, "Sure? | Yes.", system="S"),
        ),
        shape(
            "alpaca",
            {"d.json": [{"instruction": "What", "input": "color?", "output": "Red.", "images": ["a.jpg"]}]},
            expect("a.jpg", Turn("What\ncolor?", "Red.")),
        ),
        shape(
            "relative boxes on the second image",
            {
                "d.jsonl": [
                    {"query": "Where?", "response": "There.", "images": ["a.jpg", "b.jpg"],
                     "objects": {"ref": ["dog"], "bbox": [[0.1, 0.2, 0.3, 0.4]], "bbox_type": "norm1", "image_id": [1]}}
                ]
            },
            expect("a.jpg b.jpg", "Where? | There.",
                   boxes=(ImportedBox("dog", (0.1, 0.2, 0.3, 0.4), "relative", 1),)),
        ),
        shape(
            "an answer that is no text",
            {"d.jsonl": [{"query": "Q?", "response": "A", "image": "a.jpg"},
                         {"query": "Q?", "response": 3, "image": "b.jpg"}]},
            expect("a.jpg", "Q? | A"),
            expect("b.jpg", "Q? | 3"),
        ),
        shape(
            "a history that is no list of pairs",
            {"d.jsonl": [{"query": "Q?", "response": "A", "images": ["a.jpg"], "history": [["Q"]]}]},
            problems=("The history of this row is no list of pairs of a question and an answer.",),
        ),
    ],
)  # fmt: skip
def test_ms_swift_and_alpaca(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "ms-swift, alpaca")


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "pairs with their ratings",
            {
                "d.jsonl": [
                    {"images": ["a.jpg"], "texts": [{"user": "Q1?", "assistant": "A1"},
                                                    {"user": "Q2?", "assistant": "A2"}],
                     "relevance_ratings": [4, None], "formatting_ratings": [5, None]}
                ]
            },
            expect("a.jpg", Turn("Q1?", "A1", ratings=(4, None, None, 5)), "Q2? | A2"),
        ),
        shape(
            "lists in an object",
            {"d.jsonl": [{"images": ["a.jpg"], "texts": {"user": ["Q?"], "assistant": ["A"]}}]},
            expect("a.jpg", "Q? | A"),
        ),
        shape(
            "several images",
            {"d.jsonl": [{"images": ["a.jpg", "b.jpg"], "texts": [{"user": "Q?", "assistant": "A", "source": "s"}]}]},
            expect("a.jpg b.jpg", "Q? | A"),
        ),
        shape(
            "a system text in the pairs",
            {"d.jsonl": [{"images": ["a.jpg"], "texts": [{"system": "S", "user": "Q1?", "assistant": "A1"},
                                                         {"system": "S", "user": "Q2?", "assistant": "A2"}]}]},
            expect("a.jpg", "Q1? | A1", "Q2? | A2", system="S"),
        ),
        shape(
            "a pair without an answer costs that pair",
            {"d.jsonl": [{"images": ["a.jpg"], "texts": [{"user": "Q1?"}, {"user": "Q2?", "assistant": "A2"}]}]},
            expect("a.jpg", "Q2? | A2"),
            problems=("There is no answer.",),
        ),
        shape(
            "ratings out of range are none",
            {
                "d.jsonl": [
                    {"images": ["a.jpg"], "texts": [{"user": "Q?", "assistant": "A"}],
                     "relevance_ratings": [9], "visual_dependency_ratings": ["x"]}
                ]
            },
            expect("a.jpg", "Q? | A"),
        ),
        shape(
            "no images",
            {"d.jsonl": [{"images": [], "texts": [{"user": "Q?", "assistant": "A"}]}]},
            problems=("This row names no image: images is empty.",),
        ),
    ],
)  # fmt: skip
def test_finevision(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "FineVision")


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "TRL",
            {
                "d.jsonl": [
                    {"images": ["a.jpg"], "prompt": [{"role": "user", "content": "What color?"}],
                     "chosen": [ASSISTANT], "rejected": [{"role": "assistant", "content": "Blue."}]}
                ]
            },
            expect("a.jpg", RED),
            expect("a.jpg", "What color? | Blue.", rejected=True),
        ),
        shape(
            "TRL, with the prompt in both answers",
            {
                "d.jsonl": [
                    {"images": ["a.jpg"], "chosen": [USER, ASSISTANT],
                     "rejected": [USER, {"role": "assistant", "content": "Blue."}]}
                ]
            },
            expect("a.jpg", RED),
            expect("a.jpg", "What color? | Blue.", rejected=True),
        ),
        shape(
            "LLaMA-Factory",
            {"d.json": [{"conversations": [HUMAN], "chosen": GPT, "rejected": {"from": "gpt", "value": "Blue."},
                         "images": ["a.jpg"]}]},
            expect("a.jpg", RED),
            expect("a.jpg", "What color? | Blue.", rejected=True),
        ),
        shape(
            "ms-swift",
            {"d.jsonl": [{"messages": [USER, ASSISTANT], "rejected_response": "Blue.", "images": ["a.jpg"]}]},
            expect("a.jpg", RED),
            expect("a.jpg", "What color? | Blue.", rejected=True),
        ),
        shape(
            "plain texts",
            {"d.jsonl": [{"image": "a.jpg", "question": "What color?", "chosen": "Red.", "rejected": "Blue."}]},
            expect("a.jpg", RED),
            expect("a.jpg", "What color? | Blue.", rejected=True),
        ),
        shape(
            "a rejected answer that is empty",
            {"d.jsonl": [{"image": "a.jpg", "question": "What color?", "chosen": "Red.", "rejected": ""}]},
            expect("a.jpg", RED),
            problems=("The rejected answer was left out. There is no answer.",),
        ),
    ],
)  # fmt: skip
def test_preference_pairs(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Preference pairs (DPO)")
