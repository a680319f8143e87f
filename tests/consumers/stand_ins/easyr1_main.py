"""EasyR1's main as far as its rows: the words by its own settings and checks, the rows by its own loader."""

import sys
from types import ModuleType

sys.path.insert(0, "EasyR1")  # where its installation would point to
# The part of it that starts vllm, which needs a GPU.
_rollout = ModuleType("verl.workers.rollout.vllm_rollout_spmd")
_rollout.vLLMRollout = object  # type: ignore[attr-defined]
sys.modules[_rollout.__name__] = _rollout

from omegaconf import OmegaConf
from transformers import AutoProcessor
from verl.trainer.config import PPOConfig
from verl.trainer.data_loader import create_dataloader

assert sys.argv[1:3] == ["-m", "verl.trainer.main"]
# As the function main does.
words = OmegaConf.from_cli(sys.argv[3:])
settings = OmegaConf.merge(OmegaConf.structured(PPOConfig()), OmegaConf.load(words.pop("config")), words)
config = OmegaConf.to_object(settings)
config.deep_post_init()
processor = AutoProcessor.from_pretrained(config.worker.actor.model.model_path)
for loader in create_dataloader(config.data, processor.tokenizer, processor):
    assert len(loader.dataset) > 0
    for index in range(len(loader.dataset)):
        assert loader.dataset[index]["multi_modal_data"]["images"]
