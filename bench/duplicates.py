"""Duplicates by vectors: which cosine tells altered copies from other photographs, and how long all pairs take.

    python bench/duplicates.py --photographs FOLDER [--altered 100]
    python bench/duplicates.py --vectors 100000

The first form prints, for each least cosine, how many pairs of different photographs have it (false pairs, beside those
whose difference hashes are near too) and how many altered copies have it with their original. The vectors are those
that this machine makes: with the features of the detector when its model is there (``vitrine models add objects``).
The second form makes vectors in clusters with planted copies, and prints time, memory and how many were found.
"""

import argparse
import io
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from core.config import load_settings
from core.images.near_duplicates import MAX_DISTANCE_BITS
from core.measure import hash_distance, measure
from core.vision.analyzers.embedding import embed, kind
from core.vision.models.folders import find_folder
from core.vision.vectors.pairs import near_pairs
from core.vision.vectors.rows import unpacked

COSINES = (0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.973, 0.98, 0.99, 0.995)
Vectors = NDArray[np.float16]


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _crop(image: Image.Image, share: float) -> Image.Image:
    width, height = image.size
    left, top = width * (1 - share) * 0.4, height * (1 - share) * 0.6
    return image.crop((int(left), int(top), int(left + width * share), int(top + height * share)))


ALTERATIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG of quality 40": lambda image: _jpeg(image, 40),
    "half as large": lambda image: image.resize((max(image.width // 2, 1), max(image.height // 2, 1))),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "cropped to 90 %": lambda image: _crop(image, 0.9),
    "cropped to 80 %": lambda image: _crop(image, 0.8),
    "cropped to 70 %": lambda image: _crop(image, 0.7),
    "60 % as bright, JPEG of quality 20": lambda image: _jpeg(ImageEnhance.Brightness(image).enhance(0.6), 20),
    "turned by 10 degrees": lambda image: image.rotate(10, resample=Image.Resampling.BILINEAR),
}


def _described(job: tuple[Path, Path | None]) -> tuple[bytes, tuple[str, str]]:
    """Return the vector and the difference hashes of a file, as it is and mirrored."""
    path, onnx = job
    measured = measure(Image.open(path).convert("RGB"))
    return embed(path, "JPEG", onnx), (measured.dhash, measured.mirror_dhash)


def _are_near(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Return whether two images are near-duplicates by hash, one of them mirrored or not, as the import compares."""
    return min(hash_distance(one, second[0]) for one in first) <= MAX_DISTANCE_BITS


def compare(folder: Path, altered: int, workers: int) -> None:
    """Print false pairs and found copies for each least cosine."""
    settings = load_settings()
    model = find_folder(settings, "objects")
    photographs = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    chosen = random.Random(0).sample(range(len(photographs)), min(altered, len(photographs)))
    with tempfile.TemporaryDirectory() as scratch, ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        files = list(photographs)
        for number, (_, change) in enumerate(ALTERATIONS.items()):
            for at in chosen:
                files.append(Path(scratch) / f"{number}-{at}.jpg")
                change(Image.open(photographs[at]).convert("RGB")).save(files[-1], quality=92)
        made = list(pool.map(_described, ((path, model.onnx if model else None) for path in files), chunksize=16))
    vectors, hashes = unpacked([vector for vector, _ in made]).astype(np.float32), [both for _, both in made]
    count = len(photographs)
    print(f"{count} photographs, {count * (count - 1) // 2:,} pairs, {kind(settings)}")
    _print_false_pairs(vectors[:count] @ vectors[:count].T, hashes, photographs)
    print("found at cosine " + " ".join(f"{cosine:6}" for cosine in COSINES) + "  by hash")
    for number, name in enumerate(ALTERATIONS):
        start = count + number * len(chosen)
        own = np.einsum("nd,nd->n", vectors[start : start + len(chosen)], vectors[chosen])
        by_hash = sum(_are_near(hashes[start + n], hashes[at]) for n, at in enumerate(chosen)) / len(chosen) * 100
        print(f"{name:35}" + " ".join(f"{(own >= c).mean() * 100:6.0f}" for c in COSINES) + f" {by_hash:6.0f}")


def _print_false_pairs(cosines: NDArray[np.float32], hashes: list[tuple[str, str]], photographs: list[Path]) -> None:
    upper = np.triu(cosines, 1)
    for least in COSINES:
        found = list(zip(*np.nonzero(upper >= least), strict=True))
        near = sum(_are_near(hashes[a], hashes[b]) for a, b in found)
        print(f"cosine {least}: {len(found)} pairs of different photographs, {near} of them by hash too")
    best = np.dstack(np.unravel_index(np.argsort(-upper, axis=None)[:8], upper.shape))[0]
    for a, b in best:
        print(f"  {upper[a, b]:.4f} {photographs[a].name} {photographs[b].name}")


def clustered(count: int, dimensions: int, copies: int) -> tuple[Vectors, set[tuple[int, int]]]:
    """Return vectors in clusters, of which the last *copies* are altered copies of others, and those pairs."""
    draw = np.random.default_rng(0)
    centers = draw.normal(size=(count // 100, dimensions)).astype(np.float32)
    made = np.concatenate(list(_spread(centers, count - copies, draw)))
    originals = draw.choice(len(made), copies, replace=False)
    altered = made[originals] + draw.normal(size=(copies, dimensions)).astype(np.float32) * 0.1 / dimensions**0.5
    vectors = np.concatenate([made, altered])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    planted = {(int(of), len(made) + n) for n, of in enumerate(originals)}
    return vectors.astype(np.float16), planted


def _spread(centers: NDArray[np.float32], count: int, draw: np.random.Generator) -> Iterator[NDArray[np.float32]]:
    centers = centers / np.linalg.norm(centers, axis=1, keepdims=True)
    for start in range(0, count, 10_000):
        size = min(10_000, count - start)
        noise = draw.normal(size=(size, centers.shape[1])).astype(np.float32) / centers.shape[1] ** 0.5
        made = centers[draw.integers(0, len(centers), size)] + 0.7 * noise
        yield made / np.linalg.norm(made, axis=1, keepdims=True)


def time_pairs(count: int) -> None:
    """Print how long all pairs take, and how many of the planted ones are found."""
    vectors, planted = clustered(count, 399, count // 100)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    pairs = near_pairs(vectors, 0.98)
    took_s = time.perf_counter() - started
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1000
    found = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    share = len(found & planted) / len(planted)
    print(f"{count:,} vectors: {took_s:.1f} s, peak grew by {grown_mb:.0f} MB beside {vectors.nbytes / 1e6:.0f} MB")
    print(f"{share:.4f} of {len(planted):,} planted pairs found, {len(found - planted)} others")
    started = time.perf_counter()
    near_pairs(vectors, 0.98, start=count - 1000)
    print(f"1,000 more: {time.perf_counter() - started:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--altered", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--vectors", type=int)
    chosen = parser.parse_args()
    if chosen.photographs:
        compare(chosen.photographs, chosen.altered, chosen.workers)
    if chosen.vectors:
        time_pairs(chosen.vectors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
