"""PDF files: damaged, huge, and with embedded images."""

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
