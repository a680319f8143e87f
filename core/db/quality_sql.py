"""What often spoils an answer, in the words that the indexes over it have: a query says the same or finds no index."""

REVEALING_CHARS = 4
"""Shorter answers ("red", "2") stand in many questions without giving anything away."""

_ANSWER = "lower(trim(answer, ' .!'))"
_PHRASES = ("as an ai", "i cannot", "i can''t", "unable to", "i''m sorry")

EMPTY = "trim(answer) IN ('', '[]', '{}')"
REVEALING = f"length({_ANSWER}) >= {REVEALING_CHARS} AND replace(lower(question), {_ANSWER}, '') != lower(question)"
REFUSING = " OR ".join(f"replace(lower(answer), '{phrase}', '') != lower(answer)" for phrase in _PHRASES)
"""Words of a model that did not see or does not know."""
