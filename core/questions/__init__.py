"""Asking: prompts, and the generation of questions and answers by a vision model."""

from core.questions.service import (
    ImageAnswerGenerationTask,
    ImageQuestionGenerationTask,
    question_task_kinds,
)

__all__ = ["ImageAnswerGenerationTask", "ImageQuestionGenerationTask", "question_task_kinds"]
