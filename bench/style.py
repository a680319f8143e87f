"""Style: speed of preparing and choosing references, and how well the style match score separates styles.

1. Preparing 5 references of 500 KB from a local server with 300 ms latency, compared with the slowest single one;
   choosing 14 of 10,000; features of one image.
2. 16 synthetic styles x 14 contents at four difficulties: area under the ROC curve of the match score against 5
   references. 1,500 points in 8 uneven clusters with near-duplicates and outliers: clusters covered by 14 picks.

    python bench/style.py [--full]
"""

import argparse
import asyncio
import io
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

import core.fetch
from core import connect
from core.services import Services
from core.style.features import LENGTH, StyleFeatures, measure_style
from core.style.hidden_images import HiddenImages
from core.style.match import match_style
from core.style.prepare import prepare
from core.style.references import Candidate, choose_references, pick_diverse
from core.style.requests import Reference
from core.style.service import StyleGenerationService

LATENCY_S = 0.3
OF_SLOWEST_SINGLE = 1.3
CHOOSING_S = 0.5
FEATURES_MS = 25.0
AUC = {
    "easy": 0.99,
    "same palette, other finish": 0.98,
    "same finish, other palette": 0.97,
    "half the colors from the content": 0.95,
}
CLUSTERS_OF_8 = 7.5
STYLES, CONTENTS, REFERENCES = 16, 14, 5

Rgb = tuple[int, int, int]


# --- synthetic styles --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Style:
    """The palette and finish that images of one style share."""

    palette: tuple[Rgb, ...]
    blur_px: float
    grain: float
    outline_px: int
    hatch_px: int
    contrast: float
    roundness: float


def make_style(palette_seed: int, finish_seed: int) -> Style:
    """Return a random style; equal seeds give an equal palette and an equal finish."""
    colors, finish = np.random.default_rng(palette_seed), np.random.default_rng(finish_seed + 1000)
    base = colors.uniform(0, 1)
    palette = tuple(
        _rgb((base + colors.normal(0, 0.09)) % 1, colors.uniform(0.15, 0.85), colors.uniform(0.25, 0.95))
        for _ in range(5)
    )
    return Style(
        palette, float(finish.choice([0.0, 0.8, 1.6, 2.6])), float(finish.choice([0.0, 5.0, 11.0, 20.0])),
        int(finish.integers(0, 4)), int(finish.choice([0, 0, 5, 9])), finish.uniform(0.6, 1.3), finish.uniform(0, 1),
    )  # fmt: skip


def _rgb(hue: float, saturation: float, value: float) -> Rgb:
    import colorsys

    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw(style: Style, content: int, *, own_colors: float = 0.0, side_px: int = 256) -> Image.Image:
    """Draw *content* in *style*; the share *own_colors* of its shapes has colors that depend on the content."""
    random = np.random.default_rng(content + 5000)
    colors = np.random.default_rng(content + 9000)
    image = Image.new("RGB", (side_px, side_px), style.palette[0])
    canvas = ImageDraw.Draw(image)
    for number in range(int(random.integers(8, 26))):
        color = style.palette[1 + number % 4]
        if colors.uniform() < own_colors:
            color = _rgb(colors.uniform(), colors.uniform(0.2, 0.9), colors.uniform(0.3, 0.95))
        x, y = random.integers(-20, side_px, 2)
        w, h = random.integers(18, side_px // 2, 2)
        box = (int(x), int(y), int(x + w), int(y + h))
        line = (20, 20, 20) if style.outline_px else None
        if random.uniform() < style.roundness:
            canvas.ellipse(box, fill=color, outline=line, width=style.outline_px)
        else:
            canvas.rectangle(box, fill=color, outline=line, width=style.outline_px)
    return _finished(image, style, random)


def _finished(image: Image.Image, style: Style, random: np.random.Generator) -> Image.Image:
    if style.hatch_px:
        canvas = ImageDraw.Draw(image)
        for offset in range(-image.height, image.width, style.hatch_px):
            canvas.line((offset, 0, offset + image.height, image.height), fill=style.palette[4], width=1)
    if style.blur_px:
        image = image.filter(ImageFilter.GaussianBlur(style.blur_px))
    pixels = np.asarray(image, dtype=np.float64)
    pixels = (pixels - 128) * style.contrast + 128
    pixels = pixels + random.normal(0, style.grain, (*pixels.shape[:2], 1)) if style.grain else pixels
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


SETTINGS: dict[str, Callable[[int, int], tuple[Style, float]]] = {
    "easy": lambda seed, style: (make_style(seed + style, seed + style), 0.0),
    "same palette, other finish": lambda seed, style: (make_style(seed, seed + style), 0.0),
    "same finish, other palette": lambda seed, style: (make_style(seed + style, seed), 0.0),
    "half the colors from the content": lambda seed, style: (make_style(seed + style, seed), 0.5),
}


def auc_of(setting: str, seed: int) -> float:
    """Return the AUC of the match score: images of the same style against images of other styles, 5 references."""
    features: list[list[StyleFeatures]] = []
    for number in range(STYLES):
        style, own_colors = SETTINGS[setting](seed * 100, number)
        features.append([
            measure_style(draw(style, content + seed * 50, own_colors=own_colors)) for content in range(CONTENTS)
        ])  # fmt: skip
    same, other = [], []
    for number in range(STYLES):
        references = features[number][:REFERENCES]
        same += [match_style(one, references).score for one in features[number][REFERENCES:]]
        for other_style in range(STYLES):
            if other_style != number:
                other += [match_style(one, references).score for one in features[other_style][REFERENCES::3]]
    return auc(np.array(same), np.array(other))


def auc(close: NDArray[np.float64], far: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve: the share of pairs with close < far, where a tie counts half."""
    ordered = np.sort(far)
    left, right = np.searchsorted(ordered, close, "left"), np.searchsorted(ordered, close, "right")
    return float(1 - (left + right).mean() / 2 / len(far))


# --- choosing ----------------------------------------------------------------------------------------------


def points_in_clusters(seed: int, count: int = 1500, dimensions: int = 32) -> tuple[NDArray[np.float32], list[int]]:
    """Return points in 8 uneven clusters, 15 % near-duplicates and 4 % outliers, with their labels (-1: outlier)."""
    random = np.random.default_rng(seed)
    weights = np.maximum(random.dirichlet(np.full(8, 2.0)), 0.02)
    centers = random.normal(size=(8, dimensions))
    centers *= 4.5 / np.linalg.norm(centers, axis=1, keepdims=True)
    outliers, copies = round(0.04 * count), round(0.15 * count)
    labels = random.choice(8, count - outliers - copies, p=weights / weights.sum())
    spread = random.uniform(0.2, 0.45, 8)
    points = centers[labels] + random.normal(size=(len(labels), dimensions)) * spread[labels][:, None]
    copied = random.integers(0, len(points), copies)
    odd = random.normal(size=(outliers, dimensions))
    odd *= random.uniform(5, 9, (outliers, 1)) / np.linalg.norm(odd, axis=1, keepdims=True)
    everything = np.concatenate([points, points[copied] + random.normal(size=(copies, dimensions)) * 0.01, odd])
    known = np.concatenate([labels, labels[copied], np.full(outliers, -1)])
    order = random.permutation(count)
    return everything[order].astype(np.float32), [int(label) for label in known[order]]


def choosing_s(count: int = 10_000) -> float:
    """Return the time of choosing 14 references."""
    random = np.random.default_rng(0)
    centers = random.normal(0, 8, (8, LENGTH))
    vectors = (centers[random.integers(0, 8, count)] + random.normal(0, 1, (count, LENGTH))).astype(np.float32)
    hashes = random.integers(0, 256, (count, 2, 32), dtype=np.uint8)
    candidates = [
        Candidate(str(n), StyleFeatures(vectors[n], hashes[n, 0].tobytes(), hashes[n, 1].tobytes()))
        for n in range(count)
    ]
    started = time.perf_counter()
    assert len(choose_references(candidates, 14).picks) == 14
    return time.perf_counter() - started


# --- preparing ---------------------------------------------------------------------------------------------


def photograph(seed: int) -> bytes:
    """Return a JPEG of about 500 KB."""
    random = np.random.default_rng(seed)
    soft = Image.fromarray(random.integers(0, 256, (30, 40, 3), dtype=np.uint8)).resize((1600, 1200))
    noisy = np.asarray(soft, dtype=np.int16) + random.normal(0, 7, (1200, 1600, 1)).astype(np.int16)
    out = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=85)
    return out.getvalue()


def serve_files(files: dict[str, bytes]) -> ThreadingHTTPServer:
    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(LATENCY_S)
            self.send_response(200)
            self.send_header("Content-Length", str(len(files[self.path])))
            self.end_headers()
            self.wfile.write(files[self.path])

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def preparing(rounds: int) -> tuple[float, float, float]:
    """Return the median seconds of five references together and of the slowest single one, and KB per image."""
    files = {f"/{n}.jpg": photograph(n) for n in range(rounds * 10 + 6)}
    server = serve_files(files)
    # The SSRF check refuses loopback and all ports but 80; both rules are relaxed for the local server.
    core.fetch.is_public = lambda address: address == "127.0.0.1"
    fetch = partial(core.fetch.fetch, port_of={"http": server.server_port})
    urls = [f"http://localhost:{server.server_port}{path}" for path in files]
    together, single = [], []
    with tempfile.TemporaryDirectory() as directory, connect(directory) as db:
        services = Services(db)
        project = services.projects.create_project("Bench")
        style = StyleGenerationService(db, services.llm, services.images)
        hidden = HiddenImages(db, services.images, fetch)
        dataset = style.create_style_dataset(project.id, "Bench")
        rows = style.add_images(dataset.id, urls=urls)
        references = [Reference(1, row.id, "", False, None, row.image_url) for row in rows]

        def prepare_s(some: list[Reference]) -> float:
            started = time.perf_counter()
            prepared = asyncio.run(prepare(some, project.id, images=services.images, hidden_images=hidden))
            assert len(prepared.ready) == len(some)
            return time.perf_counter() - started

        prepare_s(references[:6])  # starts the workers
        for start in range(6, len(references), 10):
            together.append(prepare_s(references[start : start + 5]))
            single.append(max(prepare_s([one]) for one in references[start + 5 : start + 10]))
        services.close()
    server.shutdown()
    return statistics.median(together), statistics.median(single), len(files["/0.jpg"]) / 1000


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    rounds = 5 if parser.parse_args().full else 1
    results = []

    def show(label: str, value: str, within: bool) -> None:
        results.append(within)
        print(f"{'ok  ' if within else 'MISS'} {label:<58} {value}", flush=True)

    together, single, kilobytes = preparing(3 * rounds)
    share = together / single
    text = f"{together:.2f} s, slowest single {single:.2f} s, {share:.2f} times (at most {OF_SLOWEST_SINGLE})"
    show(f"preparing 5 references of {kilobytes:.0f} KB", text, share <= OF_SLOWEST_SINGLE)
    choosing = statistics.median(choosing_s() for _ in range(3))
    show("choosing 14 of 10,000", f"{choosing:.2f} s (under {CHOOSING_S})", choosing < CHOOSING_S)
    image = Image.open(io.BytesIO(photograph(0))).resize((320, 240))
    measure_style(image)
    times = [_timed(lambda: measure_style(image)) for _ in range(50)]
    features = 1000 * statistics.median(times)
    show("features of an image", f"{features:.1f} ms (under {FEATURES_MS:.0f})", features < FEATURES_MS)
    for setting, target in AUC.items():
        values = [auc_of(setting, seed) for seed in range(rounds)]
        value = statistics.mean(values)
        show(f"AUC, {setting}", f"{value:.3f} (at least {target}), lowest {min(values):.3f}", value >= target)
    _show_coverage(show)
    return 0 if all(results) else 1


def _show_coverage(show: Callable[[str, str, bool], None]) -> None:
    outliers, clusters = 0, []
    for seed in range(10):
        points, labels = points_in_clusters(seed)
        chosen = [labels[index] for index in pick_diverse(points, 14)[0]]
        outliers += chosen.count(-1)
        clusters.append(len(set(chosen) - {-1}))
    show("outliers among 14 references, 10 runs", f"{outliers} (0)", outliers == 0)
    covered = statistics.mean(clusters)
    show(
        "clusters covered by 14 references", f"{covered:.1f} of 8 (at least {CLUSTERS_OF_8})", covered >= CLUSTERS_OF_8
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
