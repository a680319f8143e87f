"""Verifiers: pure functions that score an answer against a ground truth, for training by rewards and for evaluation.

This file and core/number_values.py need the standard library alone, since exports carry a copy of both to the trainers
as ``reward.py``. The functions at its end are what TRL, verl, EasyR1 and lmms-eval call.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from core.number_values import stated_number, states

MAX_EXACT_WORDS = 10
"""Longer texts are descriptions: no answer of a model would equal them. Two Chinese or Japanese signs are a word."""
MIN_IOU = 0.5
"""Intersection over union from which two boxes are the same thing, as in PASCAL VOC."""
MIN_ANLS = 0.5
"""Similarity below which a read text counts as wrong altogether, as in DocVQA (Mathew et al., 2021)."""
MAX_READ_CHARS = 400
"""Longer texts are pages: comparing them takes the square of their length."""
READING = "text"
"""The kind of questions whose answers are read in the image, so that a wrong character is not a wrong answer."""

_ARTICLE = re.compile(r"(?:a|an|the) ")
_AT_THE_ENDS = " .,;:!?\"'`\u201c\u201d\u2018\u2019()[]{}*\u3001\u3002\u300c\u300d\u00a1\u00bf\u060c\u061f\u0964"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[^\W\d_]|[%°€$£])")
_STATED = re.compile(r"\banswer(?: is\b|[ \t*_]*:)[ \t*_:]*(\S.*)", re.IGNORECASE)
_OPTION = re.compile(r"(?<!\w)([A-Z])(?=[.):])")
_BETWEEN_LABELS = re.compile(r"[,;\n|]|\band\b|&|[-*\u2022] ")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\s\u3040-\u30ff\u3400-\u9fff]+")
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_IN_SENTENCES = re.compile(r"^[^\"\[{]*([\[{].*[\]}])", re.DOTALL)
_ANSWER_TAG = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_YES_OR_NO = frozenset({"yes", "no", "evet", "hayir", "有", "没有", "是", "不是", "是的", "否"})
_SAYS_YES_OR_NO = re.compile(rf"({'|'.join(_YES_OR_NO)})(?=\s*[,.;:!。、])(?!\W*(?:{'|'.join(_YES_OR_NO)})\b)")
_BOX_KEYS = ("bbox_2d", "bbox", "box")

Box = tuple[str, tuple[float, ...]]


class Verifier(NamedTuple):
    """Which checker verifies an answer, with its arguments and the ground truth as text."""

    checker: str
    """``exact``, ``number``, ``set``, ``json``, ``iou`` or ``anls``."""
    arguments: dict[str, Any]
    truth: str


def verifier_of(answer: str, answer_type: str, kind: str = "", language: str = "") -> Verifier | None:
    """Return the verifier of an answer by its type; None for a text that no checker verifies, like a description.

    Args:
        kind: of the question; answers to those of :data:`READING` are compared by ``anls``.
        language: of the answer, by which numbers are read; empty for unknown.
    """
    found = _by_type(answer, answer_type, kind, language)
    return found if found and is_passed_by_itself(found) else None


def is_passed_by_itself(verifier: Verifier) -> bool:
    """Return whether the ground truth, as a response, is right."""
    return check(*verifier, final_answer(verifier.truth))


def _by_type(answer: str, answer_type: str, kind: str, language: str) -> Verifier | None:
    if answer_type == "label":
        return Verifier("set", {}, answer) if _labels(answer) else None
    if answer_type == "custom_format":
        value = _json(answer)
        if boxes := _boxes(value):
            is_complete = len(boxes) == (len(value) if isinstance(value, list) else 1)
            return Verifier("iou", {"min_iou": MIN_IOU}, answer) if is_complete else None
        return None if value is _NOT_JSON else Verifier("json", {}, answer)
    text = " ".join(answer.split())
    if (number := stated_number(text, language)) and not (kind == READING and number.counts_things):
        arguments: dict[str, Any] = {"tolerance": number.tolerance}
        return Verifier("number", arguments | ({"language": language} if _decides(language) else {}), text)
    # Nothing that is read resembles a yes or no.
    if kind == READING and _normal(text) not in _YES_OR_NO:
        return Verifier("anls", {"min_anls": MIN_ANLS}, text) if 0 < len(text) <= MAX_READ_CHARS else None
    return Verifier("exact", {}, text) if text and len(_WORD.findall(text)) <= MAX_EXACT_WORDS else None


def score(checker: str, arguments: dict[str, Any], truth: str, answer: str) -> float:
    """Return how far *answer* agrees with *truth*: 1 for a right answer, 0 for a wrong one, a share for parts.

    Raises:
        KeyError: there is no such checker.
    """
    return CHECKERS[checker](arguments, truth, answer)


def check(checker: str, arguments: dict[str, Any], truth: str, answer: str) -> bool:
    """Return whether *answer* is right."""
    return score(checker, arguments, truth, answer) == 1.0


def final_answer(response: str) -> str:
    r"""Return the answer in a response: behind the thinking, in ``<answer>`` or ``\boxed{}``, or else all of it."""
    # Thinking that was cut off has no answer behind it.
    text = response.rpartition("</think>")[2].partition("<think>")[0]
    if tagged := _ANSWER_TAG.findall(text):
        return str(tagged[-1]).strip()
    boxed = text.rpartition("\\boxed{")[2] if "\\boxed{" in text else ""
    depth = 1
    for at, sign in enumerate(boxed):
        depth += (sign == "{") - (sign == "}")
        if not depth:
            return re.sub(r"\\text\{(.*?)\}", r"\1", boxed[:at]).strip()
    return text.strip()


# --- checkers ------------------------------------------------------------------------------------------------


def _exact(arguments: dict[str, Any], truth: str, answer: str) -> float:
    """Compare texts without case, articles, and signs at the ends; a yes, no or letter may have a reason behind it."""
    stated = _stated(answer)
    return float(_normal(truth) in (_normal(answer), _normal(stated)) or _chosen(truth, stated))


def _number(arguments: dict[str, Any], truth: str, answer: str) -> float:
    """Compare the only number of the answer; *tolerance* is the largest difference that still is right."""
    language = arguments.get("language", "")
    expected = stated_number(truth, language)
    if expected is None:
        return 0.0
    return float(states(_stated(answer), expected, language, arguments.get("tolerance", 0.0)))


def _set(arguments: dict[str, Any], truth: str, answer: str) -> float:
    """Return the share of labels in both of all labels in one of them (Jaccard index)."""
    expected = _labels(truth)
    given = _labels(answer)
    if not given:
        given, rest = set(), _spaced(answer)
        for label in sorted(expected, key=len, reverse=True):
            rest, count = re.subn(rf"(?<!\w){re.escape(label)}(?!\w)", ",", rest)
            given |= {label} if count else set()
        given |= {part for found in _BETWEEN_LABELS.split(rest) if (part := found.strip(_AT_THE_ENDS))}
    return len(expected & given) / max(len(expected | given), 1)


def _json_values(arguments: dict[str, Any], truth: str, answer: str) -> float:
    """Return the share of equal values of all values in the two documents."""
    expected, found = _json(truth), _json(answer)
    if _NOT_JSON in (expected, found):
        return 0.0
    ours, theirs = dict(_leaves(expected)), dict(_leaves(found))
    equal = sum(path in theirs and _equal(value, theirs[path]) for path, value in ours.items())
    return equal / max(len(ours.keys() | theirs.keys()), 1)


def _iou(arguments: dict[str, Any], truth: str, answer: str) -> float:
    """Return the share of boxes with a partner of their label, of all boxes; each has one partner at most."""
    expected, found = _boxes(_json(truth)), _boxes(_json(answer))
    pairs = sorted(
        ((overlap(ours[1], theirs[1]), i, j) for i, ours in enumerate(expected) for j, theirs in enumerate(found)
         if ours[0] == theirs[0] or not theirs[0]), reverse=True,
    )  # fmt: skip
    taken: set[tuple[str, int]] = set()
    matched = 0
    for share, i, j in pairs:
        if share >= arguments.get("min_iou", MIN_IOU) and not taken & {("ours", i), ("theirs", j)}:
            taken |= {("ours", i), ("theirs", j)}
            matched += 1
    return matched / max(len(expected), len(found), 1)


def _anls(arguments: dict[str, Any], truth: str, answer: str) -> float:
    """Return the similarity without regard to case, 0 when it is not above *min_anls*, as DocVQA scores."""
    expected, found = _spaced(truth), _spaced(answer)
    # What is more than twice as long is less than half similar, however long it is.
    share = similarity(expected, found[: 2 * len(expected) + 1])
    return share if share > arguments.get("min_anls", MIN_ANLS) else 0.0


CHECKERS: dict[str, Callable[[dict[str, Any], str, str], float]] = {
    "exact": _exact, "number": _number, "set": _set, "json": _json_values, "iou": _iou, "anls": _anls,
}  # fmt: skip
"""Checkers by name: functions of arguments, ground truth and answer."""


def overlap(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Return the intersection over union of two boxes (left, top, right, bottom); 0 without an area."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
    return width * height / (areas - width * height)


def similarity(first: str, second: str) -> float:
    """Return 1 less the edit distance (Levenshtein) in shares of the longer text; 1 for two empty ones."""
    shorter, longer = sorted((first, second), key=len)
    row = list(range(len(shorter) + 1))
    for at, sign in enumerate(longer, 1):
        before, row[0] = row[0], at
        for place, other in enumerate(shorter, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (sign != other))
    return 1.0 - row[-1] / max(len(longer), 1)


# --- reading answers -----------------------------------------------------------------------------------------

_NOT_JSON = object()


def _spaced(text: str) -> str:
    """Return a text with single spaces and without case; in it, I, İ, ı and i of Turkish are one letter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("i\u0307", "i").replace("ı", "i").split())


def _normal(text: str) -> str:
    plain = _BEFORE_UNIT.sub("", _spaced(text).strip(_AT_THE_ENDS))
    return _ARTICLE.sub("", plain, count=1) if _ARTICLE.match(plain) else plain or text.strip()


def _stated(answer: str) -> str:
    """Return what stands behind the last "answer is" or "answer:" on its line; all of the text without one."""
    found = _STATED.findall(answer)
    return str(found[-1]) if found else answer


def _chosen(truth: str, answer: str) -> bool:
    """Return whether an answer begins with the right yes, no or letter, as in "Yes, two." and "B. A dog"."""
    if _normal(truth) in _YES_OR_NO:
        said = _SAYS_YES_OR_NO.match(_spaced(answer).lstrip(_AT_THE_ENDS))
        return said is not None and said[1].removesuffix("的") == _normal(truth).removesuffix("的")
    begins = re.match(r"[A-Z](?=\W*$|[*_]*[.):])", answer.lstrip(_AT_THE_ENDS))
    return begins is not None and {begins[0], *_OPTION.findall(answer)} == {truth.strip(_AT_THE_ENDS)}


def _decides(language: str) -> bool:
    """Return whether numbers are read by the language otherwise than without one."""
    return bool(language) and not language.casefold().startswith("en")


def _labels(text: str) -> set[str]:
    """Return the labels of a JSON list of texts; none of anything else."""
    value = _json(text)
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        return set()
    return {_spaced(label) for label in value}


def _json(text: str) -> Any:
    """Return the JSON value of a text, which may stand in a code block or within sentences."""
    inside = _FENCE.search(text) or _IN_SENTENCES.search(text)
    try:
        return json.loads(inside[1] if inside else text)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not members or not value:
        yield path, value
    for key, inner in members:
        yield from _leaves(inner, (*path, key))


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, str) and isinstance(second, str):
        return _spaced(first) == _spaced(second)
    return bool(isinstance(first, bool) == isinstance(second, bool) and first == second)


def _boxes(value: Any) -> list[Box]:
    """Return label and corners of an object, or of a list of objects, with ``bbox_2d``."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        corners = next((one[key] for key in _BOX_KEYS if key in one), None) if isinstance(one, dict) else None
        if isinstance(corners, list) and len(corners) == 4 and all(type(side) in (int, float) for side in corners):
            label = one.get("label")
            found.append((_spaced(label) if isinstance(label, str) else "", tuple(map(float, corners))))
    return found


# --- what trainers and evaluators call -------------------------------------------------------------------------


def trl_reward(
    completions: list[Any], solution: list[str], checker: list[str], arguments: list[str], **_: Any
) -> list[float]:
    """Return the rewards of completions, for ``reward_funcs`` of TRL; the other arguments are columns of the table."""
    texts = [completion if isinstance(completion, str) else completion[0]["content"] for completion in completions]
    return [
        score(name, json.loads(given), truth, final_answer(text))
        for text, truth, name, given in zip(texts, solution, checker, arguments, strict=True)
    ]


def verl_reward(data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any], **_: Any) -> float:
    """Return the reward of a response, for ``custom_reward_function`` of verl."""
    arguments = json.loads(extra_info["arguments"])
    return score(extra_info["checker"], arguments, ground_truth, final_answer(solution_str))


def easyr1_reward(reward_inputs: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Return the rewards of a batch, for ``reward_function`` of EasyR1; the ground truth is a verifier as JSON."""
    scores = []
    for one in reward_inputs:
        verifier = Verifier(**json.loads(one["ground_truth"]))
        scores.append(score(*verifier, final_answer(one["response"])))
    return [{"overall": found, "accuracy": float(found == 1.0)} for found in scores]


def lmms_images(doc: dict[str, Any]) -> list[Any]:
    """Return the images of a row, for ``doc_to_visual`` of lmms-eval."""
    return [image.convert("RGB") for image in doc["images"]]


def lmms_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return the metrics of a reply, for ``process_results`` of lmms-eval."""
    found = score(doc["checker"], json.loads(doc["arguments"]), doc["answer"], final_answer(results[0]))
    return {"accuracy": float(found == 1.0), "score": found}
