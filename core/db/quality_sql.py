"""Quality checks that are SQL over one row of entries.

Each declaration makes the check, its search term ``check:NAME`` and, with *has_index*, the partial index
``ix_entries_NAME``. An indexed check also needs one ``create_index`` in a migration.
"""

from dataclasses import dataclass

REVEALING_CHARS = 4
"""Shorter answers ("red", "2") occur in many questions without giving anything away."""
LONG_ANSWER_CHARS = 600
"""Longer than nearly every reference answer of the common visual question sets."""

_ANSWER = "lower(trim(answer, ' .!'))"
_OFFERS = (" or ", " veya ", " ya da ", " yoksa ", "还是", "或")
"""Words of questions that offer alternatives, in English, Turkish and Chinese: the answer has to be one of them."""
_TURKISH = (
    "replace(replace(replace(replace(replace(lower(question), '?', ' '), ',', ' ') || ' ', "
    "' mı ', ' mi '), ' mu ', ' mi '), ' mü ', ' mi ')"
)
"""The question with one form of the Turkish particle: "gündüz mü gece mi?" offers alternatives by having it twice."""
_IS_NO_TURKISH_CHOICE = f"length({_TURKISH}) - length(replace({_TURKISH}, ' mi ', '')) < 8"
_REFUSALS = ("as an ai", "i cannot", "i can''t", "unable to", "i''m sorry")
"""Phrases of a model that did not see or does not know."""


@dataclass(frozen=True)
class RowCheck:
    """A check whose *condition* is true for the rows that fail it; a query uses an index only for the same text."""

    name: str
    label: str
    condition: str
    has_index: bool = True


ROW_CHECKS = (
    RowCheck("empty", "Empty answer", "trim(answer) IN ('', '[]', '{}')"),
    RowCheck(
        "long", f"Answer over {LONG_ANSWER_CHARS} characters", f"length(answer) > {LONG_ANSWER_CHARS}", has_index=False
    ),
    # Counted by triggers (m0004): comparing entries with each other at query time is quadratic per image.
    RowCheck("repeated", "Nearly the same question twice on an image", "repeats > 0"),
    RowCheck("disputed", "Models disagree", "disputes > 0"),
    RowCheck(
        "reveals",
        "Question gives its answer away",
        f"length({_ANSWER}) >= {REVEALING_CHARS} AND replace(lower(question), {_ANSWER}, '') != lower(question)"
        + "".join(f" AND replace(lower(question), '{word}', '') = lower(question)" for word in _OFFERS)
        + f" AND {_IS_NO_TURKISH_CHOICE}",
    ),
    RowCheck(
        "refusal",
        "Sounds like a refusal",
        " OR ".join(f"replace(lower(answer), '{phrase}', '') != lower(answer)" for phrase in _REFUSALS),
    ),
)
