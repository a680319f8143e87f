"""train_qwen.py of Qwen as far as its rows: the words by its own parser, every row by its own data set."""

import sys
from pathlib import Path

script, *words = sys.argv[1:]
assert Path(script).is_file()
sys.path.insert(0, str(Path(script).parents[2]))  # as the script does

import transformers
from qwenvl.data.data_processor import LazySupervisedDataset
from qwenvl.train.argument import DataArguments, ModelArguments, TrainingArguments

transformers.training_args.is_torch_bf16_gpu_available = lambda: True
parser = transformers.HfArgumentParser((ModelArguments, DataArguments, TrainingArguments))
model, data, _ = parser.parse_args_into_dataclasses(words)
data.model_type = "qwen2.5vl"  # as the script takes it from the name of the model
read = LazySupervisedDataset(transformers.AutoProcessor.from_pretrained(model.model_name_or_path), data)
assert len(read) > 0
for index in range(len(read)):
    assert read[index]["input_ids"].numel()
