"""Guessing answers from questions alone: time, and how far the share is from that of the best possible guesser.

The entries follow known shares, see ``tests/core/checks/planted.py``, so the best share is known. In the second set
each question has a word of its own, so that none is asked twice. The bare counterpart of the time is the matrix
products that the regression needs, in float32.

    python bench/guessing.py [--full]

5,000 and 20,000 entries; with --full 100,000 (goal: under a minute).
"""

import argparse
import sys
import time
from dataclasses import replace

import numpy as np

from core.checks.base import CheckContext, CheckedEntry
from core.checks.guess.model import FOLDS
from core.checks.guess.vectors import question_vectors
from core.checks.guessable import CHECK, Options
from tests.core.checks.planted import planted

MAX_ERROR = 0.03
GOAL_S = 60.0


def bare_s(entries: list[CheckedEntry], answers: int) -> float:
    """Return the time of the products X'X, X'Y and XW for all questions, each different one once."""
    texts = sorted({entry.question for entry in entries})
    vectors = question_vectors(texts)
    one_hot = np.zeros((len(texts), answers), np.float32)
    began = time.perf_counter()
    gram, _ = vectors.T @ vectors, vectors.T @ one_hot
    for _ in range(FOLDS):
        np.linalg.solve(gram + np.eye(len(gram), dtype=np.float32), np.ones((len(gram), answers), np.float32))
    _ = vectors @ np.ones((vectors.shape[1], answers), np.float32)
    return time.perf_counter() - began


def measure(count: int, *, unique: bool) -> bool:
    """Print time and error for *count* entries; return whether the error is within the bound."""
    entries, best = planted(count, seed=count)
    if unique:
        entries = [replace(entry, question=f"{entry.question} Item {number}?") for number, entry in enumerate(entries)]
    began = time.perf_counter()
    result = CHECK.run(CheckContext(entries, lambda share, step: None), Options()).result
    took_s = time.perf_counter() - began
    error = result["share"] - best
    print(
        f"{count:>7,} entries, {'no question twice' if unique else 'questions repeat'}: {took_s:.1f} s "
        f"(bare products {bare_s(entries, 12):.1f} s), guessed {result['share']:.3f}, best {best:.3f}"
    )
    return abs(error) <= MAX_ERROR and (count < 100_000 or took_s < GOAL_S)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    counts = (5_000, 20_000, 100_000) if parser.parse_args().full else (5_000, 20_000)
    kept = [measure(count, unique=unique) for count in counts for unique in (False, True)]
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
