"""Vectors of images, by which similar ones are found.

They are made by the first of these that is there: the embedding model of the task, a model of one's own in the folder
``embedding``, or what is measured, with the features of the detector if it is here.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.config import Settings
from core.errors import ConfigurationError, ImageRejectedError, VitrineError
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.asking import each, vector_of
from core.vision.embedding import detector, measured
from core.vision.embedding.own_model import OwnModel, find_own_model, read_own_model
from core.vision.local import package_version, run_each
from core.vision.models.folders import ModelFolder, find_folder
from core.vision.results import EmbeddingResult, Finding

_MODEL_FOLDER = "objects"
_MAX_SIDE_PX = 1024


class EmbeddingAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`."""

    name = "embedding"
    label = "Similarity"
    help = (
        "A vector for each image, by which similar images and altered copies are found. Better with the detector, with "
        "your own model, or with an embedding model of a provider."
    )
    needs_model = False
    images_per_item = 16

    def missing(self, tools: Tools) -> str | None:
        if tools.embedding_model:
            return None
        try:
            own = find_own_model(tools.settings)
        except ConfigurationError as error:
            return str(error)
        if own and not package_version("onnxruntime"):
            return "The model in models/embedding needs onnxruntime. Run: pip install 'vitrine-vqa[see]'"
        return None

    def version(self, tools: Tools) -> str:
        if (model := tools.embedding_model) is None:
            return kind(tools.settings)
        dimensions = model.extra.get("dimensions")
        return f"{model.litellm_model}, {dimensions} values" if dimensions else model.litellm_model

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        if tools.embedding_model:
            return await each(images, lambda image: _asked(image, tools))
        if own := find_own_model(tools.settings):
            version = own.version
            jobs = [(own.path, version, image.original, image.row.format) for image in images]
            made = await run_each(tools.settings, embed_own, jobs)
            return [_analysis(vector, of_size(version, vector)) for vector in made]
        folder, name = _folder(tools.settings), kind(tools.settings)
        local = [(image.original, image.row.format, folder.onnx if folder else None) for image in images]
        return [_analysis(vector, name) for vector in await run_each(tools.settings, embed, local)]

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        return []

    def seen(self, result: Mapping[str, Any]) -> str:
        return ""

    def words(self, result: Mapping[str, Any]) -> str:
        return ""


ANALYZER = EmbeddingAnalyzer()


def kind(settings: Settings) -> str:
    """Return what makes vectors here now: their kind, of an own model without the number of values.

    Vectors of another kind are stale, and are never compared with these.
    """
    if own := find_own_model(settings):
        return own.version
    folder = _folder(settings)
    return f"{measured.VERSION}, {detector.VERSION} of {folder.version}" if folder else measured.VERSION


def of_size(version: str, vector: bytes | VitrineError) -> str:
    """Return the kind of vectors that *version* makes with so many values."""
    return "" if isinstance(vector, VitrineError) else f"{version}, {len(vector) // 2} values"


def embed(original: Path, format_: str, onnx: Path | None) -> bytes:
    """Return the stored form of an image's vector; runs in a worker."""
    from core.vision.opening import upright_image
    from core.vision.vectors.rows import packed

    image = upright_image(original, format_, _MAX_SIDE_PX)
    vector = measured.embed(image)
    return packed(vector if onnx is None else detector.embed(image, onnx, vector))


def embed_own(folder: Path, version: str, original: Path, format_: str) -> bytes:
    """Return the stored form of an image's vector by a model of one's own; runs in a worker."""
    from core.vision.opening import upright_image
    from core.vision.vectors.rows import packed

    vector = _embedder(folder, version).embed(upright_image(original, format_, _MAX_SIDE_PX))
    if not np.isfinite(vector).all() or not vector.any():
        raise ImageRejectedError("The model in models/embedding makes no vector of this image. Export it again.")
    return packed(vector)


@cache
def _embedder(folder: Path, _version: str) -> Any:
    """Return the loaded model; another version is another model."""
    from core.vision.embedding.pictures import ImageEmbedder

    found: OwnModel | None = read_own_model(folder)
    if found is None:
        raise ConfigurationError(f"{folder} was removed. Put the model there again.")
    return ImageEmbedder(found)


async def _asked(image: AnalyzedImage, tools: Tools) -> Analysis:
    vector, reply = await vector_of(image, tools)
    from core.vision.vectors.rows import packed

    stored = packed(np.array(vector))
    name = of_size(reply.model, stored)
    result: EmbeddingResult = {"kinds": [name]}
    return Analysis(result, reply.model, vectors={name: stored}, reply=reply)


def _folder(settings: Settings) -> ModelFolder | None:
    """Return the detector whose features are used; None when it or onnxruntime is not here."""
    if not package_version("onnxruntime"):
        return None
    try:
        folder = find_folder(settings, _MODEL_FOLDER)
    except ConfigurationError:
        return None
    return folder if folder is not None and detector.has_features(folder.onnx) else None


def _analysis(vector: bytes | VitrineError, name: str) -> Analysis | VitrineError:
    if isinstance(vector, VitrineError):
        return vector
    result: EmbeddingResult = {"kinds": [name]}
    return Analysis(result, vectors={name: vector})
