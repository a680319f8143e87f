"""The vectors of questions: their meaning, their words and pairs of words, and a last column of ones."""

import zlib

import numpy as np
import pytest

from core.checks.guess.vectors import question_vectors
from core.vision import text_vectors


@pytest.mark.parametrize(("question", "features"), [("", []), ("why", ["why"]), ("is it", ["is", "it", "is it"])])
def test_each_word_and_pair_has_its_column_and_all_weigh_one(question: str, features: list[str]) -> None:
    (vector,) = question_vectors([question])

    assert vector.shape == (256 + 768 + 1,)
    assert np.array_equal(vector[:256], text_vectors.embed([question])[0])
    hashed = vector[256:-1]
    assert set(np.flatnonzero(hashed)) == {zlib.crc32(feature.encode()) % 768 for feature in features}
    assert float((hashed**2).sum()) == pytest.approx(1 if features else 0)
    assert vector[-1] == 1
