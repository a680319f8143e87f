"""The sample project: rendered photographs with questions and answers, and drawings to ask about."""

from core.sample.photographs import photographs, thumbnail

__all__ = ["photographs", "thumbnail"]
