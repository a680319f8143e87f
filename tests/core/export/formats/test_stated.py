"""What each format says of itself: the recipe, the checks and the pages offer what this table says."""

from core.export.formats import FORMATS, Format

_FLAGS = {
    "needs_every_split": "every split",
    "has_conversations": "conversations",
    "reads_several_images": "several images",
    "compares_answers": "compares answers",
    "includes_rejected": "rejected",
    "for_spreadsheets": "spreadsheets",
    "reads_originals": "originals",
}

# Purpose, detail, endings of files of rows, image modes, largest aspect ratio, flags.
STATED = {
    "llava": ("train", "texts", "json jsonl", "path none", None, "conversations, originals"),
    "qwen": ("train", "texts", "jsonl json", "path none", 200, "conversations, originals"),
    "llama-factory": ("train", "texts", "json jsonl", "path none", None, "conversations, several images, originals"),
    "sharegpt": ("train", "texts", "json jsonl", "path none", None, "conversations, several images, originals"),
    "ms-swift": ("train", "texts", "jsonl", "path none base64", 200, "conversations, several images, originals"),
    "trl": ("train", "texts", "", "path", 200, "conversations, several images, originals"),
    "messages-parts": ("train", "texts", "", "path", 200, "conversations, several images, originals"),
    "messages-parts-lines": ("train", "texts", "jsonl", "path base64", 200, "conversations, several images, originals"),
    "oumi": ("train", "texts", "jsonl", "path", 200, "conversations, several images, originals"),
    "openai": ("train", "texts", "jsonl", "base64", None, "conversations, several images, originals"),
    "finevision": ("train", "columns", "", "path", None, "several images, originals"),
    "roboflow": ("train", "texts", "", "path none", None, "every split, originals"),
    "sidecar": ("train", "texts", "", "path", None, "originals"),
    "webdataset": ("train", "texts", "", "path", None, "originals"),
    "llama-factory-dpo": ("train", "columns", "json jsonl", "path none", None, "compares answers, rejected, originals"),
    "llama-factory-kto": ("train", "columns", "json jsonl", "path none", None, "compares answers, rejected, originals"),
    "ms-swift-dpo": ("train", "columns", "jsonl", "path none base64", 200, "compares answers, rejected, originals"),
    "ms-swift-kto": ("train", "columns", "jsonl", "path none base64", 200, "compares answers, rejected, originals"),
    "trl-dpo": ("train", "columns", "", "path", 200, "compares answers, rejected, originals"),
    "trl-kto": ("train", "columns", "", "path", 200, "several images, compares answers, rejected, originals"),
    "trl-grpo": ("train", "columns", "", "path", 200, "several images, originals"),
    "verl": ("train", "columns", "", "path", 200, "several images, originals"),
    "easyr1": ("train", "columns", "", "path", 200, "several images, originals"),
    "qwen-grounding-px": ("train", "columns", "jsonl json", "path none", 200, "conversations, originals"),
    "qwen-grounding-1000": ("train", "columns", "jsonl json", "path none", 200, "conversations, originals"),
    "ms-swift-grounding": (
        "train",
        "columns",
        "jsonl",
        "path none base64",
        200,
        "conversations, several images, originals",
    ),
    "vlmevalkit": ("evaluate", "columns", "tsv", "path", 200, "several images"),
    "lmms-eval": ("evaluate", "columns", "", "path", 200, "several images, originals"),
    "vqa-v2": ("evaluate", "texts", "", "path none", None, "compares answers, originals"),
    "vqa": ("evaluate", "texts", "jsonl json", "path none base64", None, "originals"),
    "coco-captions": ("evaluate", "texts", "", "path none", None, "originals"),
    "parquet": ("share", "columns", "", "path", None, "originals"),
    "imagefolder": ("share", "columns", "", "path none", None, "originals"),
    "csv": ("share", "columns", "csv", "none path", None, "spreadsheets, originals"),
    "vitrine": ("archive", "history", "jsonl json", "path none", None, "several images, rejected, originals"),
    "default": ("archive", "columns", "jsonl json", "path none base64", None, "originals"),
}


def _stated(format_: Format) -> tuple[str, str, str, str, int | None, str]:
    endings = " ".join((*format_.row_endings, *format_.further_endings))
    flags = ", ".join(words for name, words in _FLAGS.items() if getattr(format_, name))
    modes = " ".join(format_.image_modes)
    return format_.purpose, format_.detail, endings, modes, format_.max_aspect_ratio, flags


def test_each_format_says_what_it_reads_and_writes() -> None:
    assert {format_.name: _stated(format_) for format_ in FORMATS} == STATED
