"""Testing the answers of a dataset by what the analyzers found in their images."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from core.checks.base import CheckContext, CheckedEntry
from core.checks.tool_opinions import opinions as tools
from core.checks.tool_opinions import reading, wrong
from core.checks.tool_opinions.opinions import Opinion
from core.checks.tool_opinions.thresholds import Example
from core.db import Database
from core.errors import InvalidInputError
from core.llm import SEE_MODEL
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import Asked, Vocabulary, read_question, vocabulary
from core.llm.offline.translations import LANGUAGES, translations
from core.questions.answer_types import checked_answer
from core.verifiers import READING

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.db import Images
_IMAGES_PER_PROGRESS = 50


@dataclass(frozen=True)
class TestedEntry:
    """An entry with what the tools say of it."""

    entry: CheckedEntry
    opinions: list[Opinion]
    examples: list[tuple[str, Example]]
    """Of a confirmed entry: what each tool says of its answer and of the same answer made wrong."""
    reason: str = ""
    """Why no tool can test it."""


NO_QUESTION = "No tool can test this question."
NOT_LOOKED_AT = "The image was not analyzed for this."
NOT_SURE = "The tools are not sure of this image, or the answer names nothing that they could compare."
SEVERAL_IMAGES = "It is about several images."
FITS_SCHEMA = "It fits its JSON schema, which does not prove its values."


class EntryTester:
    """Tests the entries of a project, the entries of one image together."""

    def __init__(self, context: CheckContext, db: Database) -> None:
        self._context, self._db = context, db
        self._pixels = reading.Pixels(db)
        labels = reading.labels(db, context.project_id)

        @cache
        def read(question: str, language: str) -> tuple[Asked, Vocabulary] | None:
            return read_question(question, language, labels)

        self._read = read

    def run(self) -> Iterator[TestedEntry]:
        """Yield every entry once, in any order."""
        several = reading.of_several_images(self._db, self._context.project_id)
        documents = [entry for entry in self._context.entries if entry.answer_type == "custom_format"]
        yield from self._documents(documents)
        of_image: dict[str, list[CheckedEntry]] = defaultdict(list)
        for entry in self._context.entries:
            if entry.answer_type == "custom_format":
                continue
            if entry.id in several:
                yield TestedEntry(entry, [], [], SEVERAL_IMAGES)
            elif self._can_be_tested(entry):
                of_image[entry.image_id].append(entry)
            else:
                yield TestedEntry(entry, [], [], NO_QUESTION)
        yield from self._of_images(of_image)

    def _of_images(self, of_image: dict[str, list[CheckedEntry]]) -> Iterator[TestedEntry]:
        for number, (image, seen) in enumerate(reading.seen_in(self._db, list(of_image))):
            if number % _IMAGES_PER_PROGRESS == 0:
                self._context.progress(number / len(of_image), "Testing answers")
            yield from self._of_image(image, Scene.of(seen), of_image.pop(image.id))
        for entry in (entry for entries in of_image.values() for entry in entries):
            yield TestedEntry(entry, [], [], NOT_LOOKED_AT)

    def _can_be_tested(self, entry: CheckedEntry) -> bool:
        return (
            entry.kind == READING
            or self._read(entry.question, entry.language) is not None
            or _is_about_pixels(entry.question)
        )

    def _of_image(self, image: "Images", scene: Scene, entries: Sequence[CheckedEntry]) -> Iterator[TestedEntry]:
        pixels: Image | None = None
        for entry in entries:
            if pixels is None and self._needs_pixels(entry, scene):
                pixels = self._pixels.of(image)
                scene = Scene(scene.size_wh, scene.lines, scene.objects, pixels, scene.faint)
            found = self._opinions(entry, entry.answer, scene)
            examples = self._examples(entry, found, scene) if entry.is_confirmed else []
            yield TestedEntry(entry, found, examples, "" if found else self._why_not(entry, scene))

    def _needs_pixels(self, entry: CheckedEntry, scene: Scene) -> bool:
        read = self._read(entry.question, entry.language)
        if read is None:
            return _is_about_pixels(entry.question)
        return read[0].topic == "color" and bool(scene.of_label(read[0].label))

    def _opinions(self, entry: CheckedEntry, answer: str, scene: Scene) -> list[Opinion]:
        text = _plain(answer, entry.answer_type)
        if read := self._read(entry.question, entry.language):
            return tools.opinions(*read, text, scene)
        if _is_about_pixels(entry.question):
            words = vocabulary(entry.language)
            return tools.about_pixels(entry.question, entry.language, words, text, scene.image) if scene.image else []
        return tools.read_in_image(text, scene)

    def _examples(self, entry: CheckedEntry, found: Sequence[Opinion], scene: Scene) -> list[tuple[str, Example]]:
        if entry.model == SEE_MODEL:
            return []  # its answers are those of the tools themselves
        text, read = _plain(entry.answer, entry.answer_type), self._read(entry.question, entry.language)
        others = wrong.wrong_answers(*read, text) if read else wrong.misread(text) if entry.kind == READING else []
        against = [one for other in others for one in self._worst(self._opinions(entry, other, scene))]
        return [
            (one.tool, Example(entry.family, one.agreement, is_right))
            for is_right, some in ((True, found), (False, against)) for one in some
        ]  # fmt: skip

    def _worst(self, found: Sequence[Opinion]) -> list[Opinion]:
        """Return the opinion that speaks most against a wrong answer, which one of several notices."""
        return [min(found, key=lambda one: one.agreement)] if found else []

    def _why_not(self, entry: CheckedEntry, scene: Scene) -> str:
        read = self._read(entry.question, entry.language)
        about_text = entry.kind == READING if read is None else read[0].topic in ("written", "has_text", "says")
        needed = scene.lines if about_text else scene.objects
        return NOT_SURE if needed is not None or (read is None and not about_text) else NOT_LOOKED_AT

    def _documents(self, entries: Sequence[CheckedEntry]) -> Iterator[TestedEntry]:
        schemas = reading.schemas(self._db, [entry.id for entry in entries])
        for number, entry in enumerate(entries):
            if number % _IMAGES_PER_PROGRESS == 0:
                self._context.progress(0.0, "Testing JSON answers")
            try:
                checked_answer(entry.answer, "custom_format", schemas.get(entry.id))
            except InvalidInputError as error:
                yield TestedEntry(entry, [Opinion(tools.SCHEMA, 0.0, str(error))], [])
            else:
                yield TestedEntry(entry, [], [], FITS_SCHEMA if entry.id in schemas else NO_QUESTION)


def _plain(answer: str, answer_type: str) -> str:
    """Return the only label of a label answer, and any other answer as it is."""
    return _only_label(answer) if answer_type == "label" else answer


def _only_label(answer: str) -> str:
    try:
        labels: Any = json.loads(answer)
    except ValueError:
        return answer
    return labels[0] if isinstance(labels, list) and len(labels) == 1 and isinstance(labels[0], str) else answer


@cache
def _is_about_pixels(question: str) -> bool:
    return any(translations(language).match_question(question) for language in LANGUAGES)
