"""Writes TensorFlow.js graph models of a few nodes; their input is called ``images``."""

import base64
import json
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


class Graph:
    """The nodes and constants of a model."""

    def __init__(self) -> None:
        self._nodes: list[dict[str, Any]] = [{"name": "images", "op": "Placeholder"}]
        self._weights: list[dict[str, Any]] = []
        self._data = b""

    def constant(self, name: str, values: NDArray[Any], *, half: bool = False) -> Self:
        self._nodes.append({"name": name, "op": "Const"})
        quantized = {"quantization": {"dtype": "float16", "original_dtype": "float32"}} if half else {}
        self._weights.append({"name": name, "shape": list(values.shape), "dtype": str(values.dtype), **quantized})
        self._data += (values.astype(np.float16) if half else values).tobytes()
        return self

    def node(
        self, name: str, op: str, *inputs: str, padding: str = "", strides: int = 0, fused: list[str] | None = None,
        half_pixel: bool | None = None,
    ) -> Self:  # fmt: skip
        attributes: dict[str, Any] = {}
        if padding:
            attributes["padding"] = {"s": _encoded(padding)}
        if strides:
            attributes["strides"] = {"list": {"i": ["1", str(strides), str(strides), "1"]}}
        if fused:
            attributes["fused_ops"] = {"list": {"s": [_encoded(one) for one in fused]}}
        if half_pixel is not None:
            attributes["half_pixel_centers"] = {"b": half_pixel}
        self._nodes.append({"name": name, "op": op, "input": [*inputs, "^images"], "attr": attributes})
        return self

    def write(self, folder: Path, name: str = "tiny") -> None:
        model = {
            "format": "graph-model", "modelTopology": {"node": self._nodes},
            "weightsManifest": [{"paths": [f"{name}.bin"], "weights": self._weights}],
        }  # fmt: skip
        (folder / f"{name}.json").write_text(json.dumps(model), "utf-8")
        (folder / f"{name}.bin").write_bytes(self._data)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
