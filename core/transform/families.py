"""All families of steps: importing this module makes their operations known by name."""

from core.transform import cover, geometry, texture, tone

__all__ = ["cover", "geometry", "texture", "tone"]
