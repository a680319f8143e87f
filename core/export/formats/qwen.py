"""Qwen-VL: the official fine-tuning scripts read the rows of LLaVA, one a line."""

from core.export.checks.conversations import LlavaChecker
from core.export.formats.base import ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format
from core.export.formats.llava import rows
from core.export.writing.base import JsonWriter

FORMAT = Format(
    name="qwen",
    label="Qwen-VL",
    help="Conversations of human and gpt with one image each, one a line, without system prompts.",
    purpose="train",
    install=(
        "git clone https://github.com/QwenLM/Qwen3-VL && git -C Qwen3-VL checkout -q 9658872\n"
        "pip install 'transformers>=4.57,<5' torch torchvision accelerate peft deepspeed flash-attn"
    ),
    # The scripts find data sets by their names in a dictionary of the module.
    load=(
        'python -c \'import sys; print("data_dict[\\"vitrine\\"] =", '
        "dict(annotation_path=sys.argv[1], data_path=sys.argv[2]))' {rows} {dir} "
        ">> Qwen3-VL/qwen-vl-finetune/qwenvl/data/__init__.py\n"
        "torchrun Qwen3-VL/qwen-vl-finetune/qwenvl/train/train_qwen.py --model_name_or_path "
        "Qwen/Qwen2.5-VL-3B-Instruct --dataset_use vitrine --tune_mm_llm True --bf16 True --output_dir {dir}-trained"
    ),
    load_language="bash",
    run_in=("the fine-tuning of Qwen3-VL 9658872",),
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=LlavaChecker,
    row_endings=("jsonl", "json"),
    has_conversations=True,
    not_carried=(*ONLY_TEXTS, "system"),
)
