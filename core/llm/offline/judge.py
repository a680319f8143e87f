"""Answers the five questions about style from measurements, with the numbers as evidence."""

import json
from collections.abc import Sequence

from core.measure import Measurement

_ANSWERS = ("yes", "partly", "no")
_TOLERANCE = {"light": 8.0, "ground": 0.15, "saturation": 0.06, "warmth": 0.06}
_SHARPNESS_FACTOR = 1.5
_OWN_COLORS = (0.8, 0.5)
"""Share of the area in colors of the references, at least, for "yes" and for "partly"."""


def reply(references: Sequence[Measurement], made: Measurement) -> str:
    """Return the verdicts as JSON in the schema of :class:`core.llm.schemas.StyleJudgment`."""
    verdicts = {
        "palette": _palette(references, made),
        "light": _light(references, made),
        "texture": _texture(references, made),
        "composition": _composition(references, made),
        "mood": _mood(references, made),
    }
    return json.dumps(
        {name: {"answer": _ANSWERS[step], "evidence": evidence} for name, (step, evidence) in verdicts.items()}
    )


def _palette(references: Sequence[Measurement], made: Measurement) -> tuple[int, str]:
    known = {color.name for reference in references for color in reference.colors}
    total = sum(color.share for color in made.colors)
    shared = sum(color.share for color in made.colors if color.name in known) / total
    step = next((step for step, least in enumerate(_OWN_COLORS) if shared >= least), 2)
    foreign = [color.name for color in made.colors if color.name not in known]
    added = f"; {', '.join(foreign)} is in none of them" if foreign else ""
    return step, f"{100 * shared:.0f}% of its main colors are those of the references{added}."


def _light(references: Sequence[Measurement], made: Measurement) -> tuple[int, str]:
    values = [reference.brightness for reference in references]
    evidence = f"Lightness {made.brightness:.0f} of 100, the references {_span(values)}."
    return _step(made.brightness, values, _TOLERANCE["light"]), evidence


def _texture(references: Sequence[Measurement], made: Measurement) -> tuple[int, str]:
    values = [max(reference.sharpness, 1.0) for reference in references]
    own = max(made.sharpness, 1.0)
    factor = max(own / max(values), min(values) / own)
    step = 0 if factor <= _SHARPNESS_FACTOR else 1 if factor <= _SHARPNESS_FACTOR**2 else 2
    return step, f"Sharpness {own:.0f}, the references {_span(values)}."


def _composition(references: Sequence[Measurement], made: Measurement) -> tuple[int, str]:
    values = [reference.background.share for reference in references]
    evidence = (
        f"Its ground covers {100 * made.background.share:.0f}% of it, "
        f"that of the references {_span([value * 100 for value in values])}%."
    )
    return _step(made.background.share, values, _TOLERANCE["ground"]), evidence


def _mood(references: Sequence[Measurement], made: Measurement) -> tuple[int, str]:
    colorful = [reference.saturation for reference in references]
    warm = [reference.warmth for reference in references]
    step = max(
        _step(made.saturation, colorful, _TOLERANCE["saturation"]), _step(made.warmth, warm, _TOLERANCE["warmth"])
    )
    return step, (
        f"Saturation {made.saturation:.2f} and warmth {made.warmth:+.2f}, "
        f"the references {_span(colorful, '.2f')} and {_span(warm, '+.2f')}."
    )


def _step(own: float, values: Sequence[float], tolerance: float) -> int:
    """Return 0, 1 or 2: *own* is within the range of *values* and its tolerance, slightly outside, or far outside."""
    beyond = max(min(values) - own, own - max(values))
    return 0 if beyond <= tolerance else 1 if beyond <= 2 * tolerance else 2


def _span(values: Sequence[float], form: str = ".0f") -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"
