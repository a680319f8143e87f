"""What analyzers found in an image, as layers that are drawn over it."""

from collections.abc import Mapping
from typing import Any

LAYERS = ("objects", "text")
"""The analyzers whose results have places."""

MAX_PER_LAYER = 500
"""More cannot be told apart, and browsers take long to draw them."""

Layers = dict[str, list[dict[str, Any]]]
"""By name; each part has ``label``, ``xyxy`` in px of the upright original, and objects their ``score``."""


def layers_of(results: Mapping[str, Any]) -> Layers:
    """Return the layers of an image by its results, see :mod:`core.vision.results`; empty ones are left out."""
    found: Layers = {
        "objects": [
            {"label": item["label"], "score": round(item["score"], 2), "xyxy": item["box_xyxy"]}
            for item in results.get("objects", {}).get("items", ())
        ],
        "text": [
            {"label": line["text"], "xyxy": line["box_xyxy"]} for line in results.get("text", {}).get("lines", ())
        ],
    }
    return {name: parts[:MAX_PER_LAYER] for name, parts in found.items() if parts}
