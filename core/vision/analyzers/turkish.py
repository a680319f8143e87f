"""Reading Turkish lines: the recognizer knows the letters, but takes most of them for those of other languages.

Of a dotless ı it gives the letter i most of its probability and ı 2 to 80 percent, of a dotted i it gives ı less than
0.1 percent. So lines in which it sees a Turkish letter are read again with the letters weighted.
"""

from collections.abc import Sequence
from typing import Any, Protocol

WEIGHTS = {"ı": 400.0, "İ": 150.0, "ş": 50.0}
"""Chosen on 80 rendered lines that ``bench/ocr.py`` does not have."""
# Not ö and ü, which German has. French has ç too; what the weights do to its lines was not measured.
_IN_TURKISH = frozenset("çÇğĞıİşŞ")


class Decode(Protocol):
    """What rapidocr makes texts of probabilities by."""

    character: Sequence[str]

    def __call__(self, preds: Any, return_word_box: bool = False, **kwargs: Any) -> tuple[list[Any], list[Any]]: ...


class TurkishDecode:
    """Decodes as *decode* does, and lines with Turkish letters again with weights; their scores stay."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        known = [letter for letter in WEIGHTS if letter in decode.character]
        self._columns = [list(decode.character).index(letter) for letter in known]
        self._weights = [WEIGHTS[letter] for letter in known]

    def __call__(self, preds: Any, return_word_box: bool = False, **kwargs: Any) -> tuple[list[Any], list[Any]]:
        """Return texts with scores, and words.

        Args:
            preds: float32, lines x steps x characters.
        """
        lines, words = self._decode(preds, return_word_box, **kwargs)
        turkish = [number for number, (text, _) in enumerate(lines) if _IN_TURKISH.intersection(text)]
        if turkish and self._columns and not return_word_box:
            weighted = preds[turkish]  # a copy
            weighted[:, :, self._columns] *= self._weights
            again, _ = self._decode(weighted)
            for number, (text, _) in zip(turkish, again, strict=True):
                lines[number] = text, lines[number][1]
        return lines, words


def read_turkish(reader: Any) -> Any:
    """Make a ``RapidOCR`` read Turkish lines, and return it; one without the name that this needs stays as it is."""
    # Seen in rapidocr 3.10.0, which loads the recognizer at its first line.
    load = getattr(reader, "_load_rec_model", None)
    recognizer: Any = load() if load is not None else None
    if hasattr(recognizer, "postprocess_op") and hasattr(recognizer.postprocess_op, "character"):
        recognizer.postprocess_op = TurkishDecode(recognizer.postprocess_op)
    return reader
