"""Changing images: preprocessing, variants, and what either would break; originals stay as they are."""

from core.transform.augmentation import OPERATIONS, Augmentation
from core.transform.preprocessing import (
    CropRecipe,
    NormalizeRecipe,
    PadRecipe,
    Preprocessing,
    RedactRecipe,
    ResizeRecipe,
)
from core.transform.regions import FindRegions, Region

__all__ = [
    "OPERATIONS",
    "Augmentation",
    "CropRecipe",
    "FindRegions",
    "NormalizeRecipe",
    "PadRecipe",
    "Preprocessing",
    "RedactRecipe",
    "Region",
    "ResizeRecipe",
]
