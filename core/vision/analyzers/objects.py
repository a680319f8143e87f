"""Objects in images with their places, by a local ONNX detector or a vision model that gives boxes."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core.config import Settings
from core.errors import BadReplyError, ConfigurationError, ImageRejectedError, VitrineError
from core.llm.schemas import Boxes
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.asking import Size, ask, each, model_of
from core.vision.boxes import asked_form, read_boxes
from core.vision.local import package_version, run_each
from core.vision.models.folders import ModelFolder, find_folder, read_folder
from core.vision.results import Finding, ObjectItem, ObjectsResult

MIN_SCORE = 0.3
"""Of what is kept: of the labels that the CenterNet gives to photographs, five of six are right (docs/VISION.md)."""
SURE_SCORE = 0.4
"""From here on an object counts as seen, for tags and for what a tool has to prove: 19 of 20 labels are right."""
FAINT_SCORE = 0.05
"""Below this, nothing is even suspected (docs/VISION.md says what that misses)."""
MAX_ITEMS = 100
"""Most that are kept of an image, more than anybody reads."""
_MAX_SIDE_PX = 1024
"""Detectors scale images to 512 or 640 px; a photograph that is decoded at half its size takes a third of the time."""
_REVISION = 3
"""Goes up when the same model would be asked in another way."""
_OWN_REVISION = 2
"""Of one's own detector: goes up when the same file would be read in another way."""
FOLDER = "objects"
_PROMPT_REVISION = 2
_SENT_SCORE = 1.0
"""Models state no score with a box."""


class SeenObjects(BaseModel):
    """The reply of a vision model."""

    boxes: Boxes


class ObjectsAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`."""

    name = "objects"
    label = "Objects"
    help = (
        "Things in the image with their places: the 80 everyday kinds of COCO, those of your own detector, or what the "
        "vision model that you choose sees."
    )
    needs_model = False
    images_per_item = 8

    def missing(self, tools: Tools) -> str | None:
        if tools.model:
            return None
        if not package_version("onnxruntime"):
            return "Finding objects needs onnxruntime. Run: pip install 'vitrine-vqa[see]'"
        try:
            found = find_folder(tools.settings, FOLDER)
        except ConfigurationError as error:
            return str(error)
        return None if found else "Finding objects needs a model. Run: vitrine models add objects"

    def version(self, tools: Tools) -> str:
        if tools.model:
            return f"{tools.model.litellm_model} / {_PROMPT_REVISION}"
        folder = _folder(tools.settings)
        return f"{folder.version} / {_REVISION if folder.manifest else _OWN_REVISION}"

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        if tools.model:
            return await each(images, lambda image: _asked(image, tools))
        folder = _folder(tools.settings)
        jobs = [
            (folder.path, folder.version, image.original, image.row.format, (image.row.width, image.row.height))
            for image in images
        ]
        return [
            items if isinstance(items, ImageRejectedError) else analysis_of(items)
            for items in await run_each(tools.settings, find_objects, jobs)
        ]

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        scores: dict[str, list[float]] = {}
        for item in result["items"]:
            scores.setdefault(item["label"].lower(), []).append(item["score"])
        return [Finding(label, len(some), max(some)) for label, some in scores.items()]

    def seen(self, result: Mapping[str, Any]) -> str:
        return ""

    def words(self, result: Mapping[str, Any]) -> str:
        return ", ".join(dict.fromkeys(item["label"] for item in result["items"]))


ANALYZER = ObjectsAnalyzer()


def find_objects(
    folder: Path, version: str, original: Path, format_: str, original_wh: tuple[int, int]
) -> list[ObjectItem]:
    """Return the objects of an image, those below ``MIN_SCORE`` too; runs in a worker."""
    from core.vision.opening import upright_image

    image = upright_image(original, format_, _MAX_SIDE_PX)
    items: list[ObjectItem] = _detector(folder, version).detect(image, original_wh, FAINT_SCORE)
    return items


async def _asked(image: AnalyzedImage, tools: Tools) -> Analysis:
    model = model_of(tools).litellm_model
    reply, sent = await ask(image, tools, lambda size: _prompt(size, model), SeenObjects)
    boxes = reply.parsed.boxes if isinstance(reply.parsed, SeenObjects) else []
    reading = read_boxes(boxes, model, sent, (image.row.width or sent[0], image.row.height or sent[1]))
    if boxes and not reading.boxes:
        raise BadReplyError(f"The model's boxes cannot be used. {reading.problem}")
    items: list[ObjectItem] = [
        {"label": box["label"].lower(), "score": _SENT_SCORE, "box_xyxy": [float(side) for side in box["xyxy"]]}
        for box in reading.boxes
        if box["label"]
    ]
    return Analysis({"items": items}, reply.model, _SENT_SCORE if items else None, reply=reply)


def _prompt(sent: Size, model: str) -> str:
    form = asked_form(sent, model)
    return (
        "List every object that can be seen in this image, at most 50, each with a short name in lower case and its "
        f"bounding box. A box is {form['corners']}: x from 0 to {form['x_max']} for the width, y from 0 to "
        f"{form['y_max']} for the height. Name only what is visible; without objects the list is empty."
    )


def _folder(settings: Settings) -> ModelFolder:
    return _present(find_folder(settings, FOLDER))


def _present(folder: ModelFolder | None) -> ModelFolder:
    if folder is None:
        raise ConfigurationError("The model that finds objects was removed. Run: vitrine models add objects")
    return folder


def analysis_of(items: Sequence[ObjectItem]) -> Analysis:
    """Return the analysis of an image by what :func:`find_objects` found in it."""
    result: ObjectsResult = {"items": [item for item in items if item["score"] >= MIN_SCORE][:MAX_ITEMS]}
    result["faint"] = {}
    for item in items:
        if item["score"] < MIN_SCORE:
            result["faint"].setdefault(item["label"], item["score"])
    return Analysis(result, score=min((item["score"] for item in result["items"]), default=None))


@cache
def _detector(folder: Path, _version: str) -> Any:
    """Return the loaded detector; another version is another model."""
    from core.vision.detecting.detector import Detector

    return Detector(_present(read_folder(folder)))
