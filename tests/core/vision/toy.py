"""An analyzer of tests: counts as objects what the name of an image says, for example ``2 cups.jpg``."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import ImageRejectedError, VitrineError
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.results import Finding


class ToyAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`; the image ``bad.jpg`` cannot be analyzed."""

    name, label, help = "toy", "Toy", "Counts by name."
    needs_model = False
    images_per_item = 2

    def __init__(self, version: str = "toy 1") -> None:
        self._version = version
        self.seen_names: list[str] = []

    def missing(self, tools: Tools) -> str | None:
        return None if self._version else "Toys are missing. Buy some."

    def version(self, tools: Tools) -> str:
        return self._version

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        self.seen_names += [image.row.image_name for image in images]
        return [self._one(image.row.image_name) for image in images]

    def _one(self, name: str) -> Analysis | VitrineError:
        if name == "bad.jpg":
            return ImageRejectedError("It cannot be opened.")
        count, label = name.removesuffix(".jpg").split(" ")
        return Analysis({"label": label, "count": int(count)}, score=0.75, vectors={"toy": bytes([int(count), 60])})

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        return [Finding(result["label"], result["count"], 0.75)]

    def seen(self, result: Mapping[str, Any]) -> str:
        return f"NO. {result['count']}"

    def words(self, result: Mapping[str, Any]) -> str:
        return str(result["label"])
