"""What makes two questions about an image the same."""

import re
import unicodedata


def question_key(question: str) -> str:
    """Return what two wordings of the same question share: no case, no punctuation, single spaces."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", folded).split())
