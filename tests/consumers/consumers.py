"""The programs that read exports: what each needs, which formats it reads, and the script that runs it.

A new one is one file in ``readers`` and one line here.
"""

from dataclasses import dataclass, field


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
        has_questions: Whether it reads the questions too.
        may_leave_out: Whether the format leaves out entries, such as texts that no program can verify; then the rows
            that were written count.
    """

    name: str
    formats: tuple[str, ...]
    reader: str
    packages: tuple[str, ...] = ()
    repository: str = ""
    recipe: dict[str, object] = field(default_factory=dict)
    has_questions: bool = True
    may_leave_out: bool = False


WITHOUT_TORCH = (
    Consumer("datasets", ("imagefolder", "parquet", "trl", "finevision"), "hugging_face", ("datasets", "pillow")),
    Consumer("pandas", ("csv",), "pandas_csv", ("pandas", "pillow"), recipe={"images": "path", "formula_guard": False}),
    Consumer("webdataset", ("webdataset",), "web_dataset", ("webdataset", "pillow")),
    Consumer("pycocotools", ("coco-captions",), "coco", ("pycocotools", "pillow"), has_questions=False),
)
"""Those that `make test` runs too, in its own environment."""

_TORCH = ("torch", "torchvision", "transformers", "datasets", "pillow")
_TORCH_OLD = ("torch", "torchvision", "transformers<5", "datasets", "pillow")
CONSUMERS = (
    *WITHOUT_TORCH,
    Consumer("TRL SFTTrainer", ("trl", "messages-parts"), "trl_sft", ("trl", *_TORCH)),
    Consumer(
        "LLaMA-Factory",
        ("llama-factory", "sharegpt"),
        "llama_factory",
        ("llamafactory", "torch<2.15", "torchvision", "pillow"),
    ),
    Consumer("ms-swift", ("ms-swift",), "swift_template", ("ms-swift", "qwen-vl-utils", *_TORCH)),
    Consumer("Unsloth", ("messages-parts",), "unsloth_collator", ("unsloth_zoo", *_TORCH)),
    Consumer("nanoVLM", ("finevision",), "nano_vlm", (*_TORCH_OLD, "einops"), "nanoVLM"),
    Consumer("LLaVA", ("llava",), "llava_train", _TORCH, "LLaVA"),
    Consumer("Qwen fine-tune", ("qwen",), "qwen_finetune", _TORCH, "Qwen3-VL"),
    Consumer(
        "EasyR1", ("easyr1",), "easy_r1", ("qwen-vl-utils", "codetiming", *_TORCH_OLD), "EasyR1", may_leave_out=True
    ),
)
