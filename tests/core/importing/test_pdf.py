"""PDF files: damaged, huge, and with embedded images."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import ImageRejectedError
from core.images.sandbox import Sandbox
from core.importing import pdf
from tests.core.images.pictures import drawn


@pytest.fixture(scope="module")
def box() -> Sandbox:  # type: ignore[misc]
    made = Sandbox(workers=2, memory_bytes=1_500_000_000, timeout_s=20)
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
    for (name, _), image in zip(made, images, strict=True):
        with Image.open(tmp_path / name) as found:
            assert found.convert("RGB").tobytes() == image.convert("RGB").tobytes()
