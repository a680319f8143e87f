"""verl: a table of images, prompts and reward models, in the layout of verl's own examples."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.verifiable import VerlChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import PROMPTS, QWEN_MAX_ASPECT_RATIO, Format
from core.export.formats.verifiable import HINTS, NOT_VERIFIABLE, arguments_text, leaves_out, reward_file, tasks
from core.export.formats.vqa_v2 import integer_id
from core.export.writing.parquet import ParquetWriter

_INFO = dict.fromkeys(("split", "question", "answer", "checker", "arguments"), "string")


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    return {
        "id": "string", "data_source": "string", "prompt": [{"role": "string", "content": "string"}],
        "images": ["image"], "ability": "string", "reward_model": {"style": "string", "ground_truth": "string"},
        "extra_info": {"index": "int64", **_INFO},
    }  # fmt: skip


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per task; verl hands ``extra_info`` to the reward function."""
    for task in tasks(group):
        yield {
            "id": task.id,
            # verl groups its validation by the source and looks for a reward function of its own under this name.
            "data_source": options.source,
            "prompt": task.prompt(tokens=True),
            "images": group.embedded(task.shown),
            "ability": "vqa",
            "reward_model": {"style": "rule", "ground_truth": task.verifier.truth},
            "extra_info": {
                "index": integer_id(task.id), "split": group.split, "question": task.entry.question,
                "answer": task.entry.answer, "checker": task.verifier.checker,
                "arguments": arguments_text(task.verifier),
            },
        }  # fmt: skip


FORMAT = Format(
    name="verl",
    label="verl",
    help="Prompts with images and a reward model by rules, in a table; reward.py has the reward function.",
    purpose="train",
    install="pip install 'verl[vllm]==0.9.1'",
    load=(
        "python3 -m verl.trainer.main_ppo algorithm.adv_estimator=grpo "
        '"data.train_files=[$(printf ,%s {dir}/data/{split}-*.parquet | cut -c2-)]" '
        '"data.val_files=[$(printf ,%s {dir}/data/{split}-*.parquet | cut -c2-)]" '
        "data.max_prompt_length=2048 data.filter_overlong_prompts=True data.train_batch_size=8 "
        "reward.custom_reward_function.path={dir}/reward.py reward.custom_reward_function.name=verl_reward "
        "actor_rollout_ref.model.path=Qwen/Qwen2.5-VL-3B-Instruct actor_rollout_ref.rollout.name=vllm "
        "actor_rollout_ref.actor.ppo_mini_batch_size=8 actor_rollout_ref.actor.use_dynamic_bsz=True"
    ),
    load_language="bash",
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("verl 0.9.1",),
    rows=rows,
    writer=ParquetWriter,
    checker=VerlChecker,
    image_modes=("path",),
    reads_several_images=True,
    features=features,
    companion_files=reward_file,
    hints=HINTS,
    no_rows_reason=NOT_VERIFIABLE,
    leaves_out=leaves_out,
    not_carried=PROMPTS,
)
