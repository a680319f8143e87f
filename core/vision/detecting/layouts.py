"""How the outputs of a detector are read: the layout is found from their shapes and the number of labels.

Files that Ultralytics exports say in their metadata which task they are for, see
:mod:`core.vision.detecting.ultralytics`. For others, with L labels and N boxes, each without the batch, the first rule
that fits applies:

1. CenterNet: two maps of the same size, one of L channels and one of 4.
2. DETR: N x (L + 1) and N x 4; the last class is "no object". RT-DETR: N x L and N x 4.
3. Four outputs: a count, N x 4, N and N.
4. N x 7 without a batch: image, box, class, score. N x 6: box, score, class; with 1 or 2 labels only where N is another
   number than heads for this input have.
5. YOLO: (4 + L) x N or N x (4 + L), with objectness (5 + L) x N or N x (5 + L).

Images are stretched to the input of CenterNet and DETR, and keep the ratio of their sides for YOLO. Pixels are 0 to 255
for CenterNet, else 0 to 1; of a DETR with "no object" they are normalized as for ImageNet. The file
``preprocessor_config.json`` in the folder of the model, as Hugging Face writes it, goes before this.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.vision.detecting import detr, ultralytics, yolo
from core.vision.detecting.centernet import read_centernet
from core.vision.detecting.detections import Detections
from core.vision.detecting.inputs import IMAGENET_MEAN, IMAGENET_STD, Pixels, Tensor, pixels_for
from core.vision.models.folders import ModelFolder

_SIDE_PX = 640
"""Of models that take any size: what nearly all of them are trained with."""


@dataclass(frozen=True)
class Layout:
    """How a model is asked and read."""

    name: str
    pixels: Pixels
    outputs: tuple[str, ...]
    """The outputs that are computed; others are left out."""
    read: Callable[..., Detections]
    """Reads them, each without the batch."""
    has_batch: bool = True
    """False: the rows themselves say which image of the batch they are of."""

    def detections(self, values: Sequence[NDArray[Any]]) -> Detections:
        """Return what the outputs for one image say."""
        return self.read(*(value[0] if self.has_batch else value for value in values))


def find_layout(
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    folder: ModelFolder,
    metadata: Mapping[str, str] | None = None,
) -> Layout:
    """Return the layout of a detector; *metadata* is that of its ONNX file.

    Raises:
        ConfigurationError: it cannot be told, or its input is not one RGB image.
    """
    labels = len(folder.labels)
    export = ultralytics.read_metadata(metadata or {})
    if export and (queries := ultralytics.find_queries(export, outputs, labels)):
        pixels = pixels_for(inputs[0], export.side_px or _SIDE_PX, folder)
        rows = partial(ultralytics.read_queries, labels=labels, size_wh=(pixels.width, pixels.height))
        return Layout("ultralytics rt-detr", pixels, (queries.name,), rows)
    if export and (found := ultralytics.find_reader(export, outputs, labels)):
        name, output, read = found
        pixels = pixels_for(inputs[0], export.side_px or _SIDE_PX, folder, fit="letterbox")
        return Layout(f"ultralytics {name}", pixels, (output.name,), read)
    is_other_task = export is not None and export.task != "detect"
    for rule in () if is_other_task else (_centernet, _detr, _counted, _rows):
        if layout := rule(inputs[0], outputs, labels, folder):
            return layout
    shapes = ", ".join(f"{one.name} {[side or 'any' for side in one.shape]}" for one in outputs)
    raise ConfigurationError(
        f"It cannot be told how to read {folder.onnx.name} with {labels} labels: its outputs are {shapes}. Check the "
        "file of labels; docs/VISION.md lists the layouts that are read."
    )


def _centernet(given: Tensor, outputs: Sequence[Tensor], labels: int, folder: ModelFolder) -> Layout | None:
    maps = [one for one in outputs if len(one.shape) == 4]
    for sizes in (one for one in maps if one.shape[1] == 4):
        for scores in (one for one in maps if one is not sizes):
            if scores.shape[1] == labels and scores.shape[2:] == sizes.shape[2:]:
                pixels = replace(pixels_for(given, 512, folder), scale=1.0)
                return Layout("centernet", pixels, (scores.name, sizes.name), read_centernet)
    return None


def _detr(given: Tensor, outputs: Sequence[Tensor], labels: int, folder: ModelFolder) -> Layout | None:
    fours = [one for one in outputs if len(one.shape) == 3 and one.shape[2] == 4]
    # With three labels the logits are N x 4 too: then the name tells.
    boxes = next((one for one in fours if "box" in one.name.lower()), fours[0] if len(fours) == 1 else None)
    for scores in (one for one in outputs if len(one.shape) == 3 and one is not boxes):
        if boxes is None or scores.shape[1] != boxes.shape[1] or scores.shape[2] not in (labels, labels + 1):
            continue
        if scores.shape[2] == labels:
            pixels, read, name = pixels_for(given, _SIDE_PX, folder), detr.read_sigmoid, "rt-detr"
        else:
            pixels = pixels_for(given, _SIDE_PX, folder, mean=IMAGENET_MEAN, std=IMAGENET_STD)
            read, name = detr.read_softmax, "detr"
        size_wh = (pixels.width, pixels.height)
        return Layout(name, pixels, (scores.name, boxes.name), partial(read, size_wh=size_wh))
    return None


def _counted(given: Tensor, outputs: Sequence[Tensor], labels: int, folder: ModelFolder) -> Layout | None:
    boxes = [one for one in outputs if len(one.shape) == 3 and one.shape[2] == 4]
    flat = [one for one in outputs if len(one.shape) == 2]
    counts = [one for one in flat if one.shape[1] == 1]
    scores = [one for one in flat if one not in counts and "score" in one.name.lower()]
    classes = [one for one in flat if one not in counts + scores and _names_classes(one)]
    if not all(len(some) == 1 for some in (boxes, counts, scores, classes)):
        return None
    names = tuple(some[0].name for some in (counts, boxes, scores, classes))
    return Layout("yolo, counted", pixels_for(given, _SIDE_PX, folder, fit="letterbox"), names, yolo.read_counted)


def _names_classes(output: Tensor) -> bool:
    return any(word in output.name.lower() for word in ("class", "label"))


def _rows(given: Tensor, outputs: Sequence[Tensor], labels: int, folder: ModelFolder) -> Layout | None:
    if len(outputs) == 1 and len(outputs[0].shape) == 2 and outputs[0].shape[1] == 7:
        pixels = pixels_for(given, _SIDE_PX, folder, fit="letterbox")
        return Layout("yolo, rows of 7", pixels, (outputs[0].name,), yolo.read_finished_batch, has_batch=False)
    found = next((one for one in outputs if len(one.shape) == 3), None)
    if found is None:
        return None
    _, first, last = found.shape
    pixels = pixels_for(given, _SIDE_PX, folder, fit="letterbox")
    is_finished = last == 6 and (labels > 2 or first not in _head_counts(pixels))
    if last == 6 and labels in (1, 2) and first is None:
        return None  # rows of box, score and class, or heads: both have this shape
    rules: list[tuple[str, bool, Callable[..., Detections]]] = [
        ("yolo, finished", is_finished, yolo.read_finished),
        ("yolo, columns", first == 4 + labels, yolo.read_transposed),
        ("yolo, rows", last == 4 + labels, yolo.read_heads),
        ("yolo, rows with objectness", last == 5 + labels, yolo.read_heads_with_objectness),
        ("yolo, columns with objectness", first == 5 + labels, yolo.read_transposed_with_objectness),
    ]
    for name, fits, read in rules:
        if fits:
            return Layout(name, pixels, (found.name,), read)
    return None


def _head_counts(pixels: Pixels) -> set[int]:
    """Return how many boxes heads at strides of 8, 16 and 32 px have: one or three for each cell."""
    cells = sum((pixels.width // stride) * (pixels.height // stride) for stride in (8, 16, 32))
    return {cells, 3 * cells}
