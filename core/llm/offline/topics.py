"""The topics of the offline provider: what it can ask about a measured image and how the answer follows from it.

Texts are in the translations; here are only their placeholders and values.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.measure import Measurement


class Word(NamedTuple):
    """A word by its group and key in the translations."""

    group: str
    key: str


Values = dict[str, Word | int]
Fact = Callable[[Measurement, Mapping[str, Any]], Values | None]
Choice = Callable[[Measurement, random.Random], Values]


@dataclass(frozen=True)
class Topic:
    """A topic of questions.

    *choose* returns the values for the placeholders of the question, *fact* those of the answer, or None when this
    image does not decide it.
    """

    name: str
    kind: str
    fact: Fact
    choose: Choice = lambda measured, rng: {}


def _steps(group: str, value: float, steps: tuple[tuple[float, str], ...]) -> Word:
    return Word(group, next(key for limit, key in steps if value < limit))


def brightness(measured: Measurement) -> Word:
    """Return the lightness in five steps."""
    steps = ((20, "very dark"), (40, "dark"), (60, "medium"), (80, "bright"), (float("inf"), "very bright"))
    return _steps("brightness", measured.brightness, steps)


def contrast(measured: Measurement) -> Word:
    """Return the contrast in three steps."""
    return _steps("level", measured.contrast, ((12, "low"), (24, "medium"), (float("inf"), "high")))


def saturation(measured: Measurement) -> Word:
    """Return the saturation in three steps."""
    return _steps("saturation", measured.saturation, ((0.12, "muted"), (0.35, "moderate"), (float("inf"), "vivid")))


def warmth(measured: Measurement) -> Word:
    """Return the color temperature in three steps."""
    return _steps("warmth", measured.warmth, ((-0.04, "cold"), (0.04, "neutral"), (float("inf"), "warm")))


def sharpness(measured: Measurement) -> Word:
    """Return the sharpness in three steps."""
    return _steps("sharpness", measured.sharpness, ((30, "blurred"), (150, "soft"), (float("inf"), "sharp")))


def yes_or_no(is_true: bool) -> Values:
    """Return the values of an answer that is yes or no."""
    return {"yes": Word("answers", "yes" if is_true else "no")}


def percent(share: float) -> int:
    """Return a share of 0 to 1 in whole percent."""
    return round(share * 100)


def _color(rank: int) -> Fact:
    def fact(measured: Measurement, _: Mapping[str, Any]) -> Values | None:
        if len(measured.colors) <= rank:
            return None
        found = measured.colors[rank]
        return {"color": Word("colors", found.name), "percent": percent(found.share)}

    return fact


def _word(name: str, read: Callable[[Measurement], Word]) -> Fact:
    return lambda measured, _: {name: read(measured)}


def _region(read: Callable[[Measurement], str | None]) -> Fact:
    def fact(measured: Measurement, _: Mapping[str, Any]) -> Values | None:
        found = read(measured)
        return None if found is None else {"region": Word("regions", found)}

    return fact


def _is_true(read: Callable[[Measurement], bool]) -> Fact:
    return lambda measured, _: yes_or_no(read(measured))


def _share_of(measured: Measurement, name: str) -> float:
    return next((color.share for color in measured.colors if color.name == name), 0.0)


def _some_color(measured: Measurement, rng: random.Random) -> Values:
    """Return the main color in half of the cases, otherwise one that the image does not have."""
    absent = [name for name in ("red", "blue", "green", "yellow", "white", "black") if not _share_of(measured, name)]
    found = measured.colors[0].name
    return {"color": Word("colors", found if rng.random() < 0.5 or not absent else rng.choice(absent))}


def _two_colors(measured: Measurement, rng: random.Random) -> Values:
    if len(measured.colors) < 2:
        return {}
    pair = [color.name for color in measured.colors[:2]]
    rng.shuffle(pair)
    return {"color": Word("colors", pair[0]), "other": Word("colors", pair[1])}


def _larger(measured: Measurement, asked: Mapping[str, Any]) -> Values | None:
    if "color" not in asked or "other" not in asked:
        return None
    color, other = asked["color"], asked["other"]
    first, second = _share_of(measured, color.key), _share_of(measured, other.key)
    if first == second:
        return None
    return {"color": color if first > second else other}


def _half_of(measured: Measurement, regions: tuple[str, str]) -> Values | None:
    """Return in which of two halves the brightest region is; None when it is in neither."""
    sides = [side for side in regions if side in (measured.brightest_region or "").split()]
    return {"region": Word("regions", sides[0])} if sides else None


def _unanswerable(_: Measurement, __: Mapping[str, Any]) -> Values:
    return {}


TOPICS: tuple[Topic, ...] = (
    Topic("main_color", "attribute", _color(0)),
    Topic("brightness", "attribute", _word("brightness", brightness)),
    Topic("brightest_region", "position", _region(lambda measured: measured.brightest_region)),
    Topic("is_landscape", "yes/no", _is_true(lambda measured: measured.orientation == "landscape")),
    Topic("color_count", "count", lambda measured, _: {"number": len(measured.colors)}),
    Topic("second_color", "attribute", _color(1)),
    Topic("which_is_larger", "reasoning", _larger, _two_colors),
    Topic("sharpness", "attribute", _word("sharpness", sharpness)),
    Topic("is_main_color", "yes/no", lambda m, asked: yes_or_no(asked["color"].key == m.colors[0].name), _some_color),
    Topic("background_share", "count", lambda measured, _: {"percent": percent(measured.background.share)}),
    Topic("darkest_region", "position", _region(lambda measured: measured.darkest_region)),
    Topic("maker", "unanswerable", _unanswerable),
    Topic("contrast", "attribute", _word("level", contrast)),
    Topic("warmth", "attribute", _word("warmth", warmth)),
    Topic("fits_square", "reasoning", _is_true(lambda measured: measured.orientation == "square")),
    Topic("background_color", "attribute", lambda m, _: {"color": Word("colors", m.background.name)}),
    Topic("is_bright", "yes/no", _is_true(lambda measured: measured.brightness >= 50)),
    Topic("orientation", "attribute", lambda measured, _: {"orientation": Word("orientation", measured.orientation)}),
    Topic("saturation", "attribute", _word("saturation", saturation)),
    Topic("bright_half", "position", lambda measured, _: _half_of(measured, ("left", "right"))),
    Topic("third_color", "attribute", _color(2)),
    Topic("is_sharp", "yes/no", _is_true(lambda measured: measured.sharpness >= 150)),
    Topic("size", "count", lambda m, _: {"width": m.size_wh[0], "height": m.size_wh[1]}),
    Topic("main_share", "count", lambda measured, _: {"percent": percent(measured.colors[0].share)}),
    Topic("what_happened_before", "unanswerable", _unanswerable),
    Topic("plain_background", "yes/no", _is_true(lambda measured: measured.background.share >= 0.5)),
    Topic("bright_half_vertical", "position", lambda measured, _: _half_of(measured, ("top", "bottom"))),
    Topic("longer_side", "reasoning", lambda m, _: {"percent": percent(max(m.size_wh) / min(m.size_wh))}),
    Topic("weight", "unanswerable", _unanswerable),
    Topic("is_warm", "yes/no", _is_true(lambda measured: measured.warmth > 0)),
)
