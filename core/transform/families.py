"""All families of steps: importing this module makes their operations known by name."""

from core.transform import cover, geometry, texture, tone
from core.transform.steps import from_records

__all__ = ["cover", "from_records", "geometry", "texture", "tone"]
