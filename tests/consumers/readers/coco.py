"""``pycocotools.coco.COCO``: captions by image; it knows no questions."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from PIL import Image
from pycocotools.coco import COCO
from seen import Row, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    index = COCO(str(bundle / "captions_train.json"))
    for image_id in index.getImgIds():
        (image,) = index.loadImgs(image_id)
        for annotation in index.loadAnns(index.getAnnIds(imgIds=image_id)):
            yield [("", annotation["caption"])], [Image.open(bundle / "images" / image["file_name"])]


run(version("pycocotools"), rows)
