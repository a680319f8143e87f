"""Lines with Turkish letters are read again with these letters weighted; others are read as the program reads them."""

from typing import Any

import numpy as np
import pytest

from core.vision.analyzers import text, turkish
from core.vision.analyzers.turkish import TurkishDecode, read_turkish
from tests.core.images.pictures import drawn, encoded

LETTERS = ["", "i", "ı", "ş", "s", "a"]


class Greedy:
    """The most probable letter of each step; an empty one is none."""

    character = LETTERS

    def __call__(self, preds: Any, return_word_box: bool = False, **kwargs: Any) -> tuple[list[Any], list[Any]]:
        best = preds.argmax(axis=2)
        return [("".join(LETTERS[at] for at in line), 0.9) for line in best], []


def _line(*steps: dict[str, float]) -> list[list[float]]:
    return [[step.get(letter, 0.0) for letter in LETTERS] for step in steps]


DOTLESS, DOTTED = {"i": 0.9, "ı": 0.05}, {"i": 0.999, "ı": 0.0001}


def test_a_line_with_a_turkish_letter_gets_its_dotless_i() -> None:
    preds = np.array([_line({"ş": 0.9}, DOTLESS, DOTTED), _line({"a": 0.9}, DOTLESS, DOTTED)], np.float32)
    before = preds.copy()

    assert TurkishDecode(Greedy())(preds)[0] == [("şıi", 0.9), ("aii", 0.9)]
    assert (preds == before).all()


def test_a_program_of_another_form_stays_as_it_is() -> None:
    reader = object()
    assert read_turkish(reader) is reader


def test_the_installed_program_has_the_names_that_this_needs() -> None:
    rapidocr = pytest.importorskip("rapidocr")
    assert hasattr(rapidocr.RapidOCR, "_load_rec_model")
    recognizer = pytest.importorskip("rapidocr.ch_ppocr_rec.utils").CTCLabelDecode(character=["a", "ı"])
    assert turkish.TurkishDecode(recognizer)(np.ones((1, 1, 4), np.float32))[0]


def test_a_doubtful_line_over_the_whole_image_is_no_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    path = tmp_path / "wall.jpg"
    path.write_bytes(encoded(drawn(1, (320, 240))))
    whole, small = [(2, 1), (318, 1), (318, 238), (2, 238)], [(10, 10), (90, 10), (90, 30), (10, 30)]

    class Found:
        boxes, txts, scores = [whole, small, whole], ("1", "STOP", "OPEN"), (0.5, 0.55, 0.97)

    monkeypatch.setattr(text, "_reader", lambda: lambda pixels: Found)
    assert [line["text"] for line in text.read_lines(path, "JPEG")] == ["STOP", "OPEN"]
