"""Language detection: whether a text is in the requested language. Only clear mismatches are reported."""

from functools import cache
from typing import Any

LANGUAGE_MISMATCH = "Not in the asked language"
"""Every reported mismatch starts with this; entries store it in ``needs_review``."""

# Shorter texts are not checked: names and single words of one language often look like those of another.
_MIN_LETTERS = 12
_MIN_CJK_LETTERS = 4
_FIRST_CJK = 0x2E80
_MIN_ANSWER_CHARS = 40
# Whole sentences in the requested language hardly ever get a probability below this.
_MIN_PROBABILITY = 0.01


def entry_language_mismatch(question: str, answer: str, language: str) -> str:
    """Return why a question or its answer is not in *language*, or ""; short answers are not checked."""
    return language_mismatch(question, language) or (
        language_mismatch(answer, language) if len(answer) >= _MIN_ANSWER_CHARS else ""
    )


def language_mismatch(text: str, language: str) -> str:
    """Return why *text* is not in *language*; "" when it is, or when that cannot be determined.

    Args:
        language: A code such as "tr" or an English name such as "Turkish".
    """
    code = _code(language)
    letters = [letter for letter in text if letter.isalpha()]
    needed = _MIN_CJK_LETTERS if any(ord(letter) > _FIRST_CJK for letter in letters) else _MIN_LETTERS
    if code is None or len(letters) < needed:
        return ""
    probabilities = {name: float(share) for name, share in _identifier().rank(text)}
    related = _RELATED.get(code, (code,))
    if code not in probabilities or sum(probabilities.get(name, 0.0) for name in related) >= _MIN_PROBABILITY:
        return ""
    found = max(probabilities, key=lambda name: probabilities[name])
    return f"{LANGUAGE_MISMATCH}: this looks like {_SHOWN.get(found, found)}, not {language}."


_RELATED = {"zh": ("zh", "wuu", "yue"), "no": ("no", "nb", "nn"), "nb": ("no", "nb", "nn"), "nn": ("no", "nb", "nn")}
_SHOWN = {"wuu": "zh", "yue": "zh", "nb": "no", "nn": "no"}
_NAMES = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "finnish": "fi",
    "french": "fr", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu",
    "indonesian": "id", "italian": "it", "japanese": "ja", "korean": "ko", "norwegian": "no", "persian": "fa",
    "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru", "simplified chinese": "zh",
    "spanish": "es", "swedish": "sv", "thai": "th", "traditional chinese": "zh", "turkish": "tr", "ukrainian": "uk",
    "vietnamese": "vi",
}  # fmt: skip


def _code(language: str) -> str | None:
    """Return the ISO 639 code of a language given as a code or an English name; None when it is unknown."""
    name = language.strip().lower()
    code = name.split("-")[0]
    return _NAMES.get(name) or (code if 2 <= len(code) <= 3 else None)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
