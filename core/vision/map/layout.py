"""Laying out a map: principal components, a graph of nearest neighbors, and forces between points.

Neighbors attract, random pairs repel, with the forces of UMAP for a = b = 1 (McInnes, Healy, Melville 2018,
https://arxiv.org/abs/1802.03426) and all edges of the same weight. All points move at once: each round takes one
neighbor of every point, so that a round is a few operations on whole arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.vision.map.neighbors import Neighbors, Points

Progress = Callable[[float, str], None]
"""Takes the done share (0 to 1) and the current step."""

NEIGHBORS = 15
"""Of few images a tenth, so that not everything attracts everything."""
_COMPONENTS = 50
_SAMPLE = 20_000
_BLOCK = 16_384
_START_SIDE = 20.0
"""The extent of the first arrangement; the forces have a range of about 1."""
_ROUNDS = 900
_REPULSIONS = 2
"""Random partners of each point in a round; each of them is pushed as well."""
_RATE = 0.5
_MAX_MOVE = 4.0


@dataclass(frozen=True)
class Basis:
    """Principal components: what a vector is reduced by before its neighbors are searched."""

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    """Shape (d, at most 50)."""

    def reduce(self, vectors: NDArray[np.floating]) -> Points:
        """Return the reduced vectors, shape (n, at most 50)."""
        reduced = np.empty((len(vectors), self.components.shape[1]), np.float32)
        for at in range(0, len(vectors), _BLOCK):
            block = vectors[at : at + _BLOCK].astype(np.float32) - self.mean
            reduced[at : at + len(block)] = block @ self.components
        return reduced


def principal_components(vectors: NDArray[np.floating], seed: int = 0) -> Basis:
    """Return the principal components of at most 20,000 of the vectors, largest first."""
    chosen = np.random.default_rng(seed).permutation(len(vectors))[:_SAMPLE]
    sample = vectors[np.sort(chosen)].astype(np.float32)
    mean = sample.mean(axis=0) if len(sample) else np.zeros(sample.shape[1], np.float32)
    centered = sample - mean
    _, directions = np.linalg.eigh((centered.T @ centered).astype(np.float64))
    components = directions[:, ::-1][:, :_COMPONENTS]
    # The sign of a component is arbitrary: its largest value is made positive, so that every machine agrees.
    largest = components[np.abs(components).argmax(axis=0), np.arange(components.shape[1])]
    return Basis(mean, (components * np.where(largest < 0, -1, 1)).astype(np.float32))


def lay_out(reduced: Points, seed: int = 0, progress: Progress = lambda share, step: None) -> Points:
    """Return a place for each reduced vector, shape (n, 2), from 0 to 1; the same seed gives the same places."""
    count = len(reduced)
    if count < 2:
        return np.full((count, 2), 0.5, np.float32)
    found = Neighbors(reduced, seed).of_all(
        min(NEIGHBORS, max(count // 10, 2), count - 1), lambda share: progress(share / 2, "finding neighbors")
    )
    start = _start(reduced, seed)
    placed = _arranged(start, found, seed, lambda share: progress(0.5 + share / 2, "arranging"))
    return in_unit_square(placed)


def in_unit_square(places: Points) -> Points:
    """Return the places moved and scaled into the unit square, both axes alike."""
    low, high = places.min(axis=0), places.max(axis=0)
    side = float((high - low).max())
    if side <= 0:
        return np.full_like(places, 0.5)
    moved: Points = ((places - (low + high) / 2) / side + 0.5).astype(np.float32)
    return moved


def _start(reduced: Points, seed: int) -> Points:
    """Return the first two components, with noise that separates equal vectors."""
    start = np.zeros((len(reduced), 2), np.float32)
    start[:, : min(2, reduced.shape[1])] = reduced[:, :2]
    scattered = np.random.default_rng(seed).normal(scale=0.05, size=start.shape)
    return ((in_unit_square(start) - 0.5) * _START_SIDE + scattered).astype(np.float32)


def _arranged(start: Points, neighbors: NDArray[np.int32], seed: int, progress: Callable[[float], None]) -> Points:
    random = np.random.default_rng(seed + 1)
    # Complex numbers: one array holds both axes, and one lookup gets them.
    at = start[:, 0].astype(np.complex64) + 1j * start[:, 1].astype(np.complex64)
    columns = np.ascontiguousarray(neighbors.T)
    for number in range(_ROUNDS):
        rate = np.float32(_RATE * (1 - number / _ROUNDS))
        _attract(at, columns[number % len(columns)], rate)
        _repel(at, rate, random)
        if number % 20 == 0:
            progress(number / _ROUNDS)
    return np.stack([at.real, at.imag], axis=1)


def _attract(at: NDArray[np.complex64], partners: NDArray[np.int32], rate: np.float32) -> None:
    """Move each point and its partner toward each other."""
    apart = at[partners] - at
    pull = apart * (rate * 2 / (1 + _squared(apart)))
    moves = pull.copy()
    # A point that is the neighbor of many is pulled by all of them.
    moves.real -= np.bincount(partners, pull.real, len(at))
    moves.imag -= np.bincount(partners, pull.imag, len(at))
    at += _limited(moves, rate)


def _repel(at: NDArray[np.complex64], rate: np.float32, random: np.random.Generator) -> None:
    """Move random pairs apart: neighbors in a random order of the points, which is read without lookups."""
    order = random.permutation(len(at))
    shuffled = at[order]
    moves = np.zeros_like(shuffled)
    for shift in random.integers(1, len(at), _REPULSIONS):
        apart = shuffled - np.roll(shuffled, shift)
        squared = _squared(apart)
        push = apart * (rate * 2 / ((np.float32(0.001) + squared) * (1 + squared)))
        push = _limited(push, rate)
        moves += push
        moves -= np.roll(push, -shift)
    at[order] += moves


def _squared(values: NDArray[np.complex64]) -> NDArray[np.float32]:
    squared: NDArray[np.float32] = values.real**2 + values.imag**2
    return squared


def _limited(moves: NDArray[np.complex64], rate: np.float32) -> NDArray[np.complex64]:
    """Return moves that are no longer than the rate allows."""
    length = np.sqrt(_squared(moves))
    limited: NDArray[np.complex64] = moves * np.minimum(1, rate * _MAX_MOVE / np.maximum(length, np.float32(1e-9)))
    return limited
