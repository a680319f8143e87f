"""Preferences of reviewers: pairs of a chosen and a rejected answer, and single answers with a label."""

from collections.abc import Iterator

from core.export.control_words import without_control_words
from core.export.entries import Entry, ImageGroup, Row, answer_as_text
from core.export.formats.base import question_text

NO_PAIR = "no worse answer to pair with"
DPO_HELP = "Pairs of answers, the better one from edits and accepted entries, the worse one from models and rejections"
KTO_HELP = "Single answers with a label, accepted or rejected"


def pairs(group: ImageGroup) -> Iterator[tuple[str, Entry, str, str]]:
    """Yield (id, entry, chosen, rejected): edited over the model's answer, accepted over rejected entries."""
    rejected = [entry for entry in group.entries if entry.rejected]
    for entry in group.entries:
        if entry.rejected:
            continue
        chosen, generated = answer_as_text(entry), entry.generated_answer
        if generated and _differs(generated, entry.answer) and _answers_this_question(entry):
            yield f"{entry.id}-edit", entry, chosen, answer_as_text(entry._replace(answer=generated))
        for worse in rejected:
            if _same_question(entry, worse) and _differs(answer_as_text(worse), chosen):
                yield f"{entry.id}-{worse.id}", entry, chosen, answer_as_text(worse)


def labeled_answers(group: ImageGroup) -> Iterator[tuple[str, Entry, str, bool]]:
    """Yield (id, entry, answer, label): True for accepted answers, False for rejected entries and edited answers."""
    for entry in group.entries:
        yield entry.id, entry, answer_as_text(entry), not entry.rejected
        generated = entry.generated_answer
        if not entry.rejected and generated and generated != entry.answer and _answers_this_question(entry):
            yield f"{entry.id}-edit", entry, answer_as_text(entry._replace(answer=generated)), False


def _differs(first: str, second: str) -> bool:
    """Return whether two answers differ as they are written: escaping a control word can make them equal."""
    return without_control_words(first) != without_control_words(second)


def _same_question(first: Entry, second: Entry) -> bool:
    if first.question_id and first.question_id == second.question_id:
        return True
    return first.question.strip().casefold() == second.question.strip().casefold()


def _answers_this_question(entry: Entry) -> bool:
    """Return whether the model's answer is not blank and belongs to the question as it is now."""
    same = entry.generated_question is None or entry.generated_question == entry.question
    return same and bool((entry.generated_answer or "").strip())


def user_turn(entry: Entry) -> Row:
    """Return the question as a user turn with the image token."""
    return {"role": "user", "content": question_text(entry, images=1, separator="")}


def assistant_turn(answer: str) -> Row:
    """Return *answer* as an assistant turn without control words."""
    return {"role": "assistant", "content": without_control_words(answer)}
