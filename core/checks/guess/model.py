"""Guesses answers from questions alone, each by what other images have taught (k-fold cross-validation).

Two guessers are combined. A table knows how often each answer follows a beginning or an end of a question, with
backoff from the whole question to its first word. A ridge regression on vectors of the question generalizes to
questions that were never asked before.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.checks.guess.vectors import question_vectors
from core.checks.guess.words import contexts, words_of

FOLDS = 5
MAX_ANSWERS = 1_000
"""Only the most frequent answers are guessed: a rarer one is hardly ever the best guess."""
_PRIOR_WEIGHT = 8.0
"""How many questions the next more general beginning counts for, when a table is asked for shares of answers."""
_RIDGE = 1.0
_ROWS_AT_ONCE = 4_000

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Guesses:
    """One guess a question, in their order."""

    guess: list[str]
    """The most likely answer; empty when there is nothing to learn from."""
    chance: list[float]
    """The estimated probability of the answer that is stored, 0 to 1."""


def guess_answers(
    questions: Sequence[str],
    answers: Sequence[str],
    groups: Sequence[int],
    *,
    folds: int = FOLDS,
    progress: Callable[[float], None] = lambda share: None,
) -> Guesses:
    """Guess the answer of each question from the questions of other groups.

    Args:
        answers: normalized, so that equal answers are equal texts.
        groups: questions of one group, such as those about one image, never teach each other.
        progress: gets the done share, 0 to 1; what it raises ends the work.
    """
    known = [answer for answer, count in Counter(answers).most_common(MAX_ANSWERS) if count > 1]
    if not known:
        return Guesses([""] * len(questions), [0.0] * len(questions))
    number = {answer: place for place, answer in enumerate(known)}
    target = np.array([number.get(answer, -1) for answer in answers], np.int64)
    fold_of = _folds(groups, folds)
    texts, text_of = _distinct(questions)
    vectors = question_vectors(texts)
    progress(0.2)
    best = np.full(len(questions), -1, np.int64)
    chance = np.zeros(len(questions), np.float32)
    gram = _Gram(vectors, text_of, target, fold_of, len(known), folds)
    context_ids = _context_ids(texts)
    for fold in range(folds):
        weights = gram.weights_without(fold)
        table = _Table(context_ids, text_of, target, fold_of != fold, len(known))
        taught = np.bincount(target[(fold_of != fold) & (target >= 0)], minlength=len(known)) > 0
        rows = np.flatnonzero(fold_of == fold)
        for chunk in _chunks(rows):
            shares = table.shares(text_of[chunk]) + _as_shares(vectors[text_of[chunk]] @ weights)
            shares[:, ~taught] = 0  # else an answer of these images alone would be guessed when nothing else is likely
            best[chunk] = shares.argmax(axis=1) if taught.any() else -1
            own = target[chunk]
            chance[chunk] = np.where(own >= 0, shares[np.arange(len(chunk)), np.maximum(own, 0)] / 2, 0)
        progress(0.2 + 0.8 * (fold + 1) / folds)
    return Guesses([known[place] if place >= 0 else "" for place in best], [float(value) for value in chance])


def _folds(groups: Sequence[int], folds: int) -> Ints:
    """Return the fold of each question: groups are dealt out by size, so that folds are about equal."""
    sizes = np.bincount(np.asarray(groups, np.int64))
    loads = [0] * folds
    fold_of_group = np.zeros(len(sizes), np.int64)
    order = np.random.default_rng(0).permutation(len(sizes))
    for group in order[np.argsort(-sizes[order], kind="stable")]:
        fold = loads.index(min(loads))
        loads[fold] += int(sizes[group])
        fold_of_group[group] = fold
    return fold_of_group[np.asarray(groups, np.int64)]


def _distinct(questions: Sequence[str]) -> tuple[list[str], Ints]:
    places: dict[str, int] = {}
    text_of = np.array([places.setdefault(question, len(places)) for question in questions], np.int64)
    return list(places), text_of


def _context_ids(texts: Sequence[str]) -> list[list[int]]:
    ids: dict[str, int] = {}
    return [[ids.setdefault(context, len(ids)) for context in contexts(words_of(text))] for text in texts]


def _chunks(rows: Ints) -> Iterator[Ints]:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield rows[start : start + _ROWS_AT_ONCE]


def _as_shares(scores: Floats) -> Floats:
    """Return regression scores as shares: a row of indicator regression sums to about 1, but has negative parts."""
    positive = np.maximum(scores, 0)
    shares: Floats = positive / np.maximum(positive.sum(axis=1, keepdims=True), 1e-6)
    return shares


class _Gram:
    """Sums over the questions of each fold, from which the regression without a fold is solved."""

    def __init__(self, vectors: Floats, text_of: Ints, target: Ints, fold_of: Ints, answers: int, folds: int) -> None:
        width = vectors.shape[1]
        self._xx = np.zeros((folds, width, width), np.float32)
        self._xy = np.zeros((folds, width, answers), np.float32)
        for fold in range(folds):
            rows = np.flatnonzero(fold_of == fold)
            counts = np.bincount(text_of[rows], minlength=len(vectors)).astype(np.float32)
            asked = np.flatnonzero(counts)
            for chunk in _chunks(asked):
                scaled = vectors[chunk] * counts[chunk, None]
                self._xx[fold] += scaled.T @ vectors[chunk]
            known = rows[target[rows] >= 0]
            order = known[np.argsort(target[known], kind="stable")]
            for chunk in _chunks(order):
                places, starts = np.unique(target[chunk], return_index=True)
                self._xy[fold][:, places] += np.add.reduceat(vectors[text_of[chunk]], starts, axis=0).T

    def weights_without(self, fold: int) -> Floats:
        others = [other for other in range(len(self._xx)) if other != fold]
        left = self._xx[others].sum(axis=0)
        left[np.diag_indices_from(left)] += _RIDGE
        solved: Floats = np.linalg.solve(left, self._xy[others].sum(axis=0)).astype(np.float32)
        return solved


class _Table:
    """How often each answer followed each context, with backoff to more general ones."""

    def __init__(
        self, context_ids: Sequence[Sequence[int]], text_of: Ints, target: Ints, taught: NDArray[np.bool_], answers: int
    ) -> None:
        self._context_ids = context_ids
        self._counts: dict[int, Counter[int]] = defaultdict(Counter)
        self._totals: Counter[int] = Counter()
        pairs = Counter(zip(text_of[taught].tolist(), target[taught].tolist(), strict=True))
        self._prior = np.full(answers, 1e-6, np.float32)
        for (text, answer), count in pairs.items():
            if answer >= 0:
                self._prior[answer] += count
            for context in context_ids[text]:
                self._totals[context] += count
                if answer >= 0:
                    self._counts[context][answer] += count
        self._prior /= max(float(taught.sum()), 1.0)
        self._cache: dict[int, Floats] = {}

    def shares(self, texts: Ints) -> Floats:
        """Return the estimated shares of the answers, shape (n, answers)."""
        distinct, inverse = np.unique(texts, return_inverse=True)
        found: Floats = np.stack([self._of(int(text)) for text in distinct])[inverse]
        return found

    def _of(self, text: int) -> Floats:
        shares = self._prior.copy()
        for context in self._context_ids[text]:
            total = self._totals[context]
            if not total:
                continue
            shares *= _PRIOR_WEIGHT / (total + _PRIOR_WEIGHT)
            counts = self._counts[context]
            shares[list(counts)] += np.fromiter(counts.values(), np.float32) / (total + _PRIOR_WEIGHT)
        return shares
