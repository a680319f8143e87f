"""Choosing the entries that are worth a person's time: how long it takes, and what it finds against chance.

    python bench/worth.py [--full]
    python bench/worth.py --labeled FOLDER

The first form chooses 100 of 20,000 entries with vectors of 512 values, with --full of 100,000 (goal: 10 s). The
second takes photographs with labels in the form of YOLO (``images/PART/*.jpg``, ``labels/PART/*.txt``, with the
classes of COCO). It counts the labeled classes in the first 20 images that diversity chooses, and the wrong answers
among the first 100 entries that doubt chooses, after every tenth answer was made wrong; both against the mean of 200
random choices.
"""

import argparse
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.checks.base import CheckContext, CheckedEntry
from core.checks.guessable import guess
from core.checks.picking.novelty import MAX_DIMENSIONS
from core.checks.worth import Options, choose
from core.config import load_settings
from core.llm.offline.see.vocabulary import LABELS
from core.vision.embedding import detector, measured
from core.vision.models.folders import find_folder

GOAL_S = 10.0
DRAWS = 200
PICKS, REVIEWS = 20, 100
_WRONG_SHARE = 0.1
Array = NDArray[np.float32]


def context(entries: Sequence[CheckedEntry]) -> CheckContext:
    return CheckContext(entries, lambda share, step: None)


def entry(id_: str, image: int, question: str, answer: str, kind: str) -> CheckedEntry:
    return CheckedEntry(id_, str(image), image, question, answer, "text", kind, "en", "openai/gpt-4o", False)


def measure_time(count: int) -> bool:
    """Print how long choosing 100 of *count* entries takes; return whether it is within the goal."""
    kinds = ("color", "count", "text", "yes/no")
    entries = [entry(str(number), number, f"Question {number}?", "yes", kinds[number % 4]) for number in range(count)]
    drawn = np.random.default_rng(0)
    vectors: dict[str, Array] = {}
    for number in range(count):
        vector = drawn.standard_normal(MAX_DIMENSIONS).astype(np.float32)
        vectors[str(number)] = vector / np.linalg.norm(vector)
    doubt = drawn.random(count).tolist()
    began = time.perf_counter()
    chosen = choose(context(entries), doubt, vectors, Options())
    took_s = time.perf_counter() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:>7,} entries: {len(chosen)} chosen in {took_s:.1f} s, at most {peak_mb:.0f} MB in the process")
    return took_s < GOAL_S


def classes_of(path: Path) -> Counter[str]:
    """Return the labeled classes of a photograph with their counts."""
    labels = Path(*("labels" if part == "images" else part for part in path.parts)).with_suffix(".txt")
    lines = labels.read_text().splitlines() if labels.is_file() else []
    return Counter(LABELS[int(line.split()[0])] for line in lines if line.strip())


@cache
def vector_of(path: Path) -> Array:
    """Return the vector that the analyzer makes here: with the features of the detector if it is installed."""
    folder = find_folder(load_settings(), "objects")
    with Image.open(path) as image:
        rgb = image.convert("RGB")
    vector = measured.embed(rgb)
    if folder is not None and detector.has_features(folder.onnx):
        vector = detector.embed(rgb, folder.onnx, vector)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def measure_classes(photographs: Sequence[Path]) -> None:
    """Print how many labeled classes the first images of diversity show, against random ones."""
    classes = [set(classes_of(path)) for path in photographs]
    entries = [entry(str(number), number, "What is this?", "?", "") for number in range(len(photographs))]
    vectors = {str(number): vector_of(path) for number, path in enumerate(photographs)}
    chosen = choose(context(entries), [0.0] * len(entries), vectors, Options(count=PICKS, doubt=0, balance=0))
    by_chance = [
        len(set().union(*(classes[place] for place in random.Random(draw).sample(range(len(classes)), PICKS))))
        for draw in range(DRAWS)
    ]
    covered = len(set().union(*(classes[place] for place in chosen)))
    better = sum(one < covered for one in by_chance) / DRAWS
    print(
        f"{PICKS} of {len(photographs)} photographs show {covered} classes, random ones {np.mean(by_chance):.1f}; "
        f"more than {better:.0%} of {DRAWS} random choices"
    )


def questions_about(photographs: Sequence[Path], seed: int) -> tuple[list[CheckedEntry], set[int]]:
    """Return entries about the labels, and the places of those whose answer was made wrong."""
    chance = random.Random(seed)
    entries: list[CheckedEntry] = []
    wrong: set[int] = set()
    for image, path in enumerate(photographs):
        counts = classes_of(path)
        absent = chance.sample([label for label in LABELS if label not in counts], min(2, len(counts)))
        asked = [(f"Is there a {label} in the image?", "yes", "no", "yes/no") for label in counts]
        asked += [(f"Is there a {label} in the image?", "no", "yes", "yes/no") for label in absent]
        asked += [
            (f"How many {label}s are there?", str(count), str(count + chance.choice((1, 2, 3))), "count")
            for label, count in counts.items()
        ]
        for question, right, other, kind in asked:
            is_wrong = chance.random() < _WRONG_SHARE
            if is_wrong:
                wrong.add(len(entries))
            entries.append(entry(str(len(entries)), image, question, other if is_wrong else right, kind))
    return entries, wrong


def measure_errors(photographs: Sequence[Path]) -> None:
    """Print how many wrong answers are among the first reviews, by doubt alone and with the usual weights."""
    found: dict[str, list[int]] = {"doubt alone": [], "the usual weights": [], "random": []}
    vectors = {str(number): vector_of(path) for number, path in enumerate(photographs)}
    shares = []
    for seed in range(5):
        entries, wrong = questions_about(photographs, seed)
        shares.append(len(wrong) / len(entries))
        doubt = [0.5 * (1 - one.chance) for one in guess(entries, context(entries))]
        for name, options in (
            ("doubt alone", Options(count=REVIEWS, diversity=0, balance=0)),
            ("the usual weights", Options(count=REVIEWS)),
        ):
            found[name].append(len(wrong & set(choose(context(entries), doubt, vectors, options))))
        found["random"].append(round(REVIEWS * shares[-1]))
    for name, counts in found.items():
        print(f"{REVIEWS} of {len(entries):,} entries, {name}: {np.mean(counts):.1f} wrong answers ({counts})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--labeled", type=Path)
    arguments = parser.parse_args()
    if arguments.labeled is None:
        return int(not measure_time(100_000 if arguments.full else 20_000))
    photographs = sorted((arguments.labeled / "images").glob("*/*.jpg"))
    if not photographs:
        sys.exit(f"There is no photograph in {arguments.labeled}/images.")
    measure_classes(photographs)
    measure_errors(photographs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
