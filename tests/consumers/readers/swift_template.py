"""ms-swift's own loading and template; texts are decoded from its token ids."""

import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image
from seen import Row, run
from tiny_qwen import save, turns_of

os.environ["QWENVL_BBOX_FORMAT"] = "new"  # as the printed command for boxes does

from swift import get_processor, get_template, load_dataset

_MODES = {"ms-swift-dpo": "rlhf", "ms-swift-kto": "kto"}


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    processor = get_processor(str(model), model_type="qwen2_5_vl", download_model=False)
    template = get_template(processor, template_type="qwen2_5_vl", max_length=8192)
    template.set_mode(_MODES.get(format_, "train"))
    os.environ["ROOT_IMAGE_DIR"] = str(bundle)  # as the printed command does
    read, _ = load_dataset([str(path) for path in sorted(bundle.glob("*.jsonl"))], num_proc=1)
    for row in read:
        images = [_opened(image, bundle) for image in row["images"]]
        encoded = template.encode(dict(row))
        yield _turns(encoded, template.tokenizer), images


def _turns(encoded: dict[str, Any], tokens: Any) -> list[tuple[str, str]]:
    """Return the turns of a row; of a pair as "better > worse", of a labeled answer as "answer = label"."""
    if "input_ids" in encoded:
        return turns_of(tokens.decode(encoded["input_ids"]))
    ((question, chosen),) = turns_of(tokens.decode(encoded["chosen_input_ids"]))
    if "label" in encoded:
        return [(question, f"{chosen} = {encoded['label']}")]
    ((asked, rejected),) = turns_of(tokens.decode(encoded["rejected_input_ids"]))
    assert question == asked
    return [(question, f"{chosen} > {rejected}")]


def _opened(image: Any, bundle: Path) -> Image.Image:
    path = image["path"] if isinstance(image, dict) else image
    return Image.open(bundle / path)


run(version("ms-swift"), rows)
