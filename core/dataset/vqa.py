"""The accuracy of visual question answering as the VQA challenge defines it, with its reading of answers.

https://visualqa.org/evaluation.html: an answer is as right as people gave it, min(n / 3, 1), averaged over all
sets of people but one. Answers are compared after case, punctuation, articles and number words are evened out.
"""

import re
from collections.abc import Sequence

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS)} | {"none": "0"}
_ARTICLES = ("a", "an", "the")
_CONTRACTED = (
    "ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how's I'm I've "
    "isn't it'd it'll let's ma'am might've mightn't must've mustn't needn't o'clock oughtn't shan't she's should've "
    "shouldn't somebody's someone's something's that's there's they'd they'll they're they've 'twas wasn't we've "
    "weren't what'll what're what's when's where's who'd who'll who's why'd why's won't would've wouldn't y'all "
    "you'd you'll you're you've"
)
_APOSTROPHES = {word.replace("'", "").lower(): word.lower() for word in _CONTRACTED.split()}
_COMMA_IN_NUMBER = re.compile(r"(\d),(\d)")
_PUNCTUATION = re.compile(r"[;/\[\]\"{}()=+\\_\-><@`,?!]")
_LONE_PERIOD = re.compile(r"(?<!\d)\.(?!\d)")


def normal_answer(answer: str) -> str:
    """Return what the challenge compares of an answer."""
    text = _LONE_PERIOD.sub("", _without_punctuation(" ".join(answer.split())))
    words = (_DIGITS.get(word, word) for word in text.lower().split())
    return " ".join(_APOSTROPHES.get(word, word) for word in words if word not in _ARTICLES)


def vqa_accuracy(answer: str, people: Sequence[str]) -> float:
    """Return 0 to 1 for *answer* against the answers of *people*; with fewer than four of them 1 is out of reach."""
    if len(set(people)) > 1:
        answer, people = normal_answer(answer), [normal_answer(one) for one in people]
    alike = sum(one.lower() == answer.strip().lower() for one in people)
    # Leaving out one of the alike leaves one match less; leaving out another leaves them all.
    without = alike * min((alike - 1) / 3, 1.0) + (len(people) - alike) * min(alike / 3, 1.0)
    return without / len(people) if people else 0.0


def best_accuracy(people: Sequence[str]) -> float:
    """Return what the best possible answer would get."""
    return max((vqa_accuracy(one, people) for one in people), default=0.0)


def _without_punctuation(text: str) -> str:
    """A sign beside a space goes, and every sign where a number has a comma; one between letters parts them."""
    in_number = _COMMA_IN_NUMBER.search(text) is not None

    def gone(sign: re.Match[str]) -> str:
        apart = f"{sign[0]} " in text or f" {sign[0]}" in text
        return "" if apart or in_number else " "

    return _PUNCTUATION.sub(gone, text)
