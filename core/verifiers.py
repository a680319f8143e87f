"""Verifiers: pure functions that score an answer against a ground truth, for training by rewards and for evaluation.

This file needs the standard library alone, since exports carry a copy of it to the trainers as ``reward.py``. The
functions at its end are what TRL, verl, EasyR1 and lmms-eval call.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

MAX_EXACT_WORDS = 10
"""Longer texts are descriptions: no answer of a model would equal them."""
MIN_IOU = 0.5
"""Intersection over union from which two boxes are the same thing, as in PASCAL VOC."""

_NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_WORD_VALUES = {word: float(value) for value, word in enumerate(_NUMBER_WORDS)}
_NUMBER = re.compile(rf"[-+\u2212]?\d[\d.,]*|\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"[-+\u2212]?(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)? ?%?")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_ARTICLE = re.compile(r"(?:a|an|the) ")
_AT_THE_ENDS = " .,;:!?\"'`\u201c\u201d\u2018\u2019()[]{}*"
_BETWEEN_LABELS = re.compile(r"[,;\n|]|\band\b|&|[-*\u2022] ")
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_ANSWER_TAG = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_BOX_KEYS = ("bbox_2d", "bbox", "box")

Box = tuple[str, tuple[float, ...]]


class Verifier(NamedTuple):
    """Which checker verifies an answer, with its arguments and the ground truth as text."""

    checker: str
    """``exact``, ``number``, ``set``, ``json`` or ``iou``."""
    arguments: dict[str, Any]
    truth: str


def verifier_of(answer: str, answer_type: str) -> Verifier | None:
    """Return the verifier of an answer by its type; None for a text that no checker verifies, like a description."""
    found = _by_type(answer, answer_type)
    return found if found and is_passed_by_itself(found) else None


def is_passed_by_itself(verifier: Verifier) -> bool:
    """Return whether the ground truth, as a response, is right."""
    return check(*verifier, final_answer(verifier.truth))


def _by_type(answer: str, answer_type: str) -> Verifier | None:
    if answer_type == "label":
        return Verifier("set", {}, answer) if _labels(answer) else None
    if answer_type == "custom_format":
        value = _json(answer)
        if boxes := _boxes(value):
            return Verifier("iou", {"min_iou": MIN_IOU}, answer) if len(boxes) == _count(value) else None
        return None if value is _NOT_JSON else Verifier("json", {}, answer)
    text = " ".join(answer.split())
    if _WHOLE_NUMBER.fullmatch(text.rstrip(".")) or _normal(text) in _WORD_VALUES:
        return Verifier("number", {"tolerance": _tolerance(text)}, text)
    return Verifier("exact", {}, text) if text and len(text.split()) <= MAX_EXACT_WORDS else None


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
    text = response.rpartition("</think>")[2]
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
    """Compare texts without case, articles, and signs at the ends."""
    return float(_normal(truth) == _normal(answer))


def _number(arguments: dict[str, Any], truth: str, answer: str) -> float:
    """Compare the only number of the answer; *tolerance* is the largest difference that still is right."""
    expected, found = _numbers(truth), _numbers(answer)
    if len(expected) != 1 or len(found) != 1:
        return 0.0
    # The slack is for decimals that a double cannot hold.
    return float(abs(expected.pop() - found.pop()) <= arguments.get("tolerance", 0.0) + 1e-9)


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


CHECKERS: dict[str, Callable[[dict[str, Any], str, str], float]] = {
    "exact": _exact, "number": _number, "set": _set, "json": _json_values, "iou": _iou,
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


# --- reading answers -----------------------------------------------------------------------------------------

_NOT_JSON = object()


def _spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _normal(text: str) -> str:
    plain = _spaced(text).strip(_AT_THE_ENDS)
    return _ARTICLE.sub("", plain, count=1) if _ARTICLE.match(plain) else plain or text.strip()


def _numbers(text: str) -> set[float]:
    """Return the different numbers of a text, written in digits or, up to twelve, in English words."""
    found = set()
    for written in _NUMBER.findall(text):
        plain = written.lower().rstrip(".,").replace("\u2212", "-")
        found.add(_WORD_VALUES[plain] if plain in _WORD_VALUES else _value(plain))
    return found


def _value(digits: str) -> float:
    """Return the value of a number, whose decimals are behind a point or, as in ``3,5``, behind a comma; else NaN."""
    has_comma = digits.rfind(",") > digits.rfind(".") and not _THOUSANDS.fullmatch(digits.lstrip("+-"))
    plain = digits.replace(".", "").replace(",", ".") if has_comma else digits.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return float("nan")


def _tolerance(text: str) -> float:
    """Return half a unit of the last decimal: what the answer leaves open; 0 for a count."""
    decimals = re.search(r"\.(\d+)", text)
    return 0.5 * float(10 ** -len(decimals[1])) if decimals else 0.0


def _labels(text: str) -> set[str]:
    """Return the labels of a JSON list of texts; none of anything else."""
    value = _json(text)
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        return set()
    return {_spaced(label) for label in value}


def _json(text: str) -> Any:
    """Return the JSON value of a text, which may stand in a code block."""
    fenced = _FENCE.search(text)
    try:
        return json.loads(fenced[1] if fenced else text)
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


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 1


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
