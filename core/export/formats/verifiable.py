"""Tasks with answers that a program can verify: what the formats for training by rewards have in common."""

import inspect
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core import number_values, verifiers
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import answer_text, new_images, question_text, system_text, turns
from core.export.formats.grounding import as_json, boxes_in_1000, has_boxes
from core.verifiers import MIN_IOU, Verifier, is_passed_by_itself, verifier_of

_IMPORT = "from core.number_values import stated_number, states\n"
NOT_VERIFIABLE = "its answer is a longer text, which no checker can verify"
BOXES_IN_1000 = (
    "Answer with the boxes as a JSON list of objects with bbox_2d (left, top, right, bottom, from 0 to 1000 of the "
    "image's width and height) and label."
)
HINTS = (
    "reward.py in the bundle has the checkers. It reads the text in <answer> tags or \\boxed{}, or else the whole "
    "response: ask for one of them in a system prompt when the model thinks before it answers.",
)


class Task(NamedTuple):
    """A question that is asked, the turns before it, and the verifier of its answer."""

    id: str
    before: tuple[Entry, ...]
    entry: Entry
    question: str
    verifier: Verifier

    @property
    def shown(self) -> tuple[Entry, ...]:
        """The entries whose images the task shows."""
        return (*self.before, self.entry)

    def prompt(self, *, tokens: bool) -> list[Row]:
        """Return the messages before the answer; *tokens* as in :func:`prompt_messages`."""
        return prompt_messages(self.before, self.entry._replace(question=self.question), tokens=tokens)


def prompt_messages(before: Sequence[Entry], entry: Entry, *, tokens: bool) -> list[Row]:
    """Return the messages that ask the question of *entry* behind the turns *before*.

    Args:
        tokens: whether image tokens stand where a turn brings its images.
    """
    shown = (*before, entry)
    system = system_text(shown)
    messages: list[Row] = [{"role": "system", "content": system}] if system else []
    for asked, images in zip(shown, new_images(shown), strict=True):
        question = question_text(asked, images=images if tokens else 0, separator="")
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer_text(asked)}]
    return messages[:-1]


def tasks(group: ImageGroup) -> Iterator[Task]:
    """Yield a task for each verifiable answer, and one for the boxes of each entry that has some."""
    for _, entries in turns(group, "turn"):
        for index, entry in enumerate(entries):
            before = tuple(entries[:index])
            if verifier := verifier_of(entry.answer, entry.answer_type, entry.kind, entry.language):
                yield Task(entry.id, before, entry, entry.question, verifier)
            if verifier := box_verifier(entry, group):
                yield Task(f"{entry.id}-boxes", before, entry, f"{entry.question}\n{BOXES_IN_1000}", verifier)


def box_verifier(entry: Entry, group: ImageGroup) -> Verifier | None:
    """Return the verifier of the boxes of an entry about one image; None without boxes."""
    if not has_boxes(entry) or entry.more_image_ids or not (group.image.width and group.image.height):
        return None
    found = Verifier("iou", {"min_iou": MIN_IOU}, as_json(boxes_in_1000(entry, group, RowOptions())))
    return found if is_passed_by_itself(found) else None


def leaves_out(entry: Entry, group: ImageGroup) -> str:
    """Return why there is no task for an entry; empty when there is one."""
    found = verifier_of(entry.answer, entry.answer_type, entry.kind, entry.language) or box_verifier(entry, group)
    return "" if found else NOT_VERIFIABLE


def is_later_turn(entry: Entry, group: ImageGroup) -> bool:
    """Return whether an entry follows another one in a conversation."""
    if entry.conversation_id is None:
        return False
    same = (other for other in group.entries if other.conversation_id == entry.conversation_id)
    return min(same, key=lambda other: other.turn).id != entry.id


def reward_file(files: dict[str, str]) -> dict[str, bytes]:
    """Return the modules of the checkers and of the numbers that they compare as one file of the bundle."""
    own, numbers = inspect.getsource(verifiers), inspect.getsource(number_values)
    return {"reward.py": own.replace(_IMPORT, numbers.partition('"""\n')[2].lstrip()).encode()}


def arguments_text(verifier: Verifier) -> str:
    """Return the arguments as JSON text, so that the column has one type for all checkers."""
    return json.dumps(verifier.arguments, sort_keys=True)
