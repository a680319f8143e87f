"""Questions: prompts, and the generation of questions and answers by a vision model.

Names are imported lazily: the worker processes that read annotation files need the types of answers and no tables.
"""

from typing import TYPE_CHECKING, Any

from core.lazy import lazy_import

if TYPE_CHECKING:
    from core.db import QuestionTemplates
    from core.questions.answer_service import ImageAnswerGenerationTask
    from core.questions.evidence import ImageEvidence
    from core.questions.preview import GenerationEstimate, GenerationPreview, RequestPreview, Trial
    from core.questions.service import ImageQuestionGenerationTask
    from core.questions.templates import QuestionTemplateService
    from core.tasks import TaskKind

_HOMES = {
    "GenerationEstimate": "core.questions.preview",
    "GenerationPreview": "core.questions.preview",
    "ImageAnswerGenerationTask": "core.questions.answer_service",
    "ImageEvidence": "core.questions.evidence",
    "ImageQuestionGenerationTask": "core.questions.service",
    "QuestionTemplateService": "core.questions.templates",
    "QuestionTemplates": "core.db",
    "RequestPreview": "core.questions.preview",
    "Trial": "core.questions.preview",
}

__all__ = [
    "GenerationEstimate",
    "GenerationPreview",
    "ImageAnswerGenerationTask",
    "ImageEvidence",
    "ImageQuestionGenerationTask",
    "QuestionTemplateService",
    "QuestionTemplates",
    "RequestPreview",
    "Trial",
    "question_task_kinds",
]


def question_task_kinds(
    questions: "ImageQuestionGenerationTask", answers: "ImageAnswerGenerationTask"
) -> "list[TaskKind]":
    """Return the task kinds of this package."""
    return [questions, answers]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'core.questions' has no attribute {name!r}")
    return getattr(lazy_import(_HOMES[name]), name)
