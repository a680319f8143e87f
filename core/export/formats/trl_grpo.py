"""TRL, GRPO: a table of images, prompts and solutions, with the checker that rewards an answer."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.verifiable import TrlGrpoChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import INSTALL_TRL, PROMPTS, QWEN_MAX_ASPECT_RATIO, Format
from core.export.formats.verifiable import HINTS, NOT_VERIFIABLE, arguments_text, leaves_out, reward_file, tasks
from core.export.writing.parquet import ParquetWriter


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    prompt = [{"role": "string", "content": "string"}]
    texts = dict.fromkeys(("solution", "checker", "arguments"), "string")
    return {"id": "string", "images": ["image"], "prompt": prompt, **texts}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per task; TRL hands its columns to the reward function, and inserts image tokens itself."""
    for task in tasks(group):
        yield {
            "id": task.id, "images": group.embedded(task.shown), "prompt": task.prompt(tokens=False),
            "solution": task.verifier.truth, "checker": task.verifier.checker,
            "arguments": arguments_text(task.verifier),
        }  # fmt: skip


FORMAT = Format(
    name="trl-grpo",
    label="TRL, GRPO",
    help="Prompts with images and an answer that a checker verifies; reward.py has the reward function.",
    purpose="train",
    install=INSTALL_TRL,
    load=(
        "import sys\n\nfrom datasets import load_dataset\nfrom trl import GRPOConfig, GRPOTrainer\n\n"
        "sys.path.insert(0, '{dir}')\nfrom reward import trl_reward\n\n"
        "trainer = GRPOTrainer(\n    'Qwen/Qwen2.5-VL-3B-Instruct',\n    reward_funcs=trl_reward,\n"
        "    args=GRPOConfig(),\n    train_dataset=load_dataset('{dir}', split='{split}'),\n)"
    ),
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("TRL 1.16.0",),
    rows=rows,
    writer=ParquetWriter,
    checker=TrlGrpoChecker,
    image_modes=("path",),
    reads_several_images=True,
    features=features,
    companion_files=reward_file,
    hints=HINTS,
    no_rows_reason=NOT_VERIFIABLE,
    leaves_out=leaves_out,
    not_carried=PROMPTS,
)
