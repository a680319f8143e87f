"""The models that ``vitrine models add`` brings: where each comes from, its sums, and how it becomes an ONNX file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInputError
from core.vision.models.coco import LABELS


@dataclass(frozen=True)
class Offer:
    """A model inside a package of the npm registry."""

    name: str
    """The folder that it is stored in, and what ``vitrine models add`` calls it."""
    file_name: str
    """Of the ONNX file, without ``.onnx``; results name it as what made them."""
    title: str
    package: str
    version: str
    tarball_sha256: str
    members: tuple[str, ...]
    """The files of the tarball that :attr:`convert` reads."""
    license: str
    license_member: str
    origin: str
    """Who made and trained it."""
    labels: tuple[str, ...]
    convert: Callable[[Path, Path], None]
    """Writes the ONNX file (second) from the directory with the members (first)."""


def _centernet(source: Path, destination: Path) -> None:
    from core.vision.models.tfjs import read_graph_model
    from core.vision.models.tfjs_onnx import write_onnx

    write_onnx(
        read_graph_model(source / "centernet.json", source / "centernet.bin"),
        destination,
        input_shape=(1, 3, 512, 512),
        outputs={
            "keypoints": ("tower_0/keypoints", [1, 80, 128, 128]),
            "wh": ("tower_0/wh", [1, 4, 128, 128]),
            "features": ("tower_0/MobilenetV3/expanded_conv_14/add", [1, 120, 16, 16]),
        },
        metadata={"source": "npm @vladmandic/human 3.3.6, models/centernet", "license": "MIT"},
    )


OFFERS = {
    offer.name: offer
    for offer in (
        Offer(
            name="objects",
            file_name="centernet",
            title="CenterNet on MobileNetV3, 80 COCO classes",
            package="@vladmandic/human",
            version="3.3.6",
            tarball_sha256="425e9c51dbbca0c8934362b170cb0d54c2529c11c654b3c03092b16e9d6ad3f7",
            members=("package/models/centernet.json", "package/models/centernet.bin"),
            license="MIT",
            license_member="package/LICENSE",
            origin="trained on COCO 2017 by the project mobilenetv3_centernet; converted by Vladimir Mandic",
            labels=LABELS,
            convert=_centernet,
        ),
    )
}


def offer(name: str) -> Offer:
    """Return the model called *name*.

    Raises:
        InvalidInputError: there is none.
    """
    if name not in OFFERS:
        raise InvalidInputError(f"There is no model {name} to add. Choose from: {', '.join(OFFERS)}.", field="name")
    return OFFERS[name]
