"""LLaVA's train.py from the checkout, without its model and trainer, and a tokenizer like that of its model."""

import os
import sys
from types import ModuleType
from typing import Any

sys.path.insert(0, os.environ["CHECKOUT"])
# The model and the trainer need libraries of 2023; the data set does not need them.
for name in ("llava.model", "llava.train.llava_trainer"):
    sys.modules[name] = ModuleType(name)
sys.modules["llava.model"].LlavaLlamaForCausalLM = object  # type: ignore[attr-defined]
sys.modules["llava.train.llava_trainer"].LLaVATrainer = object  # type: ignore[attr-defined]

from llava.train import train
from tiny_qwen import tokenizer

__all__ = ["llama_like", "train"]


def llama_like() -> Any:
    """Return a tokenizer that begins with one token and ends each answer with another, as Llama's does."""
    tokens = tokenizer(bos="<s>", eos="</s>")
    tokens.legacy = True
    return tokens
