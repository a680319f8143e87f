"""Opening an ONNX file."""

from pathlib import Path
from typing import Any

from core.errors import ConfigurationError


def open_session(onnx: Path, *, is_optimized: bool = True) -> Any:
    """Return an ONNX model that computes with one thread.

    Args:
        is_optimized: what only reads the metadata of the file opens it faster without.

    Raises:
        ConfigurationError: it cannot be loaded.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as ort

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not is_optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
    except (ort.Fail, ort.InvalidArgument, ort.InvalidGraph, ort.InvalidProtobuf, ort.NoSuchFile, ort.NotImplemented,
            ort.RuntimeException, RuntimeError, ValueError) as error:  # fmt: skip
        raise ConfigurationError(f"{onnx} cannot be loaded: {str(error).splitlines()[0]}") from error
