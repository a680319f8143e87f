"""Files of LabelMe: what is asked, flagged and described in one file, and its boxes."""

from pathlib import Path
from typing import Any

from core.importing.answers import CAPTION_QUESTION
from core.importing.readers.classes import CLASS_QUESTION
from core.importing.readers.labelme import READER
from core.importing.records import ImportedBox, Turn
from tests.core.importing.readers.shapes import check, expect

BOX = {"label": "cup", "shape_type": "rectangle", "points": [[1, 2], [4, 6]]}


def test_a_file_may_say_several_things_and_its_boxes_are_with_the_first(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "imagePath": "a.jpg", "shapes": [BOX, {"shape_type": "circle"}],
        "vqaData": {"question": "Q?", "answer": "A"},
        "flags": {"cat": True, "dog": False, "old": True}, "description": "A cup.",
    }  # fmt: skip
    box = ImportedBox("cup", (1.0, 2.0, 4.0, 6.0), "px")

    check(
        tmp_path,
        {"a.json": document},
        [
            expect("a.jpg", "Q? | A", boxes=(box,)),
            expect("a.jpg", Turn(CLASS_QUESTION, '["cat", "old"]', "label", ["cat", "dog", "old"])),
            expect("a.jpg", Turn(CAPTION_QUESTION, "A cup.")),
        ],
        ["1 shape of this file is no rectangle. Only rectangles are read."],
        READER.label,
    )
