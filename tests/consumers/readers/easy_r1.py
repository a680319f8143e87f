"""EasyR1's RLHFDataset over the rows: prompt decoded from its token ids, ground truth as its reward gets it."""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, os.environ["CHECKOUT"])

from seen import Row, checkout_version, run
from tiny_qwen import IMAGE, save
from transformers import AutoProcessor
from verl.utils.dataset import RLHFDataset, process_image


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    save(bundle.parent / "model")
    processor = AutoProcessor.from_pretrained(bundle.parent / "model")
    read = RLHFDataset(
        f"{bundle}/data@train", processor.tokenizer, processor, answer_key="verifier", filter_overlong_prompts=False,
        max_prompt_length=4096,
    )  # fmt: skip
    for index in range(len(read)):
        sample = read[index]
        prompt = processor.tokenizer.decode(sample["raw_prompt_ids"])
        question = prompt.partition("user\n")[2].partition("<|im_end|>")[0]
        for token in (IMAGE, "<|vision_start|>", "<|vision_end|>"):
            question = question.replace(token, "")
        assert json.loads(sample["ground_truth"])["truth"]
        images = [process_image(image, None, None) for image in sample["multi_modal_data"]["images"]]
        yield [(question.strip("\n"), sample["answer"])], images


run(checkout_version(), rows)
