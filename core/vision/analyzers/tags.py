"""Words for an image: by a vision model, by one's own classifier, or from the objects that were found."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core.errors import ConfigurationError, ImageRejectedError, InvalidInputError, VitrineError
from core.vision.analyzers import objects
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.asking import ask, each, model_of
from core.vision.local import run_each
from core.vision.models.folders import find_folder, read_folder
from core.vision.results import Finding, TagItem, TagsResult

PROMPT = (
    "Which words describe this image? Give 3 to 10 tags: things, place, activity, kind of picture; each one or two "
    "words in lower case, in English, the most fitting first. Name only what is visible."
)
FOLDER = "tags"
MIN_SCORE = 0.2
"""Of a class of a classifier: below this even the best of 1,000 classes is wrong more often than right."""
MAX_TAGS = 12
_SENT_SCORE = 1.0
"""Models state no score with a tag."""
_MAX_SIDE_PX = 512
_MAX_CHARS = 60
_REVISION = 1
"""Goes up with the prompt, and when the same model would be asked in another way."""
_READING = 2
"""Goes up when one's own classifier would be given other pixels."""


class ProposedTags(BaseModel):
    """The reply of a vision model."""

    tags: list[str]


class TagsAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`."""

    name = "tags"
    label = "Tags"
    help = (
        "Words for the image: by the vision model that you choose, else by your own classifier, else the objects that "
        "are sure. You accept or remove them."
    )
    needs_model = False
    images_per_item = 8

    def missing(self, tools: Tools) -> str | None:
        if tools.model:
            return None
        try:
            own = find_folder(tools.settings, FOLDER)
        except ConfigurationError as error:
            return str(error)
        return None if own else objects.ANALYZER.missing(tools)

    def version(self, tools: Tools) -> str:
        if tools.model:
            made_by = model_of(tools).litellm_model
        elif own := find_folder(tools.settings, FOLDER):
            made_by = f"{own.version} read {_READING}"
        else:
            made_by = f"objects of {objects.ANALYZER.version(tools)}"
        return f"{made_by} / {_REVISION}"

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        if tools.model:
            return await each(images, lambda image: _asked(image, tools))
        if own := find_folder(tools.settings, FOLDER):
            jobs = [(own.path, own.version, image.original, image.row.format) for image in images]
            found = await run_each(tools.settings, classify, jobs)
            return [tags if isinstance(tags, ImageRejectedError) else _analysis(tags) for tags in found]
        stored = tools.results([image.row.id for image in images])
        return [_from_objects(stored.get(image.row.id, {})) for image in images]

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        best: dict[str, float] = {}
        for item in result["tags"]:
            tag = item["tag"].lower()
            best[tag] = max(best.get(tag, 0.0), item["score"])
        return [Finding(tag, 1, score) for tag, score in best.items()]

    def seen(self, result: Mapping[str, Any]) -> str:
        return ""

    def words(self, result: Mapping[str, Any]) -> str:
        return ", ".join(item["tag"] for item in result["tags"])


ANALYZER = TagsAnalyzer()


def classify(folder: Path, version: str, original: Path, format_: str) -> list[TagItem]:
    """Return the classes of an image, the most certain first; runs in a worker."""
    from core.vision.opening import upright_image

    image = upright_image(original, format_, _MAX_SIDE_PX)
    found = _classifier(folder, version).classify(image, MIN_SCORE)[:MAX_TAGS]
    return [{"tag": label, "score": score} for label, score in found]


def tag_word(text: str) -> str:
    """Return *text* as a tag: without commas, which separate tags, and of a bounded length."""
    return " ".join(text.replace(",", " ").split())[:_MAX_CHARS].strip()


async def _asked(image: AnalyzedImage, tools: Tools) -> Analysis:
    reply, _ = await ask(image, tools, lambda size: PROMPT, ProposedTags)
    words = reply.parsed.tags if isinstance(reply.parsed, ProposedTags) else []
    tags = dict.fromkeys(word for word in map(tag_word, words) if word)
    made = _analysis([{"tag": tag, "score": _SENT_SCORE} for tag in list(tags)[:MAX_TAGS]])
    return Analysis(made.result, reply.model, made.score, reply=reply)


def _from_objects(stored: Mapping[str, Any]) -> Analysis | VitrineError:
    if "objects" not in stored:
        return InvalidInputError("The objects of this image are not known yet. Run the analyzer Objects first.")
    best: dict[str, float] = {}
    for item in stored["objects"]["items"]:
        tag = tag_word(item["label"])
        if tag and item["score"] >= objects.SURE_SCORE:
            best[tag] = max(best.get(tag, 0.0), item["score"])
    tags: list[TagItem] = [{"tag": tag, "score": score} for tag, score in best.items()]
    return _analysis(tags[:MAX_TAGS])


def _analysis(tags: list[TagItem]) -> Analysis:
    result: TagsResult = {"tags": tags}
    return Analysis(result, score=min((item["score"] for item in tags), default=None))


@cache
def _classifier(folder: Path, _version: str) -> Any:
    """Return the loaded classifier; another version is another model."""
    from core.vision.detecting.classifier import Classifier

    found = read_folder(folder)
    if found is None:
        raise ConfigurationError(f"{folder} was removed. Put the classifier there again.")
    return Classifier(found)
