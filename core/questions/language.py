"""Whether a text is in the language that was asked for: only what is surely another one is said."""

from functools import cache
from typing import Any

from core.questions.prompts import LANGUAGES

LANGUAGE_DOUBT = "Not in the asked language"
"""How every such doubt begins."""
_FEWEST_LETTERS = 12
_TELLING_CHARS = 40
_FEWEST_LETTERS_OF_SIGNS = 4
# Names and single words of a language often look like another one's; a whole sentence hardly ever gets this little.
_SURELY_ANOTHER = 0.01


def entry_doubt(question: str, answer: str, language: str) -> str:
    """Return why a question and its answer are not in *language*; short answers say nothing about that."""
    return language_doubt(question, language) or (
        language_doubt(answer, language) if len(answer) >= _TELLING_CHARS else ""
    )


def language_doubt(text: str, language: str) -> str:
    """Return why *text* is not in *language*, a code or a name; empty when it is, or when nobody can tell."""
    code = _code(language)
    letters = [letter for letter in text if letter.isalpha()]
    fewest = _FEWEST_LETTERS_OF_SIGNS if any(ord(letter) > 0x2E80 for letter in letters) else _FEWEST_LETTERS
    if code is None or len(letters) < fewest:
        return ""
    likely = {name: float(share) for name, share in _identifier().rank(text)}
    if code not in likely or sum(likely.get(one, 0.0) for one in _RELATED.get(code, (code,))) >= _SURELY_ANOTHER:
        return ""
    found = max(likely, key=lambda name: likely[name])
    return f"{LANGUAGE_DOUBT}: this looks like {_SHOWN.get(found, found)}, not {language}."


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
    """Return the ISO 639 code of a language given as a code or in words; None for what is not known here."""
    name = LANGUAGES.get(language, language).strip().lower()
    short = name.split("-")[0]
    return _NAMES.get(name) or (short if 2 <= len(short) <= 3 else None)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
