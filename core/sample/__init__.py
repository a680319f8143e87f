"""The sample project: rendered photographs with questions and answers, and drawings to ask about."""

from core.sample.photographs import photographs, thumbnail
from core.sample.project import SampleProjects, WrongAnswers

__all__ = ["SampleProjects", "WrongAnswers", "photographs", "thumbnail"]
