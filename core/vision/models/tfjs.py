"""Reading a TensorFlow.js graph model: a JSON file with its nodes, and a binary file with its weights."""

import base64
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInputError

_DTYPES: dict[str, Any] = {
    "float32": np.float32,
    "float16": np.float16,
    "int32": np.int32,
    "uint8": np.uint8,
    "bool": np.bool_,
}


@dataclass(frozen=True)
class Node:
    """A node of the graph; its attributes are in the JSON form of TensorFlow's ``AttrValue``."""

    name: str
    op: str
    inputs: tuple[str, ...]
    """Names of nodes; each of them has one output that is used."""
    attributes: dict[str, Any]

    def ints(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return an attribute that is a list of numbers."""
        values = self.attributes.get(name, {}).get("list", {}).get("i")
        return default if values is None else tuple(int(value) for value in values)

    def text(self, name: str) -> str:
        """Return an attribute that is a text."""
        return _text(self.attributes[name]["s"])

    def texts(self, name: str) -> list[str]:
        """Return an attribute that is a list of texts; empty when there is none."""
        return [_text(value) for value in self.attributes.get(name, {}).get("list", {}).get("s", ())]

    def flag(self, name: str) -> bool:
        """Return an attribute that is true or false; false when there is none."""
        return bool(self.attributes.get(name, {}).get("b", False))


@dataclass(frozen=True)
class GraphModel:
    """A graph with the values of its constants, by the names of their nodes."""

    nodes: dict[str, Node]
    weights: dict[str, NDArray[Any]]


def read_graph_model(topology: Path, weights: Path) -> GraphModel:
    """Read a model that has one file of weights.

    Raises:
        InvalidInputError: the two files do not belong together, or have a type of numbers that is not read.
    """
    model = json.loads(topology.read_bytes())
    nodes = [_node(row) for row in model["modelTopology"]["node"]]
    (group,) = model["weightsManifest"]
    return GraphModel({node.name: node for node in nodes}, _weights(group["weights"], weights.read_bytes()))


def _node(row: dict[str, Any]) -> Node:
    # "name:0" is the first output of a node, "^name" a dependency without a value.
    inputs = tuple(name.partition(":")[0] for name in row.get("input", ()) if not name.startswith("^"))
    return Node(row["name"], row["op"], inputs, row.get("attr", {}))


def _weights(rows: list[dict[str, Any]], data: bytes) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    start = 0
    for row in rows:
        stored = (row.get("quantization") or {}).get("dtype", row["dtype"])
        if stored not in _DTYPES or (stored != row["dtype"] and stored != "float16"):
            raise InvalidInputError(f"Weights of the type {stored} are not read.")
        count = math.prod(row["shape"])
        values: NDArray[Any] = np.frombuffer(data, _DTYPES[stored], count, start)
        start += values.nbytes
        found[row["name"]] = values.reshape(row["shape"]).astype(_DTYPES[row["dtype"]])
    if start != len(data):
        raise InvalidInputError("The file of weights has another size than the model states.")
    return found


def _text(value: str) -> str:
    return base64.b64decode(value).decode()
