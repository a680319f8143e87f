"""A sentence that says what an image shows, by a vision model."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import VitrineError
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.asking import ask, each, model_of
from core.vision.results import CaptionResult, Finding

PROMPT = (
    "Describe this image in one plain sentence of at most 30 words: what it shows and where. Name only what is "
    "visible. Reply with the sentence alone."
)
_REVISION = 1
"""Goes up with the prompt."""
_MAX_CHARS = 600


class CaptionAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`."""

    name = "caption"
    label = "Caption"
    help = "One sentence that says what the image shows, by the vision model that you choose."
    needs_model = True
    images_per_item = 1

    def missing(self, tools: Tools) -> str | None:
        return None if tools.model else "A vision model writes captions. Choose one."

    def version(self, tools: Tools) -> str:
        return f"{model_of(tools).litellm_model} / {_REVISION}" if tools.model else ""

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        async def one(image: AnalyzedImage) -> Analysis:
            reply, _ = await ask(image, tools, lambda size: PROMPT)
            result: CaptionResult = {"caption": " ".join(reply.text.split())[:_MAX_CHARS]}
            return Analysis(result, reply.model, reply=reply)

        return await each(images, one)

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        return []

    def seen(self, result: Mapping[str, Any]) -> str:
        return ""

    def words(self, result: Mapping[str, Any]) -> str:
        return str(result["caption"])


ANALYZER = CaptionAnalyzer()
