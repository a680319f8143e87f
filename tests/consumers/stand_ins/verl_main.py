"""verl's main_ppo as far as its rows: the words by Hydra with verl's settings and checks, rows by its own loader."""

import sys

from hydra import compose, initialize_config_module
from omegaconf import OmegaConf
from transformers import AutoProcessor
from verl.trainer.ppo.utils import need_critic, need_reference_policy
from verl.utils.config import validate_config
from verl.utils.dataset.rl_dataset import RLHFDataset
from verl.utils.import_utils import load_extern_object

assert sys.argv[1:3] == ["-m", "verl.trainer.main_ppo"]
with initialize_config_module("verl.trainer.config", version_base=None):
    settings = compose("ppo_trainer", overrides=sys.argv[3:])
OmegaConf.resolve(settings)
validate_config(settings, need_reference_policy(settings), need_critic(settings))
processor = AutoProcessor.from_pretrained(settings.actor_rollout_ref.model.path)
reward = settings.reward.custom_reward_function
assert callable(load_extern_object(module_path=reward.path, object_name=reward.name))
for files in (settings.data.train_files, settings.data.val_files):
    read = RLHFDataset(files, processor.tokenizer, settings.data, processor)
    assert len(read) >= settings.data.train_batch_size
    assert all(read[index]["raw_prompt"] for index in range(len(read)))
