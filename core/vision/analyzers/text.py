"""Text in images, by RapidOCR (PP-OCR models inside its wheel, Apache-2.0)."""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, VitrineError
from core.vision.analyzers.base import Analysis, AnalyzedImage, Tools
from core.vision.analyzers.turkish import read_turkish
from core.vision.local import package_version, run_each
from core.vision.results import Finding, TextLine, TextResult

_REVISION = 3
"""Goes up when the same program would be asked in another way."""
_WHOLE_IMAGE, _SURE = 0.8, 0.8
"""A line that takes a larger share of the image than this has to have this score."""


class TextAnalyzer:
    """See :class:`core.vision.analyzers.base.Analyzer`."""

    name = "text"
    label = "Text"
    help = "Lines of text in the image with their places (OCR): Latin script, Turkish, German and Chinese among others."
    needs_model = False
    images_per_item = 8

    def missing(self, tools: Tools) -> str | None:
        if package_version("rapidocr") and package_version("onnxruntime"):
            return None
        return "Reading text needs rapidocr. Run: pip install 'vitrine-vqa[see]'"

    def version(self, tools: Tools) -> str:
        return f"rapidocr {package_version('rapidocr')} / {_REVISION}"

    async def analyze(self, images: Sequence[AnalyzedImage], tools: Tools) -> Sequence[Analysis | VitrineError]:
        jobs = [(image.original, image.row.format) for image in images]
        return [_analysis(lines) for lines in await run_each(tools.settings, read_lines, jobs)]

    def findings(self, result: Mapping[str, Any]) -> list[Finding]:
        return []

    def seen(self, result: Mapping[str, Any]) -> str:
        return "\n".join(line["text"] for line in result["lines"])

    def words(self, result: Mapping[str, Any]) -> str:
        return ""


ANALYZER = TextAnalyzer()


def _analysis(lines: list[TextLine] | ImageRejectedError) -> Analysis | VitrineError:
    if isinstance(lines, ImageRejectedError):
        return lines
    result: TextResult = {"lines": lines}
    return Analysis(result, score=min((line["score"] for line in lines), default=None))


def read_lines(original: Path, format_: str) -> list[TextLine]:
    """Return the lines of text of an image; runs in a worker."""
    import numpy as np

    from core.vision.opening import upright_image

    image = upright_image(original, format_)
    found = _reader()(np.asarray(image)[:, :, ::-1])  # BGR
    if found.boxes is None:
        return []
    lines: list[TextLine] = [
        {"text": text, "score": round(float(score), 3), "box_xyxy": _bounds(corners, image.size)}
        for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if text.strip()
    ]
    return [line for line in lines if not _is_noise(line, image.size)]


def _is_noise(line: TextLine, size_wh: tuple[int, int]) -> bool:
    """Return whether a doubtful line covers nearly all of the image: a pattern or a wall, not a text."""
    left, top, right, bottom = line["box_xyxy"]
    share = (right - left) * (bottom - top) / (size_wh[0] * size_wh[1])
    return share > _WHOLE_IMAGE and line["score"] < _SURE


def _bounds(corners: Any, size_wh: tuple[int, int]) -> list[float]:
    """Return the upright rectangle around four corners, inside the image, in px."""
    xs, ys = [float(x) for x, _ in corners], [float(y) for _, y in corners]
    width, height = size_wh
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return [
        float(max(math.floor(left), 0)), float(max(math.floor(top), 0)),
        float(min(math.ceil(right), width)), float(min(math.ceil(bottom), height)),
    ]  # fmt: skip


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR

    engine = "EngineConfig.onnxruntime"
    params = {
        "Global.log_level": "error",
        # One thread: there is a worker for each core.
        f"{engine}.intra_op_num_threads": 1, f"{engine}.inter_op_num_threads": 1,
        # By default a line is turned upside down at 0.9, which made upright lines unreadable.
        "Cls.cls_thresh": 0.98,
    }  # fmt: skip
    return read_turkish(RapidOCR(params=params))
