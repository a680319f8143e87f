"""Questions: prompts, and the generation of questions and answers by a vision model."""

from core.db import QuestionTemplates
from core.questions.answer_service import ImageAnswerGenerationTask
from core.questions.preview import GenerationEstimate, GenerationPreview, RequestPreview, Trial
from core.questions.service import ImageQuestionGenerationTask
from core.questions.templates import QuestionTemplateService
from core.tasks import TaskKind

__all__ = [
    "GenerationEstimate",
    "GenerationPreview",
    "ImageAnswerGenerationTask",
    "ImageQuestionGenerationTask",
    "QuestionTemplateService",
    "QuestionTemplates",
    "RequestPreview",
    "Trial",
    "question_task_kinds",
]


def question_task_kinds(questions: ImageQuestionGenerationTask, answers: ImageAnswerGenerationTask) -> list[TaskKind]:
    """Return the task kinds of this package."""
    return [questions, answers]
