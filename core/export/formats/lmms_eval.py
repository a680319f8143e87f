"""lmms-eval: a task folder with a table of images, questions and answers, and the checkers of the answers."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.verifiable import LmmsEvalChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats import verifiable
from core.export.formats.base import ONE_QUESTION, QWEN_MAX_ASPECT_RATIO, Format, question_text
from core.export.formats.verifiable import NOT_VERIFIABLE, arguments_text, is_later_turn, reward_file, tasks
from core.export.writing.lmms_eval import LmmsEvalWriter

LATER_TURN = "it is a later turn, and a task of lmms-eval asks one question"


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    texts = dict.fromkeys(("question", "answer", "checker", "arguments"), "string")
    return {"id": "string", "images": ["image"], **texts}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per task without turns before it."""
    for task in tasks(group):
        if not task.before:
            yield {
                "id": task.id, "images": group.embedded(task.shown),
                "question": question_text(task.entry._replace(question=task.question), images=0),
                "answer": task.verifier.truth, "checker": task.verifier.checker,
                "arguments": arguments_text(task.verifier),
            }  # fmt: skip


def leaves_out(entry: Entry, group: ImageGroup) -> str:
    """Return why there is no row for an entry; empty when there is one."""
    return LATER_TURN if is_later_turn(entry, group) else verifiable.leaves_out(entry, group)


FORMAT = Format(
    name="lmms-eval",
    label="lmms-eval",
    help="A task folder with a table and the checkers of its answers: accuracy without a judge.",
    purpose="evaluate",
    # Its module of Qwen2.5-VL imports decord, which the package does not ask for.
    install="pip install lmms-eval==0.7.3 decord",
    load=(
        "cd {dir} && python3 -m lmms_eval --include_path . --tasks {stem} --model qwen2_5_vl "
        "--model_args pretrained=Qwen/Qwen2.5-VL-3B-Instruct"
    ),
    load_language="bash",
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("lmms-eval 0.7.3",),
    rows=rows,
    writer=LmmsEvalWriter,
    checker=LmmsEvalChecker,
    image_modes=("path",),
    reads_several_images=True,
    features=features,
    stem="vitrine",
    companion_files=reward_file,
    hints=(
        "Paths of the table are relative: start lmms-eval in the directory of the bundle.",
        "The task is called vitrine: rename it in vitrine.yaml when you use several.",
    ),
    no_rows_reason=NOT_VERIFIABLE,
    leaves_out=leaves_out,
    not_carried=tuple(name for name in ONE_QUESTION if name != "answer"),
)
