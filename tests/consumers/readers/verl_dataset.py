"""verl's RLHFDataset over the rows, and the reward function of the bundle, loaded as verl loads it."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from omegaconf import OmegaConf
from seen import Row, run
from tiny_qwen import save
from transformers import AutoProcessor
from verl.utils.dataset.rl_dataset import RLHFDataset
from verl.utils.import_utils import load_extern_object


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    save(bundle.parent / "model")
    processor = AutoProcessor.from_pretrained(bundle.parent / "model")
    reward = load_extern_object(module_path=str(bundle / "reward.py"), object_name="verl_reward")
    settings = OmegaConf.create(
        {
            "image_key": "images", "max_prompt_length": 4096, "filter_overlong_prompts": True,
            "filter_overlong_prompts_workers": 1, "cache_dir": str(bundle.parent / "cache"),
        }
    )  # fmt: skip
    files = [str(path) for path in sorted((bundle / "data").glob("*.parquet"))]
    read = RLHFDataset(files, processor.tokenizer, settings, processor)
    for index in range(len(read)):
        sample = read[index]
        truth = sample["reward_model"]["ground_truth"]
        found = reward(
            data_source=sample["data_source"], solution_str=truth, ground_truth=truth, extra_info=sample["extra_info"]
        )
        assert found == 1.0
        parts = [part for message in sample["raw_prompt"] for part in message["content"]]
        question = "".join(part["text"] for part in parts if part["type"] == "text")
        yield [(question, truth)], [part["image"] for part in parts if part["type"] == "image"]


run(version("verl"), rows)
