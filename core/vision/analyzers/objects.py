"""Objects in images with their places, by a local ONNX detector."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core.config import Settings
from core.errors import ConfigurationError, ImageRejectedError, VitrineError
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.local import package_version, run_each
from core.vision.models.folders import ModelFolder, find_folder, read_folder
from core.vision.results import Finding, ObjectItem, ObjectsResult

MIN_SCORE = 0.3
"""Of what is kept. In photographs that it was not trained on, see docs/VISION.md, the CenterNet is right about every
third box below this, and about nearly all above 0.4."""
SURE_SCORE = 0.4
"""From here on an object counts as seen: for tags, and for answers that a tool has to prove."""
_MAX_SIDE_PX = 1024
"""Detectors scale images to 512 or 640 px; a photograph that is decoded at half its size takes a third of the time."""
_REVISION = 1
"""Goes up when the same model would be asked in another way."""
FOLDER = "objects"


class ObjectsAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`."""

    name = "objects"
    label = "Objects"
    help = "Things in the image with their places: the 80 everyday kinds of COCO, or those of your own detector."
    needs_model = False
    images_per_item = 8

    def missing(self, tools: Tools) -> str | None:
        if not package_version("onnxruntime"):
            return "Finding objects needs onnxruntime. Run: pip install 'vitrine-vqa[see]'"
        try:
            found = find_folder(tools.settings, FOLDER)
        except ConfigurationError as error:
            return str(error)
        return None if found else "Finding objects needs a model. Run: vitrine models add objects"

    def version(self, tools: Tools) -> str:
        return f"{_folder(tools.settings).version} / {_REVISION}"

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        folder = _folder(tools.settings)
        jobs = [
            (folder.path, folder.version, image.original, image.row.format, (image.row.width, image.row.height))
            for image in images
        ]
        return [_analysis(items) for items in await run_each(tools.settings, find_objects, jobs)]

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
    """Return the objects of an image; runs in a worker."""
    from core.vision.opening import upright_image

    image = upright_image(original, format_, _MAX_SIDE_PX)
    items: list[ObjectItem] = _detector(folder, version).detect(image, original_wh, MIN_SCORE)
    return items


def _folder(settings: Settings) -> ModelFolder:
    return _present(find_folder(settings, FOLDER))


def _present(folder: ModelFolder | None) -> ModelFolder:
    if folder is None:
        raise ConfigurationError("The model that finds objects was removed. Run: vitrine models add objects")
    return folder


def _analysis(items: list[ObjectItem] | ImageRejectedError) -> Analysis | VitrineError:
    if isinstance(items, ImageRejectedError):
        return items
    result: ObjectsResult = {"items": items}
    return Analysis(result, score=min((item["score"] for item in items), default=None))


@cache
def _detector(folder: Path, _version: str) -> Any:
    """Return the loaded detector; another version is another model."""
    from core.vision.detecting.detector import Detector

    return Detector(_present(read_folder(folder)))
