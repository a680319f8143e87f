"""The interface of an analyzer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.config import Settings
from core.db import Images
from core.errors import VitrineError
from core.vision.results import Finding

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import DatabaseLedger, LLMService, ModelConfig
    from core.llm.types import ChatReply


@dataclass(frozen=True)
class AnalyzedImage:
    """An image that an analyzer is given."""

    row: Images
    original: Path
    """Its decoding belongs into the sandbox."""


@dataclass(frozen=True)
class Tools:
    """What analyzers work with."""

    settings: Settings
    images: "ImageService"
    llm: "LLMService"
    model: "ModelConfig | None" = None
    """The model that is asked; None when the task names none that sees and answers."""
    embedding_model: "ModelConfig | None" = None
    """The model of the task, when it makes vectors instead of answers."""
    ledger: "DatabaseLedger | None" = None
    results: Callable[[Sequence[str]], Mapping[str, Mapping[str, Any]]] = lambda image_ids: {}
    """Returns the stored results of images, by image and analyzer."""


@dataclass(frozen=True)
class Analysis:
    """What an analyzer returns for one image."""

    result: Mapping[str, Any]
    """One of :mod:`core.vision.results`."""
    model: str = ""
    score: float | None = None
    """The lowest score of what was found; None when nothing was."""
    vectors: Mapping[str, bytes] = field(default_factory=dict)
    """float16 vectors of length 1, by kind."""
    reply: "ChatReply | None" = None
    """The reply of the model; its call is settled in the transaction that stores the result."""


class Analyzer(Protocol):
    """Finds one kind of content in images; has no state of its own."""

    name: str
    label: str
    help: str
    needs_model: bool
    """Whether it can only ask a model, which costs money."""
    images_per_item: int
    """Images that one item of a task analyzes; 1 when a model is asked."""

    def missing(self, tools: Tools) -> str | None:
        """Return what is missing here and which command brings it; None when it can run."""
        ...

    def version(self, tools: Tools) -> str:
        """Return what makes the results: program and weights, or model; results of another version are stale."""
        ...

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        """Return the analysis of each image, in order; an error takes the position of one that failed.

        Raises:
            LLMError: the model cannot be asked at all.
        """
        ...

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        """Return what can be filtered by; labels in lower case, each once."""
        ...

    def seen(self, result: Mapping[str, Any]) -> str:
        """Return the text that is in the image itself."""
        ...

    def words(self, result: Mapping[str, Any]) -> str:
        """Return the words that say what the image shows."""
        ...
