"""What people preferred: pairs of a better and a worse answer, from edits and from rejections."""

from collections.abc import Iterator

from core.export.entries import Entry, ImageGroup, spoken_answer

NO_PAIR = "no worse answer to set beside"


def pairs(group: ImageGroup) -> Iterator[tuple[str, Entry, str, str]]:
    """Yield (id, entry, chosen, rejected): an edited answer beats the model's, a kept one a rejected one."""
    rejected = [entry for entry in group.entries if entry.rejected]
    for entry in group.entries:
        if entry.rejected:
            continue
        chosen, before = spoken_answer(entry), entry.generated_answer
        if before and before != entry.answer and _was_answered(entry):
            yield f"{entry.id}-edit", entry, chosen, spoken_answer(entry._replace(answer=before))
        for worse in rejected:
            if _same_question(entry, worse) and spoken_answer(worse) != chosen:
                yield f"{entry.id}-{worse.id}", entry, chosen, spoken_answer(worse)


def judged(group: ImageGroup) -> Iterator[tuple[str, Entry, str, bool]]:
    """Yield (id, entry, answer, whether it is wanted): kept answers, rejected ones, and what was edited away."""
    for entry in group.entries:
        yield entry.id, entry, spoken_answer(entry), not entry.rejected
        before = entry.generated_answer
        if not entry.rejected and before and before != entry.answer and _was_answered(entry):
            yield f"{entry.id}-edit", entry, spoken_answer(entry._replace(answer=before)), False


def _same_question(one: Entry, other: Entry) -> bool:
    if one.question_id and one.question_id == other.question_id:
        return True
    return one.question.strip().casefold() == other.question.strip().casefold()


def _was_answered(entry: Entry) -> bool:
    """Return whether the model answered this very question, with something."""
    same = entry.generated_question is None or entry.generated_question == entry.question
    return same and bool((entry.generated_answer or "").strip())
