"""ms-swift, grounding: places for names and boxes in the texts, and both in ``objects``.

ms-swift writes the boxes in the way of the model, and scales them with the images.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import orjson

from core.export.checks.grounding import MsSwiftGroundingChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats import messages
from core.export.formats.base import ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format, turns
from core.export.formats.grounding import (
    ASK_FOR_BOXES,
    NO_BOXES,
    answer_boxes,
    boxes_in_px,
    has_boxes,
    leaves_out,
    with_boxes,
)
from core.export.formats.ms_swift import INSTALL, LOAD
from core.export.writing.base import JsonWriter

_PLACE = '{"bbox_2d": <bbox>, "label": "<ref-object>"}'


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    kept = with_boxes(group)
    asking = tuple(
        entry._replace(question=f"{entry.question}\n{ASK_FOR_BOXES}") if has_boxes(entry) else entry
        for entry in kept.entries
    )
    conversations = turns(kept, options.grouping)
    written = messages.rows(replace(kept, entries=asking), options)
    for row, (_, entries) in zip(written, conversations, strict=True):
        answers = [turn for turn in row["messages"] if turn["role"] == "assistant"]
        for entry, answer in zip(entries, answers, strict=True):
            if has_boxes(entry):
                answer["content"] = "[\n\t" + ",\n\t".join([_PLACE] * len(answer_boxes(entry))) + "\n]"
        yield row | {"objects": _objects(entries, kept, options)}


def _objects(entries: Sequence[Entry], group: ImageGroup, options: RowOptions) -> Row:
    boxes = [box for entry in entries for box in boxes_in_px(entry, group, options)]
    positions = [box.get("image", 0) for entry in entries for box in answer_boxes(entry)]
    # ms-swift puts names into the JSON of the answer as they are here.
    names = [orjson.dumps(box["label"]).decode()[1:-1] for box in boxes]
    return {"ref": names, "bbox": [box["bbox_2d"] for box in boxes], "image_id": positions}


FORMAT = Format(
    name="ms-swift-grounding",
    label="ms-swift, grounding",
    help="Questions whose answers are the boxes of their entry, as objects that the program writes for its model.",
    purpose="train",
    install=INSTALL,
    load=f"QWENVL_BBOX_FORMAT=new {LOAD}",
    load_language="bash",
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("ms-swift 4.6.0",),
    rows=rows,
    writer=JsonWriter,
    checker=MsSwiftGroundingChecker,
    row_endings=("jsonl",),
    image_modes=("path", "none", "base64"),
    has_conversations=True,
    reads_several_images=True,
    no_rows_reason=NO_BOXES,
    leaves_out=leaves_out,
    not_carried=tuple(name for name in ONLY_TEXTS if name != "boxes"),
)
