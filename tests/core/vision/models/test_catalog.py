"""The models that can be added, and how one becomes an ONNX file."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInputError
from core.vision.models import catalog, tfjs, tfjs_onnx


def test_a_model_is_found_by_its_name_and_another_one_names_the_choice() -> None:
    assert catalog.offer("objects").file_name == "centernet"
    with pytest.raises(InvalidInputError, match=r"There is no model chairs to add\. Choose from: objects"):
        catalog.offer("chairs")


def test_the_detector_has_an_input_of_512_px_and_three_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []
    monkeypatch.setattr(tfjs, "read_graph_model", lambda *paths: [path.name for path in paths])
    monkeypatch.setattr(tfjs_onnx, "write_onnx", lambda *given, **more: written.append((given, more)))

    catalog.offer("objects").convert(tmp_path, tmp_path / "centernet.onnx")

    ((graph, destination), more) = written[0]
    assert (graph, destination.name) == (["centernet.json", "centernet.bin"], "centernet.onnx")
    assert more["input_shape"] == (1, 3, 512, 512)
    assert {name: shape for name, (_, shape) in more["outputs"].items()} == {
        "keypoints": [1, 80, 128, 128], "wh": [1, 4, 128, 128], "features": [1, 120, 16, 16],
    }  # fmt: skip
