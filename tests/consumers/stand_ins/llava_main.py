"""LLaVA's train.py as far as its rows: the words by its own parser, every row by its own data set."""

import os
import sys
from pathlib import Path

import torch

script, deepspeed, settings, *words = sys.argv[1:]
assert script == "LLaVA/llava/train/train_mem.py"
assert (deepspeed, settings) == ("--deepspeed", "LLaVA/scripts/zero3.json")
sys.path.insert(0, str(Path(__file__).parents[1] / "readers"))
os.environ["CHECKOUT"] = "LLaVA"

import transformers

from llava_modules import llama_like, train  # isort: skip - it finds llava
from llava import conversation


class _Images:
    def preprocess(self, image: object, return_tensors: str) -> dict[str, list[torch.Tensor]]:
        return {"pixel_values": [torch.zeros(3, 2, 2)]}


transformers.training_args.is_torch_bf16_gpu_available = lambda: True
parser = transformers.HfArgumentParser((train.ModelArguments, train.DataArguments, train.TrainingArguments))
model, data, _ = parser.parse_args_into_dataclasses(words)
# As the function train does.
conversation.default_conversation = conversation.conv_templates[model.version]
data.image_processor, data.is_multimodal, data.mm_use_im_start_end = _Images(), True, model.mm_use_im_start_end
data.image_aspect_ratio = "square"  # padding needs the mean color of the image processor
read = train.LazySupervisedDataset(data.data_path, llama_like(), data)
assert len(read) > 0
for index in range(len(read)):
    assert (read[index]["labels"] != train.IGNORE_INDEX).any()
