"""The key under which two wordings of a question count as the same."""

import re
import unicodedata


def question_key(question: str) -> str:
    """Return *question* folded by NFKC and case, without punctuation, with single spaces."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", folded).split())
