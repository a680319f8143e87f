"""The analysis of an image in words: derived from measurements, optionally replaced by a vision model or a person."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.measure import Measurement
    from core.style.features import StyleFeatures

FIELDS = ("description", "tags", "vibe", "lighting", "colors", "style")
"""The fields of an analysis, as documented for the Python interface."""

PROMPT = (
    "Describe the visual style of this image so that another image can be made in the same style. "
    "Do not describe what it shows. "
    "description: one sentence on the look. tags: three to eight style words. vibe: its mood in two or three words. "
    "lighting: the light in two or three words. colors: the dominant colors by name. "
    "style: medium and finish in two or three words."
)

LISTS = ("tags", "colors")
"""Those of the fields that are lists; the others are text."""


def measured_analysis(measured: "Measurement", features: "StyleFeatures") -> dict[str, Any]:
    """Return an analysis derived from measurements alone; the numbers are in its field ``measured``."""
    light = _lighting(measured)
    mood = _mood(measured)
    finish = _finish(features)
    colors = [color.name for color in measured.colors]
    named = " and ".join(colors[:2])
    return {
        "description": f"Mostly {named}, {light}, {mood}, {finish}.",
        "tags": [*colors[:2], *_temperature(measured), mood.split(", ")[0], finish],
        "vibe": mood,
        "lighting": light,
        "colors": colors,
        "style": finish,
        "measured": {
            "palette": palette(measured),
            "lightness": measured.brightness,
            "contrast": measured.contrast,
            "warmth": measured.warmth,
            "saturation": measured.saturation,
            "sharpness": measured.sharpness,
            "texture": finish,
            "composition": {
                "orientation": measured.orientation,
                "brightest": measured.brightest_region,
                "darkest": measured.darkest_region,
                "background": measured.background.name,
                "background_share": measured.background.share,
            },
        },
    }


def palette(measured: "Measurement") -> list[dict[str, Any]]:
    """Return the dominant colors, largest share (0-1) first."""
    return [{"name": color.name, "hex": color.hex, "share": color.share} for color in measured.colors]


def described_analysis(measured: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    """Return the measured analysis with the fields that a model described; the numbers stay."""
    return measured | {name: described[name] for name in FIELDS if described.get(name)}


def edited_analysis(current: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """Return the analysis with a person's edits; lists may be comma-separated text."""
    edited = {name: edits[name] for name in FIELDS if name in edits}
    for name in LISTS:
        if isinstance(edited.get(name), str):
            edited[name] = [part.strip() for part in edited[name].split(",") if part.strip()]
    return current | edited


def reference_tags(analysis: dict[str, Any]) -> tuple[str, ...]:
    """Return the tags of a reference in the prompt: its vibe and its lighting."""
    texts = (str(analysis.get(name) or "").strip() for name in ("vibe", "lighting"))
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


# The limits in the four functions below were set by eye on photographs and drawings.


def _lighting(measured: "Measurement") -> str:
    level = "low light" if measured.brightness < 35 else "bright light" if measured.brightness > 70 else "medium light"
    contrast = "soft contrast" if measured.contrast < 12 else "strong contrast" if measured.contrast > 24 else ""
    return ", ".join(part for part in (level, contrast) if part)


def _mood(measured: "Measurement") -> str:
    color = "vivid" if measured.saturation > 0.35 else "muted" if measured.saturation < 0.12 else "natural"
    return ", ".join([color, *_temperature(measured)])


def _temperature(measured: "Measurement") -> list[str]:
    return ["warm"] if measured.warmth > 0.08 else ["cool"] if measured.warmth < -0.08 else []


def _finish(features: "StyleFeatures") -> str:
    detail = float(features.group("bands")[0])
    return "fine grain" if detail > 1.2 else "smooth surfaces" if detail < 0.35 else "soft detail"
