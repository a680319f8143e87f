"""Boxes and system texts of conversations stay with the turn, or the row, that has them."""

from pathlib import Path

import pytest

from core.importing.records import ImportedBox, Turn
from tests.core.importing.readers.shapes import Expected, Files, check, expect, shape

USER = {"role": "user", "content": "<image>What color?"}
PARTS = [{"type": "image", "image": "a.jpg"}, {"type": "text", "text": "What color?"}]
ASSISTANT = {"role": "assistant", "content": "Red."}
RED = "What color? | Red."
DOG, CAT = ImportedBox("dog", (10.0, 20.0, 30.0, 40.0)), ImportedBox("cat", (1.0, 2.0, 3.0, 4.0))


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "boxes of a later turn, which ms-swift numbers through all turns",
            {
                "d.jsonl": [
                    {
                        "messages": [
                            {"role": "user", "content": "<image>Find <ref-object>"},
                            {"role": "assistant", "content": "<bbox>"},
                            {"role": "user", "content": "And <ref-object>?"},
                            {"role": "assistant", "content": "At <bbox>."},
                        ],
                        "images": ["a.jpg"],
                        "objects": {"ref": ["dog", "cat"], "bbox": [[10, 20, 30, 40], [1, 2, 3, 4]]},
                    }
                ]
            },
            expect("a.jpg", Turn("Find dog", "[10, 20, 30, 40]", boxes=(DOG,)),
                   Turn("And cat?", "At [1, 2, 3, 4].", boxes=(CAT,))),
        ),
        shape(
            "boxes beside the text of a message, and numbers of boxes as Shikra writes them",
            {
                "d.jsonl": [
                    {
                        "images": ["a.jpg"],
                        "messages": [USER | {"boxes_seq": [[1]]}, ASSISTANT,
                                     USER, ASSISTANT | {"boxes_seq": [[0], [0]]}],
                        "boxes": [{"label": "dog", "xyxy": [10, 20, 30, 40]}, {"label": "cat", "xyxy": [1, 2, 3, 4]}],
                    },
                    {
                        "images": ["a.jpg"],
                        "messages": [{"role": "system", "content": "S"}, USER, ASSISTANT, USER,
                                     ASSISTANT | {"objects": {"ref": ["cat"], "bbox": [[1, 2, 3, 4]]}}],
                    },
                ]
            },
            expect("a.jpg", Turn("What color?", "Red.", boxes=(CAT,)), Turn("What color?", "Red.", boxes=(DOG,))),
            expect("a.jpg", RED, Turn("What color?", "Red.", boxes=(CAT,)), system="S"),
        ),
        shape(
            "boxes that no turn writes belong to the row",
            {
                "d.jsonl": [
                    {"messages": [USER, ASSISTANT, USER, ASSISTANT], "images": ["a.jpg"],
                     "boxes": [{"label": "dog", "xyxy": [10, 20, 30, 40]}]}
                ]
            },
            expect("a.jpg", RED, RED, boxes=(DOG,)),
        ),
        shape(
            "a system text in parts, as Qwen writes it",
            {
                "d.jsonl": [
                    {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
                                  {"role": "user", "content": PARTS}, ASSISTANT]}
                ]
            },
            expect("a.jpg", RED, system="Be brief."),
        ),
    ],
)  # fmt: skip
def test_chat_messages_with_boxes_or_a_system_text(
    tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]
) -> None:
    check(tmp_path, files, expected, problems, "Chat messages (OpenAI, LLaMA-Factory, TRL, ms-swift)")
