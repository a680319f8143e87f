"""Runs the active tasks of a data directory to their end, with small batches and short pauses; tests kill it.

python -m tests.core.questions.run_open_batches DATA_DIR
"""

from core.llm.batches import model_batches, task_batches
from core.llm.batches.wire import Limits
from core.llm.batches.wires.anthropic import AnthropicBatches
from core.llm.batches.wires.openai import OpenAIBatches
from tests.core.questions import run_open_tasks

if __name__ == "__main__":
    model_batches.PACE = model_batches.Pace(first_s=0.05, longest_s=0.2)
    task_batches._LOOK_S = 0.02
    OpenAIBatches.limits = AnthropicBatches.limits = Limits(requests=7, size_bytes=10**9)
    run_open_tasks.main()
