"""The answers of offline/see: what the tools prove, with the parts of the image that prove it."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from core.llm.offline.see import limits
from core.llm.offline.see.scene import Part, Scene
from core.llm.offline.see.vocabulary import Asked, Vocabulary
from core.llm.offline.topics import Word
from core.llm.offline.translations import translations

CANNOT = "offline/see cannot test this question. Answer it yourself, or ask another model."
_NO_OBJECTS = "The objects of this image are not known."
_NO_TEXT = "The text of this image is not known."


@dataclass(frozen=True)
class Answer:
    """An answer with its evidence; *text* is empty when nothing is proven, and *doubt* says why."""

    text: str = ""
    doubt: str = ""
    evidence: list[Part] = field(default_factory=list)


def answer(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    """Return the answer to a question that was read."""
    if asked.topic in _ABOUT_TEXT and scene.lines is None:
        return Answer(doubt=_NO_TEXT)
    if asked.topic not in _ABOUT_TEXT and scene.objects is None:
        return Answer(doubt=_NO_OBJECTS)
    return _ANSWERS[asked.topic](asked, scene, words)


def _present(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    found = scene.of_label(asked.label)
    sure = [part for part in found if part["score"] >= limits.PRESENT]
    if sure:
        return Answer(words.text("yes"), evidence=sure)
    if scene.is_absent(asked.label):
        return Answer(words.text("no"))
    return Answer(doubt=_missing(asked.label, found), evidence=found)


def _count(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    # Never 0: who asks how many there are has mostly seen one, so that a missing one was overlooked.
    only, doubt = _only(asked.label, scene, limits.COUNTED)
    return Answer("1", evidence=[only]) if only else Answer(doubt=doubt, evidence=scene.of_label(asked.label))


def _place(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    only, doubt = _only(asked.label, scene)
    region = scene.region(only) if only else None
    if only is None or region is None:
        return Answer(doubt=doubt or "It is between two parts of the image.", evidence=[only] if only else [])
    return Answer(words.place(region), evidence=[only])


def _side(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    only, doubt = _only(asked.label, scene)
    if only is None:
        return Answer(doubt=doubt)
    share = (only["xyxy"][0] + only["xyxy"][2]) / 2 / scene.size_wh[0]
    if abs(share - 0.5) < limits.OFF_CENTER:
        return Answer(doubt="It is near the middle.", evidence=[only])
    return Answer(words.place("left" if share < 0.5 else "right"), evidence=[only])


def _beside(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    first, doubt = _only(asked.label, scene)
    second, other_doubt = _only(asked.other, scene)
    if first is None or second is None:
        return Answer(doubt=doubt or other_doubt)
    evidence = [first, second]
    if first["xyxy"][2] <= second["xyxy"][0]:
        return Answer(words.place("left"), evidence=evidence)
    if first["xyxy"][0] >= second["xyxy"][2]:
        return Answer(words.place("right"), evidence=evidence)
    return Answer(doubt="They are above each other.", evidence=evidence)


def _color(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    only, doubt = _only(asked.label, scene)
    color = scene.color(only) if only else None
    if only is None or color is None:
        return Answer(doubt=doubt or "No color covers most of it.", evidence=[only] if only else [])
    name = translations(words.language).word(Word("colors", color))
    return Answer(name[:1].upper() + name[1:], evidence=[only])


def _written(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    return _told(scene.read(), scene, words)


def _written_on(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    only, doubt = _only(asked.label, scene)
    if only is None:
        return Answer(doubt=doubt)
    return _told([line for line in scene.read() if _is_inside(line, only)], scene, words)


def _has_text(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    lines = [line for line in scene.read() if len(folded(line["label"])) > 1]
    if not lines:
        return Answer(doubt="No text was found, which does not prove that there is none.")
    return Answer(words.text("yes"), evidence=lines)


def _says(asked: Asked, scene: Scene, words: Vocabulary) -> Answer:
    wanted = folded(asked.text)
    lines = [line for line in scene.read() if wanted and wanted in folded(line["label"])]
    whole = [line for line in lines if _has_word(line["label"], asked.text)]
    if not whole:
        return Answer(
            doubt="It was not found among the text, which does not prove that it is not there.", evidence=lines
        )
    return Answer(words.text("is_so"), evidence=whole)


_ANSWERS: dict[str, Callable[[Asked, Scene, Vocabulary], Answer]] = {
    "present": _present, "count": _count, "place": _place, "side": _side, "beside": _beside, "color": _color,
    "written": _written, "written_on": _written_on, "has_text": _has_text, "says": _says,
}  # fmt: skip
_ABOUT_TEXT = ("written", "has_text", "says")


def folded(text: str) -> str:
    """Return *text* as it is compared: NFKC, without case and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _has_word(line: str, text: str) -> bool:
    """Return whether *text* is in *line* as whole words; scripts without spaces are compared by characters."""
    if any(ord(char) > 0x2E80 for char in text):
        return True
    plain = (
        unicodedata.normalize("NFKC", line).casefold().split(),
        unicodedata.normalize("NFKC", text).casefold().split(),
    )
    bare = [[word.strip(".,:;!?\"'()") for word in words] for words in plain]
    of_line, wanted = bare
    return any(of_line[at : at + len(wanted)] == wanted for at in range(len(of_line) - len(wanted) + 1))


def _told(lines: list[Part], scene: Scene, words: Vocabulary) -> Answer:
    if not lines:
        return Answer(doubt="No text was found, which does not prove that there is none.")
    if len(lines) > limits.MAX_LINES or not scene.is_read_completely():
        return Answer(doubt="Some of the text could not be read for certain.", evidence=lines)
    texts = [line["label"] for line in lines]
    if words.language == "tr" and any(set(text) & set("iI") and not set(text) & limits.CERTAIN_I for text in texts):
        return Answer(doubt="An i may be an ı that was not told apart.", evidence=lines)
    return Answer(texts[0] if len(texts) == 1 else "\n".join(texts), evidence=lines)


def _only(label: str, scene: Scene, least: float = limits.PLACED) -> tuple[Part | None, str]:
    """Return the one object of a label; None, and why, when there is none for certain, or perhaps another."""
    found = scene.of_label(label)
    if not found or found[0]["score"] < least:
        return None, _missing(label, found)
    if len(found) > 1 or (scene.faint or {}).get(label, 0.0) >= limits.ALONE:
        return None, f"There may be more than one {label}."
    return found[0], ""


def _is_inside(line: Part, part: Part) -> bool:
    x, y = (line["xyxy"][0] + line["xyxy"][2]) / 2, (line["xyxy"][1] + line["xyxy"][3]) / 2
    left, top, right, bottom = part["xyxy"]
    return bool(left <= x <= right and top <= y <= bottom)


def _missing(label: str, found: list[Part]) -> str:
    if found:
        return f"A {label} was found, but only with a score of {found[0]['score']:.2f}."
    return f"No {label} was found, which does not prove that there is none."
