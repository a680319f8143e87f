"""Answers that a program can verify: how they are asked for, and which ones are refused."""

import json
from collections.abc import Sequence

from sqlmodel import Session

from core.db import Questions, Tasks
from core.questions import prompts
from core.questions.store import in_stored_form
from core.verifiers import MAX_EXACT_WORDS, MAX_READ_CHARS, verifier_of

_MAX_QUOTED_CHARS = 120


def add_forms(prompt: str, language: str) -> str:
    """Return *prompt* with the text that says which forms of answers are allowed."""
    limits = {"words": str(MAX_EXACT_WORDS), "hanzi": str(2 * MAX_EXACT_WORDS), "chars": str(MAX_READ_CHARS)}
    return f"{prompt}\n\n{prompts.load('verifiable', language).render(**limits)}"


def add_to_questions(prompt: str, language: str, refused: Sequence[str]) -> str:
    """Return *prompt* with the forms of answers, and with the questions whose answers were refused before."""
    text = f"{add_forms(prompt, language)}\n{prompts.load('verifiable_questions', language).text.strip()}"
    if not refused:
        return text
    return f"{text}\n{prompts.load('verifiable_again', language).render(questions='; '.join(refused))}"


def is_verifiable(answer: str, question: Questions) -> bool:
    """Return whether the answer to *question*, in its stored form, passes its own checker."""
    stored = in_stored_form(answer, question)[0]
    return verifier_of(stored, question.answer_type, question.kind, question.language) is not None


def is_wanted(session: Session, task_id: str | None) -> bool:
    """Return whether the task that generated an entry stores only answers that a program can verify."""
    task = session.get(Tasks, task_id) if task_id else None
    return task is not None and bool(task.config.get("verifiable"))


def problem_of(answer: str) -> str:
    """Return the sentence that tells a model why *answer* was refused."""
    return f"No program can verify {json.dumps(answer[:_MAX_QUOTED_CHARS], ensure_ascii=False)}."
