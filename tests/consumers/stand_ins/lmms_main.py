"""lmms-eval itself, whose model writes "cuda" where it moves its inputs: here they stay on the CPU."""

import runpy
import sys
from typing import Any

from transformers import BatchFeature

assert sys.argv[1:3] == ["-m", "lmms_eval"]
_move = BatchFeature.to


def _stay(inputs: BatchFeature, device: Any, *words: Any, **options: Any) -> BatchFeature:
    return _move(inputs, "cpu" if device == "cuda" else device, *words, **options)


BatchFeature.to = _stay
sys.argv = ["lmms_eval", *sys.argv[3:]]
runpy.run_module("lmms_eval", run_name="__main__")
