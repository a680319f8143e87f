"""ms-swift's own loading and template; texts are decoded from its token ids."""

import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image
from seen import Row, run
from swift import get_processor, get_template, load_dataset
from tiny_qwen import save, turns_of


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    processor = get_processor(str(model), model_type="qwen2_5_vl", download_model=False)
    template = get_template(processor, template_type="qwen2_5_vl", max_length=8192)
    template.set_mode("train")
    os.environ["ROOT_IMAGE_DIR"] = str(bundle)  # as the printed command does
    read, _ = load_dataset([str(path) for path in sorted(bundle.glob("*.jsonl"))], num_proc=1)
    for row in read:
        images = [_opened(image, bundle) for image in row["images"]]
        encoded = template.encode(dict(row))
        yield turns_of(template.tokenizer.decode(encoded["input_ids"])), images


def _opened(image: Any, bundle: Path) -> Image.Image:
    path = image["path"] if isinstance(image, dict) else image
    return Image.open(bundle / path)


run(version("ms-swift"), rows)
