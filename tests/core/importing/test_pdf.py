"""PDF files: damaged, huge, and with embedded images."""

import os
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from core.errors import ImageRejectedError
from core.images.sandbox import Sandbox
from core.importing import pdf
from tests.core.images.pictures import drawn, encoded


@pytest.fixture(scope="module")
def box() -> Sandbox:  # type: ignore[misc]
    made = Sandbox(workers=2, memory_bytes=1_500_000_000, timeout_s=60)
    yield made
    made.close()


def test_a_damaged_pdf_is_rejected(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7\n" + b"\0" * 1000)
    with pytest.raises(ImageRejectedError) as caught:
        box.run(pdf.page_count, tmp_path / "x.pdf")

    assert caught.value.reason == "damaged"


def of_pages(kids: str, count: int, first: str = "") -> bytes:
    """Return a PDF with one page, object 3, whose tree of pages says *kids* and *count*."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] {first} >>",
    ]
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, 1))
    return f"%PDF-1.7\n{body}trailer << /Size 4 /Root 1 0 R >>\n%%EOF".encode()


@pytest.mark.parametrize("read", [pdf.render_pages, pdf.extract_images])
@pytest.mark.parametrize("kids", ["3 0 R 9 0 R", "3 0 R 2 0 R"], ids=["missing object", "circle"])
def test_a_page_that_cannot_be_read_costs_that_page(
    kids: str, read: Callable[..., object], box: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(of_pages(kids, 2))

    assert box.run(pdf.page_count, path) == 2
    box.run(read, path, [0], tmp_path)
    with pytest.raises(ImageRejectedError, match=r"^Page 2 is damaged and cannot be read\. Print it into a new PDF\.$"):
        box.run(read, path, [1], tmp_path)


def test_a_page_whose_crop_box_lies_outside_of_it_says_so(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(of_pages("3 0 R", 1, "/CropBox [400 400 500 500]"))
    with pytest.raises(ImageRejectedError, match="Page 1 is damaged"):
        box.run(pdf.render_pages, tmp_path / "x.pdf", [0], tmp_path)


@pytest.mark.parametrize("made", [Path.mkdir, os.mkfifo, lambda path: None], ids=["directory", "pipe", "nothing"])
def test_a_path_that_is_no_file_says_so(made: Callable[[Path], object], box: Sandbox, tmp_path: Path) -> None:
    made(tmp_path / "x.pdf")
    with pytest.raises(ImageRejectedError, match=r"x\.pdf is not a file"):
        box.run(pdf.page_count, tmp_path / "x.pdf")


def test_a_huge_pdf_page_is_rendered_within_the_pixel_limit(box: Sandbox, tmp_path: Path) -> None:
    buffer = BytesIO()
    drawn(1).save(buffer, "PDF", resolution=0.06)
    (tmp_path / "x.pdf").write_bytes(buffer.getvalue())

    made = box.run(pdf.render_pages, tmp_path / "x.pdf", [0], tmp_path)

    with Image.open(tmp_path / made[0][0]) as page:
        assert page.width * page.height <= 25_100_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(seeds=st.lists(st.integers(0, 10_000), min_size=1, max_size=4, unique=True), gray=st.booleans())
def test_embedded_images_come_out_pixel_equal_and_in_page_order(seeds: list[int], gray: bool, tmp_path: Path) -> None:
    import pypdfium2

    images = [drawn(seed, (40, 30)).convert("L" if gray else "RGB") for seed in seeds]
    document = pypdfium2.PdfDocument.new()
    for image in images:
        page = document.new_page(200, 200)
        embedded = pypdfium2.PdfImage.new(document)
        embedded.set_bitmap(pypdfium2.PdfBitmap.from_pil(image))
        embedded.set_matrix(pypdfium2.PdfMatrix().scale(100, 100))
        page.insert_obj(embedded)
        page.gen_content()
    document.save(tmp_path / "x.pdf")

    made = pdf.extract_images(tmp_path / "x.pdf", list(range(len(images))), tmp_path)

    assert len(made) == len(images)
    for one, image in zip(made, images, strict=True):
        with Image.open(tmp_path / one.name) as found:
            assert found.convert("RGB").tobytes() == image.convert("RGB").tobytes()


SIZE_WH = (96, 64)
PICTURE = drawn(3, SIZE_WH)


def with_image(entries: str, data: bytes, soft_mask: bytes | None = None, drawn_by: str = "96 0 0 64 5 5 cm") -> bytes:
    """Return a PDF of one page with one image; its objects are found without a table of them."""
    head = f"<< /Type /XObject /Subtype /Image /Width {SIZE_WH[0]} /Height {SIZE_WH[1]}"
    gray = "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode"
    streams = {4: ("<<", f"q {drawn_by} /Im Do Q".encode()), 5: (f"{head} {entries}", data)}
    if soft_mask is not None:
        streams |= {5: (f"{head} {entries} /SMask 6 0 R", data), 6: (f"{head} {gray}", soft_mask)}
    page = "/Contents 4 0 R /Resources << /XObject << /Im 5 0 R >> >>"
    parts = [
        f"{number} 0 obj\n{entries} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream\nendobj\n"
        for number, (entries, content) in streams.items()
    ]
    start, tail = of_pages("3 0 R", 1, page).split(b"trailer", 1)
    return start + b"".join(parts) + b"trailer" + tail


def extracted(data: bytes, directory: Path) -> Image.Image:
    (directory / "x.pdf").write_bytes(data)
    (made,) = pdf.extract_images(directory / "x.pdf", [0], directory)
    with Image.open(directory / made.name) as image:
        return image.convert("RGB")


def means(image: Image.Image) -> list[float]:
    return ImageStat.Stat(image).mean


RGB = "/ColorSpace /DeviceRGB /BitsPerComponent 8"
PACKED = zlib.compress(PICTURE.tobytes())
JPEG = encoded(PICTURE, quality=95)


def test_a_decode_array_inverts_a_jpeg(tmp_path: Path) -> None:
    found = extracted(with_image(f"{RGB} /Filter /DCTDecode /Decode [1 0 1 0 1 0]", JPEG), tmp_path)

    assert means(found) == pytest.approx([255 - mean for mean in means(PICTURE)], abs=2)


def test_a_soft_mask_lets_white_through(tmp_path: Path) -> None:
    red = Image.new("RGB", SIZE_WH, (200, 40, 40)).tobytes()
    half = zlib.compress(b"\x80" * len(PICTURE.getchannel(0).tobytes()))
    found = extracted(with_image(f"{RGB} /Filter /FlateDecode", zlib.compress(red), half), tmp_path)

    assert means(found) == pytest.approx([227, 147, 147], abs=2)


def test_a_stencil_mask_paints_black_where_it_is_0(tmp_path: Path) -> None:
    bits = b"\xff" * (12 * 16) + b"\0" * (12 * 48)
    found = extracted(
        with_image("/ImageMask true /BitsPerComponent 1 /Filter /FlateDecode", zlib.compress(bits)), tmp_path
    )

    assert (found.size, found.getpixel((50, 8)), found.getpixel((50, 40))) == (SIZE_WH, (255, 255, 255), (0, 0, 0))


def test_a_cmyk_jpeg_has_the_colors_of_the_page(tmp_path: Path) -> None:
    data = with_image(
        "/ColorSpace /DeviceCMYK /BitsPerComponent 8 /Filter /DCTDecode", encoded(PICTURE.convert("CMYK"))
    )
    found = extracted(data, tmp_path)

    (page,) = pdf.render_pages(tmp_path / "x.pdf", [0], tmp_path)
    with Image.open(tmp_path / page.name) as rendered:
        scale = pdf.RENDER_DPI / 72
        box = [round(at * scale) for at in (5 + 9, 200 - 5 - 64 + 9, 5 + 96 - 9, 200 - 5 - 9)]
        assert means(found.crop((9, 9, 87, 55))) == pytest.approx(means(rendered.crop(tuple(box))), abs=3)  # type: ignore[arg-type]


def test_a_plain_jpeg_keeps_its_bytes(tmp_path: Path) -> None:
    extracted(with_image(f"{RGB} /Filter /DCTDecode", JPEG), tmp_path)

    assert (tmp_path / "page-001-image-01").read_bytes() == JPEG


@pytest.mark.parametrize("data", [(JPEG, "DCT"), (PACKED, "Flate")], ids=["JPEG", "Flate"])
@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ("96 0 0 -64 5 100", Image.Transpose.FLIP_TOP_BOTTOM),
        ("-96 0 0 64 150 5", Image.Transpose.FLIP_LEFT_RIGHT),
        ("0 50 -50 0 100 5", Image.Transpose.ROTATE_90),
    ],
)
def test_an_image_is_mirrored_and_turned_as_on_the_page(
    matrix: str, turn: Image.Transpose, data: tuple[bytes, str], tmp_path: Path
) -> None:
    found = extracted(with_image(f"{RGB} /Filter /{data[1]}Decode", data[0], drawn_by=f"{matrix} cm"), tmp_path)

    assert found.size == PICTURE.transpose(turn).size
    assert max(means(ImageChops.difference(found, PICTURE.transpose(turn)))) < 4


def test_a_clip_path_hides_what_it_hides_on_the_page(tmp_path: Path) -> None:
    clipped = "5 5 24 32 re W n 48 0 0 64 5 5 cm"  # the lower half, and the left one
    found = extracted(with_image(f"{RGB} /Filter /FlateDecode", PACKED, drawn_by=clipped), tmp_path)

    assert means(ImageChops.difference(found.crop((0, 33, 47, 64)), PICTURE.crop((0, 33, 47, 64)))) == [0, 0, 0]
    assert means(found.crop((49, 0, 96, 64))) == [255, 255, 255]


@pytest.mark.parametrize(
    "data", [("Flate", b"garbage"), ("DCT", b"garbage"), ("DCT", JPEG[:-400])], ids=["Flate", "JPEG", "cut JPEG"]
)
def test_a_damaged_image_is_named(data: tuple[str, bytes], tmp_path: Path) -> None:
    one = with_image(f"{RGB} /Filter /{data[0]}Decode", data[1])
    (tmp_path / "x.pdf").write_bytes(one)

    (made,) = pdf.extract_images(tmp_path / "x.pdf", [0], tmp_path)

    assert made.reference == "page 1, image 1"
    assert made.problem == "This image of the PDF is damaged and cannot be read. Import the page instead."
