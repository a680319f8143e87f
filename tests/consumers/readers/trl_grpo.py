"""TRL's GRPOTrainer with the reward function of the bundle: a step for each row, as the reward function got it."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import datasets
import trl
from seen import Row, run
from tiny_qwen import save

_GENERATIONS = 2


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    sys.path.insert(0, str(bundle))
    from reward import trl_reward

    loaded = datasets.load_dataset(str(bundle), split="train", cache_dir=str(bundle.parent / "cache"))
    seen: list[Row] = []

    def reward(prompts: list[Any], completions: list[Any], solution: list[str], **columns: Any) -> list[float]:
        for prompt, truth, images in zip(prompts, solution, columns["images"], strict=True):
            seen.append(([(_question(prompt), truth)], list(images)))
        right = [[{"role": "assistant", "content": truth}] for truth in solution]
        assert trl_reward(completions=right, solution=solution, **columns) == [1.0] * len(solution)
        return trl_reward(completions=completions, solution=solution, **columns)

    settings = trl.GRPOConfig(
        output_dir=str(bundle.parent / "out"), max_steps=len(loaded), per_device_train_batch_size=_GENERATIONS,
        num_generations=_GENERATIONS, max_completion_length=4, shuffle_dataset=False, report_to=[], use_cpu=True,
        bf16=False, gradient_checkpointing=False, save_strategy="no", gradient_accumulation_steps=1,
    )  # fmt: skip
    trl.GRPOTrainer(str(model), reward_funcs=reward, args=settings, train_dataset=loaded).train()
    return seen[::_GENERATIONS]


def _question(prompt: list[dict[str, Any]]) -> str:
    content = prompt[-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text") or "" for part in content)


run(trl.__version__, rows)
