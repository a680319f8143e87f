"""EasyR1: a table of images, prompts and answers; its reward functions see the response and one column."""

import json
from collections.abc import Iterable
from typing import Any

from core.export.checks.verifiable import EasyR1Checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats import verifiable
from core.export.formats.base import ONE_QUESTION, QWEN_MAX_ASPECT_RATIO, Format, answer_text
from core.export.formats.verifiable import HINTS, NOT_VERIFIABLE, is_later_turn, reward_file, tasks
from core.export.writing.parquet import ParquetWriter

LATER_TURN = "it is a later turn, and prompts of EasyR1 are one question"


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    return {"id": "string", "images": ["image"], "prompt": "string", "answer": "string", "verifier": "string"}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per task; the verifier is the ground truth with its checker, as JSON."""
    for task in tasks(group):
        if not task.before:
            yield {
                "id": task.id, "images": group.embedded(task.shown),
                "prompt": task.prompt(tokens=True)[-1]["content"],
                "answer": answer_text(task.entry) if task.id == task.entry.id else task.verifier.truth,
                "verifier": json.dumps(task.verifier._asdict(), ensure_ascii=False, sort_keys=True),
            }  # fmt: skip


def leaves_out(entry: Entry, group: ImageGroup) -> str:
    """Return why there is no row for an entry; empty when there is one."""
    return LATER_TURN if is_later_turn(entry, group) else verifiable.leaves_out(entry, group)


FORMAT = Format(
    name="easyr1",
    label="EasyR1",
    help="Questions with images and a verifier in one column; reward.py has the reward function.",
    purpose="train",
    install=(
        "git clone https://github.com/hiyouga/EasyR1 && git -C EasyR1 checkout -q b44b311\n"
        "pip install -e EasyR1 'datasets>=4' 'omegaconf<2.4'"
    ),
    load=(
        "python3 -m verl.trainer.main config=EasyR1/examples/config.yaml data.train_files={dir}/data@{split} "
        "data.val_files={dir}/data@{split} data.prompt_key=prompt data.answer_key=verifier "
        "data.format_prompt=EasyR1/examples/format_prompt/math.jinja data.rollout_batch_size=8 "
        "worker.actor.global_batch_size=8 "
        "worker.reward.reward_function={dir}/reward.py:easyr1_reward "
        "worker.actor.model.model_path=Qwen/Qwen2.5-VL-3B-Instruct"
    ),
    load_language="bash",
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("EasyR1 b44b311",),
    rows=rows,
    writer=ParquetWriter,
    checker=EasyR1Checker,
    image_modes=("path",),
    reads_several_images=True,
    features=features,
    companion_files=reward_file,
    hints=(*HINTS, "The column answer has the answers as texts, for reward functions of EasyR1 itself."),
    no_rows_reason=NOT_VERIFIABLE,
    leaves_out=leaves_out,
    not_carried=ONE_QUESTION,
)
