"""Vectors of images: what makes them, and finding those that are near."""
