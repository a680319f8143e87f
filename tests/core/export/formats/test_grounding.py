"""Boxes as answers: the rows of the formats for grounding, written out."""

import json
from typing import Any

import pytest

from core.export.entries import Entry, FurtherImage, ImageGroup, Row, RowOptions
from core.export.formats import format_named
from core.export.formats.grounding import as_json, boxes_in_1000, boxes_in_px
from tests.core.export.formats.sample import DATA, IMAGE, REF, SCORED, entry, rows

BOXED = entry(
    3, "Where are the cups?", "On the shelf.",
    boxes=[{"label": "cup", "xyxy": [64, 48.4, 320, 240], "image": 0}, {"label": "<bbox>", "xyxy": [0, 0, 640, 480]}],
)  # fmt: skip
ASKED = "Where are the cups?\nOutput the bbox coordinates in JSON format."
IN_PX = '[\n\t{"bbox_2d":[64,48,320,240],"label":"cup"},\n\t{"bbox_2d":[0,0,640,480],"label":"[bbox]"}\n]'
IN_1000 = '[\n\t{"bbox_2d":[100,101,500,500],"label":"cup"},\n\t{"bbox_2d":[0,0,1000,1000],"label":"[bbox]"}\n]'


@pytest.mark.parametrize(("name", "boxes"), [("qwen-grounding-px", IN_PX), ("qwen-grounding-1000", IN_1000)])
def test_qwen_answers_with_the_boxes_in_its_coordinates(name: str, boxes: str) -> None:
    assert rows(name, BOXED) == [
        {
            "id": "image-1",
            "image": REF,
            "conversations": [{"from": "human", "value": f"<image>\n{ASKED}"}, {"from": "gpt", "value": boxes}],
        }
    ]


def test_ms_swift_has_places_in_the_text_and_the_boxes_in_objects() -> None:
    place = '{"bbox_2d": <bbox>, "label": "<ref-object>"}'
    assert rows("ms-swift-grounding", BOXED) == [
        {
            "id": "image-1",
            "messages": [
                {"role": "user", "content": f"<image>{ASKED}"},
                {"role": "assistant", "content": f"[\n\t{place},\n\t{place}\n]"},
            ],
            "images": [REF],
            "objects": {
                "ref": ["cup", "[bbox]"], "bbox": [[64, 48, 320, 240], [0, 0, 640, 480]], "image_id": [0, 0],
            },
        }
    ]  # fmt: skip


def test_a_name_with_a_quote_stays_inside_the_json_that_ms_swift_fills() -> None:
    quoted = entry(1, "Where?", "There.", boxes=[{"label": 'a 5" pipe', "xyxy": [1, 2, 30, 40]}])

    [row] = rows("ms-swift-grounding", quoted)

    [name], [box] = row["objects"]["ref"], row["objects"]["bbox"]
    written = row["messages"][1]["content"].replace("<ref-object>", name).replace("<bbox>", str(box))
    assert json.loads(written) == [{"bbox_2d": [1, 2, 30, 40], "label": 'a 5" pipe'}]


def test_pixels_are_those_of_the_exported_image() -> None:
    group = ImageGroup(IMAGE, (BOXED,), ref=REF, data=DATA)

    found = boxes_in_px(BOXED, group, RowOptions(max_side_px=320))

    assert [box["bbox_2d"] for box in found] == [[32, 24, 160, 120], [0, 0, 320, 240]]


def test_a_box_thinner_than_a_pixel_keeps_one() -> None:
    thin = entry(1, "Where?", "There.", boxes=[{"label": "line", "xyxy": [639.6, 10, 639.9, 10.2]}])

    [box] = boxes_in_px(thin, ImageGroup(IMAGE, (thin,)), RowOptions())

    assert box["bbox_2d"] == [639, 10, 640, 11]
    assert json.loads(as_json([box])) == [{"bbox_2d": [639, 10, 640, 11], "label": "line"}]


@pytest.mark.parametrize(
    ("xyxy", "in_px", "in_1000"),
    [
        ([-9, -9, 700, 500], [0, 0, 640, 480], [0, 0, 1000, 1000]),
        ([640, 480, 640, 480], [639, 479, 640, 480], [999, 999, 1000, 1000]),
        ([320, 240, 320, 240], [320, 240, 321, 241], [500, 500, 501, 501]),
    ],
)
def test_a_box_stays_in_its_image_and_has_a_width_and_a_height(
    xyxy: list[int], in_px: list[int], in_1000: list[int]
) -> None:
    boxed = entry(1, "Where?", "There.", boxes=[{"label": "cup", "xyxy": xyxy}])
    group = ImageGroup(IMAGE, (boxed,))

    assert [box["bbox_2d"] for box in boxes_in_px(boxed, group, RowOptions())] == [in_px]
    assert [box["bbox_2d"] for box in boxes_in_px(boxed, group, RowOptions(max_side_px=4_000))] == [in_px]
    assert [box["bbox_2d"] for box in boxes_in_1000(boxed, group, RowOptions())] == [in_1000]


@pytest.mark.parametrize("name", ["qwen-grounding-px", "qwen-grounding-1000", "ms-swift-grounding"])
def test_entries_without_boxes_are_left_out_with_the_reason(name: str) -> None:
    format_ = format_named(name)

    kept, reasons = format_.without_left_out(ImageGroup(IMAGE, (SCORED, BOXED)))

    assert (kept.entries, reasons) == ((BOXED,), {"it has no boxes": 1})
    assert len(rows(name, SCORED, BOXED)) == 1
    _, reasons = format_.without_left_out(ImageGroup(IMAGE._replace(width=0), (BOXED,)))
    assert reasons == {"the size of its image is not known": 1}


def test_a_conversation_keeps_its_turns_without_boxes() -> None:
    talk: dict[str, Any] = {"conversation_id": "talk"}
    turns = (SCORED._replace(turn=0, **talk), BOXED._replace(turn=1, **talk))

    [row] = rows("qwen-grounding-px", *turns, grouping="turn")

    assert [turn["value"] for turn in row["conversations"]] == ["<image>\nHow many cups?", "Three.", ASKED, IN_PX]


def test_boxes_name_their_image() -> None:
    pair = BOXED._replace(more_image_ids="image-2", boxes=[{"label": "cup", "xyxy": [1, 2, 3, 4], "image": 1}])

    [row] = _several("ms-swift-grounding", pair)

    assert row["images"] == [REF, "images/second.jpg"]
    assert row["messages"][0]["content"] == f"<image><image>{ASKED}"
    assert row["objects"] == {"ref": ["cup"], "bbox": [[1, 2, 3, 4]], "image_id": [1]}


def _several(name: str, *entries: Entry) -> list[Row]:
    further = (FurtherImage(IMAGE._replace(id="image-2"), "images/second.jpg", b"second"),)
    group = ImageGroup(IMAGE, entries, ref=REF, data=DATA, further=further)
    return list(format_named(name).rows(group, RowOptions()))
