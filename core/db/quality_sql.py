"""SQL of the quality checks. A partial index is used only by a query with literally the same condition."""

REVEALING_CHARS = 4
"""Shorter answers ("red", "2") occur in many questions without revealing anything."""

_ANSWER = "lower(trim(answer, ' .!'))"
_PHRASES = ("as an ai", "i cannot", "i can''t", "unable to", "i''m sorry")

EMPTY = "trim(answer) IN ('', '[]', '{}')"
REVEALING = f"length({_ANSWER}) >= {REVEALING_CHARS} AND replace(lower(question), {_ANSWER}, '') != lower(question)"
REFUSING = " OR ".join(f"replace(lower(answer), '{phrase}', '') != lower(answer)" for phrase in _PHRASES)
"""Phrases of a model that refuses or cannot see."""
