"""VQA accuracy as the VQA challenge defines it, with its normalization of answers.

https://visualqa.org/evaluation.html: an answer that n people gave scores min(n / 3, 1), averaged over all subsets
that leave out one person. Case, punctuation, articles and number words are normalized before answers are compared.
"""

import re
from collections.abc import Sequence

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS)} | {"none": "0"}
_ARTICLES = ("a", "an", "the")
_CONTRACTIONS = (
    "ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how's I'm I've "
    "isn't it'd it'll let's ma'am might've mightn't must've mustn't needn't o'clock oughtn't shan't she's should've "
    "shouldn't somebody's someone's something's that's there's they'd they'll they're they've 'twas wasn't we've "
    "weren't what'll what're what's when's where's who'd who'll who's why'd why's won't would've wouldn't y'all "
    "you'd you'll you're you've"
)
_APOSTROPHES = {word.replace("'", "").lower(): word.lower() for word in _CONTRACTIONS.split()}
_COMMA_IN_NUMBER = re.compile(r"(\d),(\d)")
_PUNCTUATION = re.compile(r"[;/\[\]\"{}()=+\\_\-><@`,?!]")
_LONE_PERIOD = re.compile(r"(?<!\d)\.(?!\d)")


def normal_answer(answer: str) -> str:
    """Return the normalized answer that the challenge compares."""
    text = _LONE_PERIOD.sub("", _without_punctuation(" ".join(answer.split())))
    words = (_DIGITS.get(word, word) for word in text.lower().split())
    return " ".join(_APOSTROPHES.get(word, word) for word in words if word not in _ARTICLES)


def vqa_accuracy(answer: str, people: Sequence[str]) -> float:
    """Return the accuracy of *answer*, 0 to 1, against the answers of *people*; it needs four of them to reach 1."""
    if len(set(people)) > 1:
        answer, people = normal_answer(answer), [normal_answer(person) for person in people]
    equal = sum(person.lower() == answer.strip().lower() for person in people)
    # A subset without one of the equal answers has one match less; any other subset has all of them.
    total = equal * min((equal - 1) / 3, 1.0) + (len(people) - equal) * min(equal / 3, 1.0)
    return total / len(people) if people else 0.0


def best_accuracy(people: Sequence[str]) -> float:
    """Return the accuracy of the best possible answer."""
    return max((vqa_accuracy(answer, people) for answer in people), default=0.0)


def _without_punctuation(text: str) -> str:
    """Remove signs next to a space, or all of them if a number has a comma; replace others by a space."""
    has_number = _COMMA_IN_NUMBER.search(text) is not None

    def replacement(sign: re.Match[str]) -> str:
        is_next_to_space = f"{sign[0]} " in text or f" {sign[0]}" in text
        return "" if is_next_to_space or has_number else " "

    return _PUNCTUATION.sub(replacement, text)
