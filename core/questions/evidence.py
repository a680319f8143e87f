"""What analyzers found in images, as evidence: offline/see answers from it, and prompts can quote it.

The evidence of an image is a dict of plain values: ``size`` (width and height in px of the upright original),
``lines``, ``objects``, ``faint`` and ``tags`` as in :mod:`core.vision.results`, and ``tools``, the program that found
each. What was not looked for is missing.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.db import Database, Images
from core.errors import InvalidInputError, VitrineError
from core.llm import SEE_MODEL, ImagePart, LLMService, ModelConfig
from core.questions import quoting, targets
from core.questions.recipe import question_recipe
from core.vision import ImageAnalysisTask, store
from core.vision.analyzers import analyzer
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools

if TYPE_CHECKING:
    from core.images import ImageService

Evidence = Mapping[str, Any]
PROVING = ("text", "objects")
"""The analyzers whose results offline/see answers from."""
_PARTS = {"text": ("lines", "lines"), "objects": ("objects", "items"), "tags": ("tags", "tags")}


class ImageEvidence:
    """Reads the evidence of images, and looks for what is missing of it with the local analyzers."""

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._llm = llm_service
        self._images = image_service
        self._analysis = ImageAnalysisTask(db_session, llm_service, image_service)

    def missing(self) -> str | None:
        """Return what offline/see lacks here and which command brings it; None when it can run."""
        tools = self._analysis.tools()
        return " ".join(filter(None, (analyzer(name).missing(tools) for name in PROVING))) or None

    def missing_for(self, name: str) -> str | None:
        """Return what the analyzer called *name* lacks here to run without a model that is asked."""
        return analyzer(name).missing(self._analysis.tools())

    def require(self, config: ModelConfig) -> None:
        """Check that a model can be asked about images here, before anything is sent.

        Raises:
            NoVisionError: it is known not to see images.
            InvalidInputError: it is offline/see, and its tools are missing; the message says what brings them.
        """
        self._llm.require_vision(config)
        if config.litellm_model == SEE_MODEL and (missing := self.missing()):
            raise InvalidInputError(f"{SEE_MODEL} needs tools that are not here. {missing}", field="model")

    def lacking(self, project_id: str, config: dict[str, Any]) -> dict[str, list[str]]:
        """Return the chosen images that lack what the variables of the prompt of a recipe need, by analyzer.

        Args:
            config: a ``QuestionRecipe``.

        Raises:
            InvalidInputError: the recipe is invalid.
        """
        recipe = question_recipe(config)
        names = quoting.analyzers_of(recipe.custom_prompt or "")
        if not names:
            return {}
        with self._db.reading() as session:
            ids = targets.image_ids(session, project_id, recipe)
        found = self._analysis.store.image_ids_to_analyze
        lacking = {name: found(project_id, name, None, image_ids=ids) for name in names}
        return {name: of_name for name, of_name in lacking.items() if of_name}

    def stored(self, images: Sequence[Images]) -> dict[str, Evidence]:
        """Return the stored evidence of images, by whatever it was found, by image id."""
        found = self._analysis.store.get_rows([image.id for image in images])
        return {
            image.id: evidence_of(image, {row.analyzer: (row.version, row.result) for row in found.get(image.id, ())})
            for image in images
        }

    async def complete(self, image: Images, part: ImagePart, config: ModelConfig) -> ImagePart:
        """Return *part* with what offline/see needs, unless another model is asked.

        Stored results are taken when they are current, otherwise the local analyzers run; what they find is stored
        for images that have no result yet.

        Raises:
            VitrineError: the original cannot be read.
        """
        if config.litellm_model != SEE_MODEL:
            return part
        tools = self._analysis.tools()
        rows = await asyncio.to_thread(self._analysis.store.get_rows, [image.id])
        stored = {row.analyzer: (row.version, row.result) for row in rows.get(image.id, ())}
        found: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for name in PROVING:
            version = None if analyzer(name).missing(tools) else analyzer(name).version(tools)
            if version is None or (name in stored and stored[name][0] == version):
                found |= {name: stored[name]} if version else {}
                continue
            result = await self._look(name, image, tools, keep=version if name not in stored else None)
            found[name] = (version, result)
        return replace(part, seen=evidence_of(image, found))

    async def _look(self, name: str, image: Images, tools: Tools, keep: str | None) -> Mapping[str, Any]:
        original = await asyncio.to_thread(self._images.original_path, image)
        (analysis,) = await analyzer(name).analyze([AnalyzedImage(image, original)], tools)
        if isinstance(analysis, VitrineError):
            raise analysis
        if keep is not None:
            await self._keep(name, image, keep, analysis)
        return analysis.result

    async def _keep(self, name: str, image: Images, version: str, analysis: Analysis) -> None:
        await self._db.write(
            lambda session: store.write(session, image.project_id, name, version, {image.id: analysis})
        )


def evidence_of(image: Images, found: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Evidence:
    """Return the evidence of an image; *found* has version and result by analyzer."""
    evidence: dict[str, Any] = {"size": [image.width, image.height], "tools": {}}
    for name, (version, result) in found.items():
        if name in _PARTS and version:
            part, key = _PARTS[name]
            evidence[part] = result[key]
            evidence |= {"faint": result["faint"]} if "faint" in result else {}
            evidence["tools"][name] = version.partition(" / ")[0]
    return evidence


def with_evidence(parts: Iterable[ImagePart], evidence: Iterable[Evidence]) -> list[ImagePart]:
    """Return the parts with the evidence of each."""
    return [replace(part, seen=seen) for part, seen in zip(parts, evidence, strict=True)]
