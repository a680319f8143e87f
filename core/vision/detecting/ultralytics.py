"""What Ultralytics writes into the metadata of the ONNX files that it exports, and how their outputs are read.

Beside box and class scores, models for masks, keypoints and turned boxes have values of their own for each object: as
many as the masks have channels, as keypoints have numbers, or one angle. Shapes alone do not tell these from classes.
Raw heads are (4 + L + extra) x N; with suppression, or trained without need of it, N x (6 + extra).

RT-DETR has the task "detect" too, but its image is stretched, and its boxes are center and size as shares of the sides:
N x (4 + L) with a score for each class, since 8.4 N x 6 with score and class.
"""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.detecting import yolo
from core.vision.detecting.detections import Detections
from core.vision.detecting.inputs import Tensor

_MAX_SIDE_PX = 4096
_FINISHED = 6
"""Columns of finished rows: box, score and class."""


@dataclass(frozen=True)
class Export:
    """What the metadata of an ONNX file says."""

    task: str
    """detect, segment, pose, obb or classify."""
    side_px: int | None
    """The longer side of the input that it was exported for."""
    keypoint_values: int
    is_rt_detr: bool


def read_metadata(metadata: Mapping[str, str]) -> Export | None:
    """Return what Ultralytics wrote, None for a file of another program; what cannot be read counts as not there."""
    if not metadata.get("task"):
        return None
    sides = [side for side in _numbers(metadata.get("imgsz", "")) if 0 < side <= _MAX_SIDE_PX]
    keypoint_values = math.prod(_numbers(metadata.get("kpt_shape", "")))
    # Files before 8.4 do not name the head, but the model, after its configuration.
    named = metadata.get("head") or metadata.get("description", "")
    is_rt_detr = "rtdetr" in re.sub("[-_ ]", "", named.lower())
    return Export(metadata["task"], max(sides, default=None), keypoint_values, is_rt_detr)


def find_queries(export: Export, outputs: Sequence[Tensor], labels: int) -> Tensor | None:
    """Return the output of an RT-DETR; None for a file of another model."""
    found = next((one for one in outputs if len(one.shape) == 3), None)
    if found is None or export.task != "detect":
        return None
    _, first, last = found.shape
    if export.is_rt_detr:
        return found if last in (6, 4 + labels) else None
    # A model that was renamed: heads of all others have their boxes in the columns.
    return found if last == 4 + labels != first and last != _FINISHED else None


def read_queries(rows: NDArray[Any], *, labels: int, size_wh: tuple[int, int]) -> Detections:
    """Return the objects of an RT-DETR; *size_wh* is that of the input, in px."""
    boxes = yolo.corners(rows[:, :4].astype(np.float64)) * np.array([*size_wh, *size_wh])
    # With two labels both forms have six columns; only a class is a whole number in all rows.
    if rows.shape[1] == _FINISHED and (labels != _FINISHED - 4 or not np.any(rows[:, 5] % 1)):
        return Detections(boxes, rows[:, 4], rows[:, 5].astype(np.int64))
    classes = rows[:, 4:].argmax(axis=1)
    return Detections(boxes, rows[np.arange(len(rows)), 4 + classes], classes)


def find_reader(
    export: Export, outputs: Sequence[Tensor], labels: int
) -> tuple[str, Tensor, Callable[..., Detections]] | None:
    """Return the name of the layout, the output with the objects and what reads it; None when no output fits."""
    masks = next((one.shape[1] or 0 for one in outputs if len(one.shape) == 4), 0)
    extras = {"detect": 0, "segment": masks, "pose": export.keypoint_values, "obb": 1}
    extra = extras.get(export.task)
    found = next((one for one in outputs if len(one.shape) == 3), None)
    if extra is None or found is None:
        return None
    turned = export.task == "obb"
    if found.shape[1] == 4 + labels + extra:
        return f"{export.task}, columns", found, partial(_read_columns, labels=labels, turned=turned)
    if found.shape[2] == _FINISHED + extra:
        return f"{export.task}, finished", found, partial(_read_finished, turned=turned)
    return None


def _read_columns(values: NDArray[Any], *, labels: int, turned: bool) -> Detections:
    rows = values.T
    boxes = _upright(rows[:, :4], rows[:, -1]) if turned else rows[:, :4]
    return yolo.read_heads(np.concatenate([boxes, rows[:, 4 : 4 + labels]], axis=1))


def _read_finished(rows: NDArray[Any], *, turned: bool) -> Detections:
    if not turned:
        return yolo.read_finished(rows)
    boxes = yolo.corners(_upright(rows[:, :4], rows[:, 6]))
    return Detections(boxes, rows[:, 4], rows[:, 5].astype(np.int64))


def _upright(boxes: NDArray[Any], angles: NDArray[Any]) -> NDArray[Any]:
    """Return the upright boxes around turned ones, as center and size; angles are in radians."""
    cos, sin = np.abs(np.cos(angles)), np.abs(np.sin(angles))
    width, height = boxes[:, 2], boxes[:, 3]
    return np.stack([boxes[:, 0], boxes[:, 1], width * cos + height * sin, width * sin + height * cos], axis=1)


def _numbers(text: str) -> list[int]:
    """Return the whole numbers of a list that is written as Python writes it, or of a single number."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return []
    values = value if isinstance(value, list | tuple) else [value]
    return [one for one in values if isinstance(one, int)]
