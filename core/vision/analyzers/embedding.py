"""Vectors of images, by which similar ones are found: measured, and with the features of the detector if it is here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.config import Settings
from core.errors import ConfigurationError, ImageRejectedError, VitrineError
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.embedding import detector, measured
from core.vision.local import package_version, run_each
from core.vision.models.folders import ModelFolder, find_folder
from core.vision.results import EmbeddingResult, Finding

_MODEL_FOLDER = "objects"
_MAX_SIDE_PX = 1024


class EmbeddingAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`."""

    name = "embedding"
    label = "Similarity"
    help = "A vector for each image, by which similar images and altered copies are found. Better with the detector."
    needs_model = False
    images_per_item = 16

    def missing(self, tools: Tools) -> str | None:
        return None

    def version(self, tools: Tools) -> str:
        return kind(tools.settings)

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        folder, name = _folder(tools.settings), kind(tools.settings)
        jobs = [(image.original, image.row.format, folder.onnx if folder else None) for image in images]
        return [_analysis(vector, name) for vector in await run_each(tools.settings, embed, jobs)]

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        return []

    def seen(self, result: Mapping[str, Any]) -> str:
        return ""

    def words(self, result: Mapping[str, Any]) -> str:
        return ""


ANALYZER = EmbeddingAnalyzer()


def kind(settings: Settings) -> str:
    """Return the kind of the vectors that are made here now; those of another kind are stale."""
    folder = _folder(settings)
    return f"{measured.VERSION}, {detector.VERSION} of {folder.version}" if folder else measured.VERSION


def embed(original: Path, format_: str, onnx: Path | None) -> bytes:
    """Return the stored form of an image's vector; runs in a worker."""
    from core.vision.opening import upright_image
    from core.vision.vectors.rows import packed

    image = upright_image(original, format_, _MAX_SIDE_PX)
    vector = measured.embed(image)
    return packed(vector if onnx is None else detector.embed(image, onnx, vector))


def _folder(settings: Settings) -> ModelFolder | None:
    """Return the detector whose features are used; None when it or onnxruntime is not here."""
    if not package_version("onnxruntime"):
        return None
    try:
        folder = find_folder(settings, _MODEL_FOLDER)
    except ConfigurationError:
        return None
    return folder if folder is not None and detector.has_features(folder.onnx) else None


def _analysis(vector: bytes | ImageRejectedError, name: str) -> Analysis | VitrineError:
    if isinstance(vector, ImageRejectedError):
        return vector
    result: EmbeddingResult = {"kinds": [name]}
    return Analysis(result, vectors={name: vector})
