"""VQA accuracy as the VQA challenge defines it, with its normalization of answers.

https://visualqa.org/evaluation.html: an answer that n people gave scores min(n / 3, 1), averaged over all subsets
that leave out one person. Case, punctuation, articles and number words are normalized before answers are compared.
Equal to the official evaluator (https://github.com/GT-Vision-Lab/VQA) with its oddities: where all people gave the same
answer, nothing is normalized.
"""

import re
from collections.abc import Sequence

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS)} | {"none": "0"}
_ARTICLES = ("a", "an", "the")
_CONTRACTIONS = (
    "ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd "
    "he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am might've mightn't mightn't've must've mustn't "
    "needn't not've o'clock 'ow's'at oughtn't shan't she'd've should've shouldn't shouldn't've somebody'd've "
    "somebody'll somebody's someone'd someone'd've someone'll someone's something'd something'd've something'll "
    "that's there'd there'd've there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've "
    "weren't what'll what're what's what've when's where'd where's where've who'd who'd've who'll who's who've "
    "why'll why're why's won't would've wouldn't wouldn't've y'all y'all'd've y'all'll you'd you'd've you'll you're "
    "you've"
)
# Each word without one of its apostrophes; the last entry is as odd in the evaluator.
_APOSTROPHES = {
    word[: sign.start()] + word[sign.end() :]: word
    for word in _CONTRACTIONS.split() for sign in re.finditer("'", word)
} | {"somebody'd": "somebodyd"}  # fmt: skip
_COMMA_IN_NUMBER = re.compile(r"(\d),(\d)")
_PUNCTUATION = re.compile(r"[;/\[\]\"{}()=+\\_\-><@`,?!]")
_PERIOD = re.compile(r"\.(?!\d)")
_MOST_PERIODS = 32
"""The evaluator passes a flag of 32 in the place of the count."""


def normal_answer(answer: str) -> str:
    """Return the normalized answer that the challenge compares."""
    text = _PERIOD.sub("", _without_punctuation(_on_one_line(answer)), count=_MOST_PERIODS)
    words = (_DIGITS.get(word, word) for word in text.lower().split())
    return " ".join(_APOSTROPHES.get(word, word) for word in words if word not in _ARTICLES)


def vqa_accuracy(answer: str, people: Sequence[str]) -> float:
    """Return the accuracy of *answer*, 0 to 1, against the answers of *people*; it needs four of them to reach 1."""
    answer, people = _on_one_line(answer), [_on_one_line(person) for person in people]
    if len(set(people)) > 1:
        answer, people = normal_answer(answer), [normal_answer(person) for person in people]
    equal = sum(person == answer for person in people)
    # A subset without one of the equal answers has one match less; any other subset has all of them.
    total = equal * min((equal - 1) / 3, 1.0) + (len(people) - equal) * min(equal / 3, 1.0)
    return total / len(people) if people else 0.0


def best_accuracy(people: Sequence[str]) -> float:
    """Return the accuracy of the best possible answer."""
    return max((vqa_accuracy(answer, people) for answer in people), default=0.0)


def _on_one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ").strip()


def _without_punctuation(text: str) -> str:
    """Remove signs next to a space, or all of them if a number has a comma; replace others by a space."""
    has_number = _COMMA_IN_NUMBER.search(text) is not None

    def replacement(sign: re.Match[str]) -> str:
        is_next_to_space = f"{sign[0]} " in text or f" {sign[0]}" in text
        return "" if is_next_to_space or has_number else " "

    return _PUNCTUATION.sub(replacement, text)
