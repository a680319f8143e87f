"""The questions of offline/see: those about an image that it can answer."""

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from core.llm.offline.see.answers import Answer, answer
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import LABELS, Asked, Vocabulary
from core.llm.offline.translations import normalized

_KINDS = {
    "written": ("text",), "says": ("text",), "place": ("position", "grounding"), "count": ("count",),
    "color": ("attribute",), "present": ("yes/no",), "has_text": ("yes/no",),
}  # fmt: skip
_MOST_QUOTED = 3
_MOST_ABSENT = 5
_FEWEST_QUOTED_CHARS = 3


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question with its answer, which is proven."""

    question: str
    kind: str
    answer: Answer


def questions(
    scene: Scene, words: Vocabulary, count: int, kinds: Sequence[str], existing: Sequence[str]
) -> list[AnsweredQuestion]:
    """Return at most *count* questions of *kinds* (any, when empty), topics in turn, without *existing* ones."""
    by_topic: dict[str, list[AnsweredQuestion]] = {}
    taken = {normalized(question) for question in existing}
    for asked, kind, text in _possible(scene, words, kinds):
        proven = answer(asked, scene, words)
        if proven.text and normalized(text) not in taken:
            taken.add(normalized(text))
            by_topic.setdefault(asked.topic, []).append(AnsweredQuestion(text, kind, proven))
    rows = [row for row in by_topic.values() if row]
    turns = [row[turn] for turn in range(max(map(len, rows), default=0)) for row in rows if turn < len(row)]
    return turns[:count]


def _possible(scene: Scene, words: Vocabulary, kinds: Sequence[str]) -> Iterator[tuple[Asked, str, str]]:
    """Yield what can be asked, with its kind and wording; the most certain objects first."""
    labels = sorted(scene.labels, key=lambda label: -scene.of_label(label)[0]["score"])
    quotable = [line["label"] for line in scene.read() if _is_quotable(line["label"])][:_MOST_QUOTED]
    for topic, of_topic in _KINDS.items():
        kind = next((kind for kind in of_topic if not kinds or kind in kinds), None)
        if kind is None:
            continue
        if topic in ("written", "has_text"):
            subjects = [Asked(topic)]
        elif topic == "says":
            subjects = [Asked(topic, text=text) for text in quotable]
        elif topic == "present":
            subjects = [Asked(topic, label) for label in _mixed(labels, _absent(scene))]
        else:
            subjects = [Asked(topic, label) for label in labels]
        for number, asked in enumerate(subjects):
            yield asked, kind, words.question(topic, asked.label, asked.text, number)


def _absent(scene: Scene) -> list[str]:
    """Return some of the labels that are not there, others for each image."""
    absent = [label for label in LABELS if scene.is_absent(label)]
    seed = zlib.crc32(repr((scene.size_wh, [part["xyxy"] for part in scene.objects or ()])).encode())
    return random.Random(seed).sample(absent, min(_MOST_ABSENT, len(absent)))


def _mixed(found: Sequence[str], absent: Sequence[str]) -> list[str]:
    """Return both in turn, so that no answer is the usual one."""
    pairs = zip_longest(found, absent)
    return [label for pair in pairs for label in pair if label is not None]


def _is_quotable(text: str) -> bool:
    return len(text) >= _FEWEST_QUOTED_CHARS and not set(text) & set('"“”«»「」『』')
