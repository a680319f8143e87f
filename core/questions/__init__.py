"""Asking: prompts, and the generation of questions and answers by a vision model."""

from core.questions.preview import GenerationEstimate, GenerationPreview, RequestPreview, TryOut
from core.questions.service import (
    ImageAnswerGenerationTask,
    ImageQuestionGenerationTask,
    question_task_kinds,
)

__all__ = [
    "GenerationEstimate",
    "GenerationPreview",
    "ImageAnswerGenerationTask",
    "ImageQuestionGenerationTask",
    "RequestPreview",
    "TryOut",
    "question_task_kinds",
]
