"""Vectors of questions for a linear classifier: their meaning, and which words and pairs of words they have."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.checks.guess.words import features, words_of
from core.vision import text_vectors

_HASHED_DIMENSIONS = 768
"""Words are hashed to so many columns; frequent words meet rarely enough, see ``bench/guessing.py``."""


def question_vectors(questions: Sequence[str]) -> NDArray[np.float32]:
    """Return one row a question, shape (n, 256 + 768 + 1), the last column 1."""
    hashed = np.zeros((len(questions), _HASHED_DIMENSIONS), np.float32)
    for row, question in zip(hashed, questions, strict=True):
        columns = [zlib.crc32(word.encode()) % _HASHED_DIMENSIONS for word in features(words_of(question))]
        row[columns] = 1 / max(len(columns), 1) ** 0.5
    ones = np.ones((len(questions), 1), np.float32)
    return np.hstack([text_vectors.embed(questions), hashed, ones])
