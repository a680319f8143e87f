"""What a PDF shows only together with its page: filled fields, forms around images, turned pages, large masks."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.importing import pdf

Object = tuple[str, bytes | None]
PAGES: Object = ("<< /Type /Pages /Kids [3 0 R] /Count 1 >>", None)
# The upper half is red, the lower one blue.
HALVES = np.zeros((40, 60, 3), np.uint8)
HALVES[:20, :, 0] = HALVES[20:, :, 2] = 255
RED, BLUE = (255, 0, 0), (0, 0, 255)
IMAGE: Object = (
    "<< /Type /XObject /Subtype /Image /Width 60 /Height 40 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
    "/Filter /FlateDecode >>",
    zlib.compress(HALVES.tobytes()),
)
DRAWN = b"q 60 0 0 40 0 0 cm /X Do Q"


def form(number: int, more: str = "") -> str:
    """Return the head of a form that draws the object of the number as X."""
    head = f"<< /Type /XObject /Subtype /Form /BBox [0 0 300 200] {more}"
    return f"{head} /Resources << /XObject << /X {number} 0 R >> >> >>"


def document(path: Path, content: bytes, *objects: Object, page: str = "", catalog: str = "") -> Path:
    """Write a PDF of one page; *objects* begin at 5, which the content draws as X."""
    first = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R {page} "
        "/Resources << /XObject << /X 5 0 R >> >> >>"
    )
    all_: list[Object] = [(f"<< /Type /Catalog /Pages 2 0 R {catalog} >>", None), PAGES, (first, None)]
    parts = [b"%PDF-1.7\n"]
    for number, (head, data) in enumerate([*all_, ("<< >>", content), *objects], 1):
        if data is None:
            parts.append(f"{number} 0 obj\n{head}\nendobj\n".encode())
        else:
            parts.append(f"{number} 0 obj\n{head[:-2]} /Length {len(data)} >>\nstream\n".encode() + data)
            parts.append(b"\nendstream\nendobj\n")
    path.write_bytes(b"".join([*parts, b"trailer << /Size 99 /Root 1 0 R >>\n%%EOF"]))
    return path


def extracted(path: Path) -> Image.Image:
    (made,) = pdf.extract_images(path, [0], path.parent)
    with Image.open(path.parent / made.name) as image:
        return image.convert("RGB")


def rendered(path: Path) -> Image.Image:
    (made,) = pdf.render_pages(path, [0], path.parent)
    with Image.open(path.parent / made.name) as image:
        return image.convert("RGB")


def test_what_was_filled_into_a_field_is_on_the_page(tmp_path: Path) -> None:
    shown = b"/Tx BMC q BT /Helv 24 Tf 10 10 Td (FILLED IN) Tj ET Q EMC"
    field = (
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (FILLED IN) /F 4 /Rect [50 80 250 120] "
        "/AP << /N 6 0 R >> /P 3 0 R >>"
    )
    fonts = "/Font << /Helv 7 0 R >>"
    path = document(
        tmp_path / "x.pdf", b" ", (field, None),
        (f"<< /Type /XObject /Subtype /Form /BBox [0 0 200 40] /Resources << {fonts} >> >>", shown),
        ("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", None),
        page="/Annots [5 0 R]", catalog=f"/AcroForm << /Fields [5 0 R] /DR << {fonts} >> /DA (/Helv 12 Tf 0 g) >>",
    )  # fmt: skip

    dark = np.asarray(rendered(path).convert("L")) < 64
    rows, columns = np.nonzero(dark)

    scale = pdf.RENDER_DPI / 72
    assert dark.sum() > 1000
    assert (columns.min() / scale, columns.max() / scale) == pytest.approx(
        (62, 170), abs=3
    )  # 112 points wide, by Helvetica's metrics
    assert (200 - rows.max() / scale, 200 - rows.min() / scale) == pytest.approx((90, 107), abs=3)


@pytest.mark.parametrize(
    ("content", "within", "page", "top"),
    [
        (b"q 1 0 0 1 20 20 cm /X Do Q", "", "", RED),
        (b"q 1 0 0 -1 20 100 cm /X Do Q", "", "", BLUE),
        (b"q 1 0 0 1 20 20 cm /X Do Q", "/Matrix [1 0 0 -1 0 40]", "", BLUE),
        (b"q 1 0 0 1 20 20 cm /X Do Q", "", "/Rotate 180", BLUE),
        (b"q 1 0 0 -1 20 100 cm /X Do Q", "", "/Rotate 180", RED),
    ],
    ids=["upright", "drawn upside down", "upside down within", "page turned", "both"],
)
def test_an_image_in_a_form_is_extracted_as_the_page_shows_it(
    content: bytes, within: str, page: str, top: tuple[int, ...], tmp_path: Path
) -> None:
    path = document(tmp_path / "x.pdf", content, (form(6, within), DRAWN), IMAGE, page=page)

    found, shown = extracted(path), np.asarray(rendered(path))

    assert (found.size, found.getpixel((30, 5))) == ((60, 40), top)
    colored = shown[(shown.min(axis=2) == 0).any(axis=1)]
    assert tuple(colored[10][(colored[10].min(axis=1) == 0)][10]) == top


def test_an_image_on_a_page_turned_by_a_quarter_is_turned(tmp_path: Path) -> None:
    path = document(tmp_path / "x.pdf", b"q 60 0 0 40 20 20 cm /X Do Q", IMAGE, page="/Rotate 90")

    found = extracted(path)

    assert (found.size, found.getpixel((5, 30)), found.getpixel((35, 30))) == ((40, 60), BLUE, RED)


def test_an_image_seven_forms_deep_is_found(tmp_path: Path) -> None:
    forms = [(form(number), b"/X Do") for number in range(6, 12)]
    path = document(tmp_path / "x.pdf", b"/X Do", *forms, (form(12), DRAWN), IMAGE)

    assert extracted(path).getpixel((30, 5)) == RED


def test_the_picture_in_a_mask_that_is_larger_than_its_image_is_kept(tmp_path: Path) -> None:
    mask = np.zeros((100, 400), np.uint8)
    mask[20:80, 50:350:10] = 255
    gray = "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode >>"
    path = document(
        tmp_path / "x.pdf", b"q 200 0 0 50 20 20 cm /X Do Q",
        (f"<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /SMask 6 0 R {gray}", zlib.compress(bytes(4))),
        (f"<< /Type /XObject /Subtype /Image /Width 400 /Height 100 {gray}", zlib.compress(mask.tobytes())),
    )  # fmt: skip

    found = np.asarray(extracted(path).convert("L"))

    assert found.shape == (104, 417)  # 200 x 50 points at 150 dpi
    darker = found[52] < 200
    assert (darker[1:] & ~darker[:-1]).sum() == 30
